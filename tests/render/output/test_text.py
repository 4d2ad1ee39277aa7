import re

import cmarkgfm
import pytest
from everywhere import everywhere
from gallery import Script, gallery
from hypothesis import given, strategies as st
from safety import hostile_problems
from traces import NAMES, messages_of, view_of
from xss import ALL

from claude_notebook.messages import AssistantMessage, TextBlock, UserMessage
from claude_notebook.render.html.sanitizer import reveal_controls
from claude_notebook.render.output.text import new_text, turn_markdown, turn_text
from claude_notebook.render.view.reducer import apply_message
from claude_notebook.render.view.turn_view import TurnView


def simple():
    script = Script()
    script.add(UserMessage("Do *it*"))
    script.say("I will.")
    script.use("Bash", {"command": "ls", "description": "List"}, "", {"stdout": "\x1b[31ma\x1b[0m"})
    script.use("Edit", {"file_path": "x_y.py", "old_string": "`", "new_string": "```"}, "ok")
    script.use("TaskCreate", {"subject": "Read"}, "ok", {"task": {"id": "1"}})
    script.say("**Done.**")
    return view_of(script.messages)


def test_turn_markdown():
    assert turn_markdown(simple()) == (
        "> Do \\*it\\*\n\n"
        "I will.\n\n"
        "> ✓ **List** (done)\n\n"
        "> ✓ **Edited x\\_y.py, +1 −1** (done)\n> \n"
        "> ````diff\n> @@ -1,1 +1,1 @@\n> -`\n> +```\n> ````\n\n"
        "Tasks: 0 of 1 done\n\n- [ ] Read\n\n"
        "**Done.**\n\n"
        "<sub>900 ms</sub>"
    )


def test_turn_text():
    assert turn_text(simple()) == (
        "> Do *it*\n\n"
        "I will.\n\n"
        "✓ List (done)\n    $ ls\n    a\n\n"
        "✓ Edited x_y.py, +1 −1 (done)\n    @@ -1,1 +1,1 @@\n    -`\n    +```\n\n"
        "Tasks: 0 of 1 done\n\n- [ ] Read\n\n"
        "**Done.**\n\n"
        "[900 ms]"
    )


@pytest.mark.parametrize("name", NAMES)
def test_turn_text_of_recorded_conversation(name):
    view = view_of(messages_of(name))
    for text in (turn_markdown(view), turn_text(view)):
        for panel in view.panels:
            if panel.kind == "error":
                assert panel.title in text
        assert "\x1b" not in text
    for entry in view.entries.values():
        if getattr(entry, "kind", "") == "text":
            assert reveal_controls(entry.text.strip()) in turn_markdown(view)


def test_turn_text_of_the_gallery():
    text = turn_text(view_of(gallery()))
    for words in (
        *("(Thought for 3 s)", "✗ Run the demo · exit code 3 (failed", "    KeyError: 'price'"),
        *("- [x] Read the data", "- [~] Fix the prices", "    ✓ Find duplicates (done"),
        *("✗ The service is overloaded", "→ Wait a minute", "⊘ Clean up (denied"),
        *("[claude-opus-5-5 ·", "[image]", "## What is odd about"),
    ):
        assert words in text


def test_turn_text_truncates_long_output():
    script = Script()
    script.use("Bash", {"command": "x"}, "", {"stdout": "line\n" * 500})
    text = turn_text(view_of(script.messages))
    assert text.count("line\n") == 20
    assert "… 380 more lines" in text


def test_turn_markdown_escapes_text_outside_the_prose():
    """Commands, outputs and notices create no link, image or tag in the Markdown form."""

    def check(text):
        script = Script()
        script.use("Bash", {"command": text, "description": text}, text, {"stdout": text})
        view = view_of(script.messages)
        view.notice("warning", text)
        html = cmarkgfm.github_flavored_markdown_to_html(turn_markdown(view))
        # GitHub links every bare address; the reader sees its destination.
        without_addresses = re.sub('<a href="(http|mailto:)', "", html)
        yield from ("link" for _ in re.findall("<a ", without_addresses))
        yield from re.findall("<img|<script", html)

    assert hostile_problems(check) == []


@given(st.text())
def test_turn_text_has_no_control_characters(text):
    view = TurnView()
    apply_message(view, AssistantMessage([TextBlock(text)]), 0)
    view.notice("info", text)
    output = turn_text(view)
    assert not {chr(c) for c in (*range(9), *range(11, 32), 127, 0x202E)} & {*output}


def test_turn_text_of_hostile_text():
    for text in ALL[::7]:
        assert "\x1b" not in turn_text(everywhere(text))


def agents():
    """Return a view with nested agents, a structured answer and a slow call."""
    script = Script()
    outer = script.call("Agent", {"description": "Outer", "prompt": "Go."})
    inner = script.call("Agent", {"description": "Inner", "prompt": "Go on."}, outer)
    script.say("Deep down.", inner)
    script.answer(inner, "Came back.", parent=outer)
    script.answer(outer, "All is well.")
    script.use("StructuredOutput", {"n": 1, "rows": [{"a|b": "x\ny", "long name": "`z`"}]}, "ok")
    return view_of(script.messages, step=700.0)


def test_turn_text_nests_the_calls_of_an_agent():
    assert turn_text(agents()).split("\n\n") == [
        "✓ Agent: Outer (done, 2.8 s)\n"
        "    ✓ Agent: Inner (done, 1.4 s)\n"
        "        Deep down.\n"
        "        Came back.\n"
        "    All is well.",
        "✓ Structured answer (done)\n"
        "    Field  Value\n"
        "    n      1\n"
        "    rows:\n"
        "    a|b  long name\n"
        "    x y  `z`",
        "[4.9 s]",
    ]
    assert turn_markdown(agents()).split("\n\n") == [
        "> ✓ **Agent: Outer** (done, 2.8 s)\n"
        "> \n"
        "> > ✓ **Agent: Inner** (done, 1.4 s)\n"
        "> > \n"
        "> > Deep down.",
        "> ✓ **Structured answer** (done)\n"
        "> \n"
        "> | Field | Value |\n> | --- | --- |\n> | n | 1 |\n"
        "> \n"
        "> rows\n"
        "> \n"
        "> | a\\|b | long name |\n> | --- | --- |\n> | x y | \\`z\\` |",
        "<sub>4.9 s</sub>",
    ]


def test_new_text_returns_late_calls_of_an_agent():
    script = Script()
    agent = script.use("Agent", {"description": "Look", "prompt": "x"}, "", {"isAsync": True})
    script.say("First.")
    view, text = view_of(script.messages), set()
    assert new_text(view, text, ended=False).startswith("✓ Agent: Look · still running")
    apply_message(view, AssistantMessage([TextBlock("Late.")], parent_tool_use_id=agent), 2e6)
    assert new_text(view, text, ended=True).startswith("Late.")
    assert new_text(view, text, ended=False) == ""


def test_turn_text_truncates_a_long_command():
    script = Script()
    script.use("Bash", {"command": "a \\\nb\n" * 9, "description": "Many"}, "", {"stdout": "x"})
    lines = turn_text(view_of(script.messages)).splitlines()
    assert lines[1:3] == ["    $ a \\", "      b"]
    assert lines[7:9] == ["    … 13 more lines", "    x"]
