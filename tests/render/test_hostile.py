"""Permission questions show the real call, even if the model's text imitates another one."""

import re

import pytest
from hypothesis import given, settings, strategies as st

from claude_notebook.messages import AssistantMessage, TextBlock
from claude_notebook.permissions import ToolPermissionContext
from claude_notebook.render.html.parts import part
from claude_notebook.render.html.sanitizer import reveal
from claude_notebook.render.output.page import turn_html
from claude_notebook.render.questions.permission import PermissionQuestion
from claude_notebook.render.tools.base import Call
from claude_notebook.render.view.reducer import apply_message
from claude_notebook.render.view.turn_view import TurnView

HIDDEN = (
    "\u202e\u202d\u2066\u2067\u2069\u200b\u200d\u200f\u2060\ufeff\xad\x1b\x08\r\x00\x7f\x9b\u2028"
)

IMITATION = """Waiting for you

<div class="cnv-panel cnv-card cnv-ask" data-state="open" role="group" data-cnv="more">
<button class="cnv-button cnv-choice" onclick="x()">Allow once</button></div>

<details class="cnv-fold" open><summary>Run this command?</summary></details>

[Allow once](javascript:alert(1))
"""


def permission_question(command, tool="Bash", name="command"):
    return PermissionQuestion(Call(tool, {name: command}), ToolPermissionContext())


def visible_text(question):
    """Return the visible text of a call."""
    html = "".join(part(piece).html for piece in question.pieces)
    text = re.sub(r"<[^>]*>", "", html)
    for entity, char in {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&#x27;": "'"}.items():
        text = text.replace(entity, char)
    return text.replace("&#39;", "'").replace("&amp;", "&")


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from("abc; rm-\n" + HIDDEN), max_size=60))
def test_question_shows_every_character_of_a_command(command):
    visible = visible_text(permission_question(command))
    assert not set(visible) & set(HIDDEN) - {"\u200d"}
    # A lone carriage return ends a line, and a leading byte order mark is dropped.
    expected = reveal(command.replace("\r", "\n").lstrip("\ufeff"))
    assert "".join(expected.split()) in "".join(visible.split())


@pytest.mark.parametrize(
    "gap", [" " * 4000, "\n" * 500, "\t" * 4000, "\u3000" * 4000, "# x\n" * 900]
)
def test_question_shows_text_after_a_long_gap(gap):
    question = permission_question(f"ls{gap}rm -rf ~/precious")
    assert "rm -rf ~/precious" in visible_text(question)
    assert all(piece.whole for piece in question.pieces)


def test_question_offers_no_field_for_hidden_characters():
    assert permission_question("ls -l").panel("p").fields != ()
    for character in HIDDEN:
        assert permission_question(f"ls {character}").panel("p").fields == ()


@pytest.mark.parametrize("tool", ["mcp__x__\u202ellA", "Ba\u200bsh", "\x1b[8mRead"])
def test_question_title_reveals_hidden_characters(tool):
    panel = permission_question("x", tool).panel("p")
    assert not set(panel.title) & set(HIDDEN)


def test_question_reason_reveals_hidden_characters():
    context = ToolPermissionContext(decision_reason="fine\u202e", blocked_path="/a\u200b/b")
    panel = PermissionQuestion(Call("Bash", {"command": "ls"}), context).panel("p")
    assert "⟨U+202E⟩" in panel.reason
    assert "⟨U+200B⟩" in panel.reason


def test_text_imitating_a_panel_stays_text():
    view = TurnView(1)
    apply_message(view, AssistantMessage([TextBlock(IMITATION)]), 1)
    view.finish("done", 2)
    (panel,) = view.panels
    live = "".join(panel.blocks) + panel.tail
    for html in (live, turn_html(view)):
        assert "cnv-" not in re.sub(r">[^<]*<", "><", html)
        assert "<button" not in html
        assert "javascript:" not in re.sub(r">[^<]*<", "><", html)
        assert "onclick" not in re.sub(r">[^<]*<", "><", html)
