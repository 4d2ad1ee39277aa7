"""Fixtures for conversations with the real CLI, for import in a `conftest.py`."""

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
    """Create options for the real CLI in its clean environment: `options(**more)`."""

    def make(env: dict | None = None, **more: object) -> ClaudeCodeOptions:
        return ClaudeCodeOptions(
            cli_path=more.pop("cli_path", claude_cli),
            cwd=project,
            env={**claude_env, **(env or {})},
            **more,
        )

    return make


@pytest.fixture
def no_process_left(claude_env):
    """Wait until no process with the test's home folder lives; return False after a timeout."""

    async def wait() -> bool:
        gc.collect()
        return await anyio.to_thread.run_sync(until, lambda: not living_at(claude_env["HOME"]))

    return wait
