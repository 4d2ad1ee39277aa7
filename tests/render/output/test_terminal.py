import io

import pytest
from everywhere import everywhere
from gallery import Script, gallery
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from safety import hostile_problems
from traces import NAMES, messages_of, view_of

from claude_notebook.messages import AssistantMessage, StreamEvent, TextBlock, ToolUseBlock
from claude_notebook.render.html.markdown.bounded_rules import MAX_INLINE
from claude_notebook.render.output.terminal import (
    MAX_MARKDOWN,
    TerminalTurn,
    markdown_renderable,
    turn_renderable,
)
from claude_notebook.render.view.reducer import apply_message
from claude_notebook.render.view.turn_view import TurnView


def printed(*renderables, width=100, colour=False):
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=colour,
        color_system="truecolor" if colour else None,
        _environ={},
    )
    for renderable in renderables:
        console.print(renderable)
    return console.file.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_terminal_prints_recorded_conversation(name):
    view = view_of(messages_of(name))
    text = printed(turn_renderable(view))
    for panel in view.panels:
        if panel.kind == "tool":
            assert panel.title.split()[0] in text


def test_terminal_prints_the_gallery():
    text = printed(turn_renderable(view_of(gallery())))
    for words in (
        *("▌ ▤ Read data.csv, lines 1–4  ✓ done", "▌ ✎ Edited analysis.py, +2 −2", "✗ failed"),
        *("KeyError: 'price'", "exit code 3", "✻ Thought for 3 s", "☑ Read the data"),
        *(
            "⊘ denied",
            "✗ The service is overloaded",
            "What is odd about",
            "18.2k → 1.9k tokens",
        ),
    ):
        assert words in text


def test_terminal_keeps_the_width():
    text = printed(turn_renderable(view_of(gallery()), width=60), width=100)
    assert max(cell_len(line.rstrip()) for line in text.splitlines()) <= 60


def test_terminal_keeps_colors_of_output():
    text = printed(turn_renderable(view_of(gallery())), colour=True)
    assert "\x1b[31mF" in text


def test_terminal_output_holds_no_foreign_escapes():
    def check(text):
        output = printed(turn_renderable(everywhere(text)))
        return [repr(char) for char in ("\x1b", "\u202e") if char in output]

    assert hostile_problems(check) == []


def delta(text):
    event = {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "text_delta", "text": text},
    }
    return StreamEvent(event=event)


def test_terminal_turn_prints_finished_parts_once():
    view = TurnView(1.0)
    turn = TerminalTurn(view)
    apply_message(view, StreamEvent(event={"type": "message_start", "message": {"id": "m"}}), 0)
    apply_message(view, delta("First paragraph.\n\nSecond"), 0)
    view.flush()
    assert "First paragraph." in printed(*turn.take())
    assert turn.take() == []
    live = printed(turn.live())
    assert "Second" in live
    assert "First" not in live
    text = "First paragraph.\n\nSecond one."
    apply_message(view, AssistantMessage([TextBlock(text)], message_id="m"), 0)
    assert printed(*turn.take()).split() == ["Second", "one."]
    apply_message(view, AssistantMessage([ToolUseBlock("t", "Bash", {"command": "ls"})]), 0)
    assert turn.take() == []
    assert "running" in printed(turn.live())
    view.finish("done", 10)
    assert "stopped" in printed(*turn.take())
    assert printed(turn.live()).strip() == "10 ms" or "ms" in printed(turn.live())


@pytest.mark.parametrize("name", ["bidi_partial_tool", "bidi_unicode", "bidi_thinking.default"])
def test_terminal_turn_prints_the_same_as_the_whole(name):
    view = TurnView(1.0)
    turn = TerminalTurn(view)
    parts = []
    for number, message in enumerate(messages_of(name)):
        apply_message(view, message, number * 10.0)
        view.flush()
        parts += turn.take()
        assert printed(turn.live())
    view.finish("done", 1e4)
    parts += turn.take()
    whole = printed(turn_renderable(view)).split()
    grown = printed(*parts).split()
    assert grown == whole[: len(grown)]
    assert len(whole) - len(grown) < 15  # the footer


def test_terminal_nests_the_calls_of_an_agent():
    script = Script()
    agent = script.call("Agent", {"description": "Look", "prompt": "Go."})
    script.use("Bash", {"command": "ls", "description": "List"}, "", {"stdout": "a"}, parent=agent)
    script.say("> [!NOTE]\n> One **file**.", agent)
    script.answer(agent, "All is well.")
    lines = printed(turn_renderable(view_of(script.messages))).splitlines()
    assert [line.rstrip() for line in lines] == [
        "▌ ◈ Agent: Look  ✓ done",
        "    ▌ ❯ List  ✓ done",
        "        $ ls",
        "        a",
        "",
        "    ▌ NOTE",
        "    ▌ One file.",
        "    All is well.",
        "",
        "500 ms",
    ]


def test_terminal_shows_a_structured_answer_as_table():
    script = Script()
    rows = [{"name": f"n{number}", "count": number} for number in range(20)]
    script.use("StructuredOutput", {"total": 3, "rows": rows}, "ok")
    text = printed(turn_renderable(view_of(script.messages)))
    for line in ("Field   Value", "total   3", "name   count", "n11    11", "… 8 more rows"):
        assert line in text


LINES = "a|b\n" * (MAX_INLINE // 4 + 1)
MANY_LINES = {
    "paragraph": LINES,
    "CRLF": LINES.replace("\n", "\r\n"),
    "heading": f"{LINES}===\n",
    "list item": f"- {LINES}",
    "nested list item": f"- a\n  1. {LINES}",
    "quote": f"> {LINES}",
    "hard breaks": "a\\\n" * 1000,
    "beyond Markdown": "a\n" * MAX_MARKDOWN,
}


@pytest.mark.parametrize("text", MANY_LINES.values(), ids=MANY_LINES)
def test_terminal_gives_rich_single_lines_to_split(monkeypatch, text):
    breaks = []
    split = Segment.split_and_crop_lines.__func__

    def watched(cls, segments, *arguments, **options):
        segments = list(segments)
        breaks.extend(segment.text.count("\n") for segment in segments)
        return split(cls, segments, *arguments, **options)

    monkeypatch.setattr(Segment, "split_and_crop_lines", classmethod(watched))
    assert printed(markdown_renderable(text)).count("\n") >= 1000
    assert max(breaks) == 1
