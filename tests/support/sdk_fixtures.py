"""Fixtures for conversations with the real CLI; a `conftest.py` imports what its tests use."""

import gc
from pathlib import Path

import anyio
import pytest
from processes import living_at, until

from claude_notebook import ClaudeCodeOptions


@pytest.fixture
def project(tmp_path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def real_options(claude_cli, claude_env, project):
    """Options for the real CLI in its clean environment: `options(**more)`."""

    def make(env: dict | None = None, **more: object) -> ClaudeCodeOptions:
        return ClaudeCodeOptions(
            cli_path=more.pop("cli_path", claude_cli),
            cwd=project,
            env={**claude_env, **(env or {})},
            **more,
        )

    return make


@pytest.fixture
def nothing_left(claude_env):
    """Waits until no process of the test's home folder lives, and says whether it came to that."""

    async def wait() -> bool:
        gc.collect()
        return await anyio.to_thread.run_sync(until, lambda: not living_at(claude_env["HOME"]))

    return wait
