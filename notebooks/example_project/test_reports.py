"""Three ways to test a program that talks to Claude, from the quickest to the most real."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from reports import QUESTION, headline

from claude_notebook import RateLimitError
from claude_notebook.testing import FakeQuery, ScriptedAPI, Use, script

HERE = Path(__file__).resolve().parent


def test_headline_returns_answer_and_explains_rate_limit() -> None:
    """Without Claude: `FakeQuery` returns the given answers."""
    query = FakeQuery("Croissants sell better.", RateLimitError("Too many requests."))
    assert asyncio.run(headline(HERE, query=query)) == "Croissants sell better."
    assert asyncio.run(headline(HERE, query=query)) == "Claude is busy; try again later."
    assert query.prompts == [QUESTION, QUESTION]
    assert query.calls[0].options.allowed_tools == ["Read"]


def test_headline_summarizes_report(claude_replay: Path) -> None:
    """With a recording, made once by `pytest --claude-record`."""
    assert "1,140" in asyncio.run(headline(HERE))


def test_headline_lets_claude_only_read(
    claude_cli: str,
    claude_env: dict[str, str],
    scripted_api: ScriptedAPI,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """With the real Claude Code and real tools; the prompt contains the model's script."""
    for name, value in claude_env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CLAUDE_CLI_PATH", claude_cli)
    write = Use("Write", {"file_path": str(tmp_path / "new.md"), "content": "words"})
    answer = asyncio.run(headline(tmp_path, question=script(write, "I may not write.")))
    assert answer == "I may not write."
    assert not (tmp_path / "new.md").exists()
    assert len(scripted_api.turns) == 2
