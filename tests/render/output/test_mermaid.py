from xml.etree import ElementTree

import nbformat
import pytest
from nbconvert import HTMLExporter

from claude_notebook.messages import AssistantMessage, StreamEvent, TextBlock, ThinkingBlock
from claude_notebook.render.output.mermaid import (
    MAX_DIAGRAMS,
    diagram_bundle,
    diagrams,
    is_harmless,
)
from claude_notebook.render.view.reducer import apply_message, view_of
from claude_notebook.render.view.turn_view import TurnView

GRAPH = "graph TD\n  A --> B\n"
FENCE = f"```mermaid\n{GRAPH}```\n"


def diagrams_in(*blocks):
    return diagrams(view_of([AssistantMessage(list(blocks))]))


def test_diagrams_are_found_in_the_answer():
    nested = "1. first\n\n" + "".join(f"   {line}\n" for line in FENCE.splitlines())
    text = f"Look:\n\n{FENCE}\n```python\nx = 'mermaid'\n```\n\n{nested}"
    assert diagrams_in(TextBlock(text)) == [GRAPH, GRAPH]
    assert (
        diagrams_in(TextBlock("mermaid"), ThinkingBlock(FENCE), TextBlock("```mermaid\n```\n"))
        == []
    )


@pytest.mark.parametrize("size", [7, 400, 100_000])
def test_streamed_diagram_is_found_whole(size):
    long = "graph TD\n" + "".join(f"  A{n} --> B{n}\n" for n in range(90))
    items = "".join(f"- item {n} of a list that is long\n" for n in range(90))
    inside = "".join(f"  {line}\n" for line in FENCE.splitlines())
    text = f"One.\n\n```mermaid\n{long}```\n\n{items}\n{inside}\nTwo.\n\n{FENCE}"
    view = TurnView()
    apply_message(view, StreamEvent("u", "s", {"type": "message_start", "message": {"id": "m"}}), 0)
    opened = {"type": "content_block_start", "index": 0}
    apply_message(view, StreamEvent("u", "s", {**opened, "content_block": {"type": "text"}}), 0)
    for at in range(0, len(text), size):
        delta = {"type": "text_delta", "text": text[at : at + size]}
        event = {"type": "content_block_delta", "index": 0, "delta": delta}
        apply_message(view, StreamEvent("u", "s", event), 0)
        view.flush()
    view.finish("done", 0)
    assert diagrams(view) == diagrams_in(TextBlock(text)) == [long, GRAPH, GRAPH]


def test_number_of_diagrams_is_limited():
    assert len(diagrams_in(TextBlock(FENCE * 50))) == MAX_DIAGRAMS
    assert diagrams_in(TextBlock(f"```mermaid\n{'x' * 30_000}\n```\n")) == []


@pytest.mark.parametrize(
    "source",
    [
        "A@{ img: 'x.png', label: 'x' }",
        "A[<img src=x>]",
        "A[<IMG/SRC=x>]",
        "A[<<svg>x]",
        "A <<-<p>",
        "A[<iframe srcdoc=x>]",
        "A[#lt;img x#gt;]",
        "A[&#60;b&#x3c;]",
        "click A href 'x'",
        "click A 'https://evil.invalid'",
        "style A fill:url(x)",
        "style A fill:u\\72l(x)",
        "classDef x background:URL (x)",
        "%%{init: {'themeCSS': 'x'}}%%",
        "%% {init: {}} %%",
        "A[\\\\evil.invalid]",
    ],
)
def test_diagram_that_could_load_something_stays_code(source):
    for text in (f"graph TD\n A --> B\n {source}\n", f"{source}\ngraph TD\n A --> B\n"):
        assert not is_harmless(text)
    assert diagrams_in(TextBlock(f"```mermaid\ngraph TD\n {source}\n```\n")) == []


def test_diagram_with_settings_stays_code():
    assert not is_harmless("---\nconfig:\n  securityLevel: loose\n---\ngraph TD\n A-->B\n")


@pytest.mark.parametrize(
    "source",
    [
        'graph LR\n A["One<br/>two\\nthree"] <--> B{x < y?}\n B -- yes --> C((#35;1))\n',
        "classDiagram\n Animal <|-- Duck\n <<interface>> Duck\n",
        "sequenceDiagram\n Ann<<-->>Cy: x\n Ann->>Bob: data: 5 / 6\n Note over Ann: %% none\n",
        "erDiagram\n A ||--o{ B : has\n",
        "graph TD\n A@{ shape: rounded, label: 'x' }\n style A fill:#f9f,stroke:#333\n",
    ],
)
def test_common_diagrams_are_harmless(source):
    assert is_harmless(source)


def test_diagram_bundle_is_a_separate_output():
    bundle = diagram_bundle(GRAPH, 2)
    assert [*bundle] == ["text/vnd.mermaid", "image/svg+xml", "text/plain"]
    assert bundle["text/vnd.mermaid"] == GRAPH
    assert bundle["text/plain"] == "[Diagram 2: see the code above]"
    assert (
        "".join(ElementTree.fromstring(bundle["image/svg+xml"]).itertext()) in bundle["text/plain"]
    )


def test_nbconvert_page_with_a_diagram_loads_no_mermaid():
    """The template of nbconvert loads Mermaid from the network for diagrams without an image."""
    output = nbformat.v4.new_output("display_data", diagram_bundle(GRAPH, 1))
    cells = [nbformat.v4.new_code_cell("x", outputs=[output])]
    notebook = nbformat.v4.new_notebook(cells=cells)
    html = HTMLExporter(template_name="lab").from_notebook_node(notebook)[0]
    assert "data:image/svg+xml;base64," in html
    assert '<pre class="mermaid">' not in html
