"""Three ways to test a program that talks to Claude, from the quickest to the most real."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from reports import QUESTION, headline

from claude_notebook import RateLimitError
from claude_notebook.testing import FakeQuery, ScriptedAPI, Use, script

HERE = Path(__file__).resolve().parent


def test_what_the_program_makes_of_an_answer() -> None:
    """No Claude at all: a `query` that answers what it is given."""
    query = FakeQuery("Croissants sell better.", RateLimitError("Too many requests."))
    assert asyncio.run(headline(HERE, query=query)) == "Croissants sell better."
    assert asyncio.run(headline(HERE, query=query)) == "Claude is busy; try again later."
    assert query.prompts == [QUESTION, QUESTION]
    assert query.calls[0].options.allowed_tools == ["Read"]


def test_what_claude_has_said_of_this_report(claude_replay: Path) -> None:
    """A recording: asked once, by `pytest --claude-record`, and played ever since."""
    assert "1,140" in asyncio.run(headline(HERE))


def test_that_claude_may_only_read(
    claude_cli: str,
    claude_env: dict[str, str],
    scripted_api: ScriptedAPI,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """The real Claude Code with real tools; the model is a script, which stands in the prompt."""
    for name, value in claude_env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CLAUDE_CLI_PATH", claude_cli)
    write = Use("Write", {"file_path": str(tmp_path / "new.md"), "content": "words"})
    said = asyncio.run(headline(tmp_path, question=script(write, "I may not write.")))
    assert said == "I may not write."
    assert not (tmp_path / "new.md").exists()
    assert len(scripted_api.turns) == 2
