from claude_notebook.messages import AssistantMessage, TextBlock, ThinkingBlock
from claude_notebook.render.diagrams import MAX_DIAGRAMS, diagram_bundle, diagrams
from claude_notebook.render.fold import view_of

GRAPH = "graph TD\n  A --> B\n"
FENCE = f"```mermaid\n{GRAPH}```\n"


def found(*blocks):
    return diagrams(view_of([AssistantMessage(list(blocks))]))


def test_diagrams_are_found_in_what_was_said():
    nested = "1. first\n\n" + "".join(f"   {line}\n" for line in FENCE.splitlines())
    text = f"Look:\n\n{FENCE}\n```python\nx = 'mermaid'\n```\n\n{nested}"
    assert found(TextBlock(text)) == [GRAPH, GRAPH]
    assert found(TextBlock("mermaid"), ThinkingBlock(FENCE), TextBlock("```mermaid\n```\n")) == []


def test_there_is_an_end_to_them():
    assert len(found(TextBlock(FENCE * 50))) == MAX_DIAGRAMS
    assert found(TextBlock(f"```mermaid\n{'x' * 30_000}\n```\n")) == []


def test_a_diagram_is_an_output_of_its_own():
    assert diagram_bundle(GRAPH, 2) == {
        "text/vnd.mermaid": GRAPH,
        "text/plain": "[Diagram 2: its code stands above]",
    }
