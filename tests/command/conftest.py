"""Fixtures that run the command in a separate process."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def stub_cli(tmp_path: Path) -> Callable[[int], str]:
    """Create a `claude` that only returns an exit code."""

    def make(exit_code: int) -> str:
        path = tmp_path / f"claude-{exit_code}"
        path.write_text(f"#!/bin/sh\nexit {exit_code}\n")
        path.chmod(0o755)
        return str(path)

    return make


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Working folder of the command."""
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


@pytest.fixture
def environment(tmp_path: Path, stub_cli: Callable[[int], str]) -> dict[str, str]:
    """An environment with a signed-in CLI and a fake JupyterLab that prints its arguments."""
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "jupyterlab.py").write_text(
        "import json, os, sys\nprint(json.dumps([os.getcwd(), *sys.argv[1:]]))\n"
    )
    return {**os.environ, "CLAUDE_CLI_PATH": stub_cli(0), "PYTHONPATH": str(modules)}


@pytest.fixture
def run(here: Path, environment: dict[str, str]) -> Run:
    """Run `claude-notebook` with the given arguments."""

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
