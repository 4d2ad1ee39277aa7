"""The command as a process of its own, as a person runs it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def stub_cli(tmp_path: Path) -> Callable[[int], str]:
    """Makes a `claude` that only has an exit code."""

    def make(exit_code: int) -> str:
        path = tmp_path / f"claude-{exit_code}"
        path.write_text(f"#!/bin/sh\nexit {exit_code}\n")
        path.chmod(0o755)
        return str(path)

    return make


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The folder in which the command is run."""
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


@pytest.fixture
def environment(tmp_path: Path, stub_cli: Callable[[int], str]) -> dict[str, str]:
    """A person who is signed in, and a Jupyter that only tells how it was called."""
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "jupyterlab.py").write_text(
        "import json, os, sys\nprint(json.dumps([os.getcwd(), *sys.argv[1:]]))\n"
    )
    return {**os.environ, "CLAUDE_CLI_PATH": stub_cli(0), "PYTHONPATH": str(modules)}


@pytest.fixture
def run(here: Path, environment: dict[str, str]) -> Run:
    """Runs `claude-notebook` with these arguments to its end."""

    def run_command(
        *arguments: str, cwd: Path = here, python: str = sys.executable, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, "-m", "claude_notebook.command.main", *arguments],
            cwd=cwd,
            env={**environment, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run_command
