"""Fixtures for turns in a notebook; a `conftest.py` imports what its tests use."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from talk import Talk


@pytest.fixture
def anyio_backend() -> str:
    """The notebook's background loop is asyncio's."""
    return "asyncio"


@pytest.fixture
def notebook_env(claude_cli: str, claude_env: dict[str, str]) -> dict[str, str]:
    """The environment of a notebook's CLI: `claude_env`, and which binary to run."""
    return {**claude_env, "CLAUDE_CLI_PATH": claude_cli}


@pytest.fixture
async def talk(
    anyio_backend: str, notebook_env: dict[str, str], tmp_path: Path
) -> AsyncIterator[Talk]:
    """A notebook's conversation; its CLI is ended with the test."""
    talk = Talk(notebook_env, tmp_path)
    yield talk
    await talk.conversation.close(grace=0)
