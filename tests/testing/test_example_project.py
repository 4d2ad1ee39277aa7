"""The example program and its tests, run as a reader would run them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from claude_notebook.recording.maintenance import problems

EXAMPLE = Path(__file__).resolve().parents[2] / "notebooks" / "example_project"


def run(folder: Path, **variables: str) -> str:
    """Run the example's tests in an isolated copy and return pytest's output."""
    copy = folder / "reports"
    shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    # Load only our plugin: loading all installed ones takes longer than the tests.
    env = {"HOME": str(folder), "PATH": os.environ["PATH"], "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    plugins = ("-p", "claude_notebook.testing.plugin", "-p", "no:cacheprovider")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-rs", *plugins],
        cwd=copy,
        env={**env, **variables},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_example_project_passes_without_cli(tmp_path):
    output = run(tmp_path, CLAUDE_CLI_PATH="/no/such/claude")
    assert "2 passed, 1 skipped" in output


@pytest.mark.cli
def test_example_project_passes_with_cli(claude_cli, tmp_path):
    assert "3 passed" in run(tmp_path, CLAUDE_CLI_PATH=claude_cli)


def test_example_recordings_are_complete_and_match_schema():
    root = EXAMPLE.parents[1]
    folders = (EXAMPLE, root / "notebooks" / "cassettes", root / "tests" / "cassettes")
    files = [path for folder in folders for path in sorted(folder.rglob("*.jsonl"))]
    assert len(files) > 70
    assert {path.name: errors for path in files if (errors := list(problems(path)))} == {}
