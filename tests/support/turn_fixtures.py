"""Fixtures for turns in a notebook, for import in a `conftest.py`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from talk import Talk


@pytest.fixture
def anyio_backend() -> str:
    """Use asyncio, as the notebook's background loop does."""
    return "asyncio"


@pytest.fixture
def notebook_env(claude_cli: str, claude_env: dict[str, str]) -> dict[str, str]:
    """Return the environment of a notebook's CLI: `claude_env` and the binary."""
    return {**claude_env, "CLAUDE_CLI_PATH": claude_cli}


@pytest.fixture
async def talk(
    anyio_backend: str, notebook_env: dict[str, str], tmp_path: Path
) -> AsyncIterator[Talk]:
    """Create a notebook's conversation, and end its CLI with the test."""
    talk = Talk(notebook_env, tmp_path)
    yield talk
    await talk.conversation.close(grace=0)
