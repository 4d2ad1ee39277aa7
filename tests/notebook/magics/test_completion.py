"""Completion of the last word before the cursor."""

from __future__ import annotations

from pathlib import Path

import pytest

from claude_notebook.notebook.magics.commands import COMMANDS, CommandContext
from claude_notebook.notebook.magics.completion import complete, text_before_cursor
from claude_notebook.notebook.magics.flags import FLAGS
from claude_notebook.notebook.wording import NOTEBOOK
from claude_notebook.turns.background_loop import BackgroundLoop
from claude_notebook.turns.jobs import Jobs
from claude_notebook.turns.live_conversation import LiveConversation
from claude_notebook.turns.state import ConversationStore


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandContext:
    """Create a context in a folder with files and a subfolder, whose CLI announced commands."""
    (tmp_path / "my data.csv").touch()
    (tmp_path / "data.csv").touch()
    (tmp_path / ".hidden").touch()
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path)
    conversation = LiveConversation(ConversationStore(None, tmp_path), NOTEBOOK)
    conversation.session_id = "1234"
    conversation.about = {
        "commands": [{"name": "greet"}, {"name": "__inner"}],
        "models": [{"value": "default"}, {"value": "opus"}],
    }
    return CommandContext(conversation, Jobs(BackgroundLoop(), lambda: 1), None)


ROWS = {
    "--mod": {"--mode", "--model"},
    "--model ": {"default", "opus"},
    "--model o": {"opus"},
    "--model=o": {"opus"},
    "--mode pl": {"plan"},
    "--replay o": {"off", "only"},
    "--cwd d": {"docs/"},
    "--attach d": {"data.csv", "docs/"},
    "--attach .h": {".hidden"},
    "--resume ": {"1234"},
    "--allow Bash(git *) --b": {"--bg", "--budget"},
    "--system 'be brief' --pl": {"--plain"},
    "/gr": {"/greet"},
    "/co": {"/compact", "/context", "/cost"},
    "--bg /comp": {"/compact"},
    "/mode a": {"acceptEdits"},
    "/model ": {"default", "opus"},
    "/mcp re": {"reconnect"},
    "/stop ": {"all"},
    "/help mod": {"model", "mode"},
    "look at @da": {"data.csv"},
    "look at @docs/": set(),
    "/jobs ": set(),
    "/greet o": set(),
    "look --mod": set(),
    "look at /co": set(),
    "why": set(),
    "": set(),
}


def test_complete_offers_values_for_last_word(context: CommandContext):
    offered = {}
    for before in ROWS:
        completions = complete(before, context)
        values = completions.values if completions is not None else ()
        word = completions.word if completions is not None else ""
        offered[before] = {value for value in values if value.startswith(word)}
        assert before.endswith(word)
    assert offered == ROWS


def test_complete_offers_every_command_and_flag(context: CommandContext):
    assert set(complete("/", context).values) == {*(f"/{name}" for name in COMMANDS), "/greet"}
    assert set(complete("--", context).values) == set(FLAGS)


@pytest.mark.parametrize(
    ("cell", "before"),
    [
        ("%claude /jo", "/jo"),
        ("x = 1\n%claude /jo", "/jo"),
        ("job = %claude --b", "--b"),
        ("%%claude --mo", "--mo"),
        ("\n%%claude --mo", "--mo"),
        ("%%claude\n/comp", "/comp"),
        ("%%claude --bg\n\n/comp", "/comp"),
        ("%%claude\nlook at\n@da", "- @da"),
        ("%%claude", None),
        ("%claudette /jo", None),
        ("import o", None),
        ("x = 1\n/jo", None),
    ],
)
def test_text_before_cursor_covers_magic_lines_only(cell: str, before: str | None):
    lines = cell.split("\n")
    assert text_before_cursor(cell, lines[-1], len(lines) - 1, len(lines[-1])) == before
