"""The `claude_replay` fixture in another project: recorded with the real CLI, played without it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from claude_notebook.testing import script

USER_TEST = f"""
import asyncio
from claude_notebook import ClaudeCodeOptions, query

async def ask(prompt):
    async for message in query(prompt=prompt):
        pass
    return message.result

def test_mine(claude_replay):
    assert asyncio.run(ask({script("Revenue is up.")!r})) == "Revenue is up."
"""


def run(folder: Path, *options: str, **variables: str) -> subprocess.CompletedProcess:
    plugins = ("-p", "claude_notebook.testing.plugin", "-p", "no:cacheprovider")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugins, *options, "test_mine.py"],
        cwd=folder,
        env={
            **os.environ,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_ADDOPTS": "",
            **variables,
        },
        capture_output=True,
        text=True,
    )


@pytest.mark.cli
def test_claude_replay_records_once_and_then_plays(claude_cli, claude_env, tmp_path):
    (tmp_path / "test_mine.py").write_text(USER_TEST)
    bare = {"CLAUDE_CLI_PATH": "/no/such/claude"}

    missed = run(tmp_path, **bare)
    assert missed.returncode == 1
    assert "The folder has no recordings" in missed.stdout

    recorded = run(tmp_path, "--claude-record", **{**claude_env, "CLAUDE_CLI_PATH": claude_cli})
    assert recorded.returncode == 0, recorded.stdout
    names = [path.name[:3] for path in (tmp_path / "cassettes/test_mine/test_mine").iterdir()]
    assert sorted(names) == ["01-", "hel"]

    played = run(tmp_path, **bare)
    assert played.returncode == 0, played.stdout
