"""The example of a program that talks to Claude, and of its tests, as its reader runs it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from claude_notebook.recording.maintenance import problems

EXAMPLE = Path(__file__).resolve().parents[2] / "notebooks" / "example_project"


def run(folder: Path, **variables: str) -> str:
    """Run the example's tests in a copy, as far from here as can be. Returns what pytest says."""
    copy = folder / "reports"
    shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    # Only our plugin: loading all that this machine has takes longer than the tests.
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


def test_without_claude_code_its_tests_run_but_for_one(tmp_path):
    said = run(tmp_path, CLAUDE_CLI_PATH="/no/such/claude")
    assert "2 passed, 1 skipped" in said


@pytest.mark.cli
def test_with_claude_code_all_of_them_run(claude_cli, tmp_path):
    assert "3 passed" in run(tmp_path, CLAUDE_CLI_PATH=claude_cli)


def test_every_recording_of_the_project_is_whole_and_as_its_schema_says():
    root = EXAMPLE.parents[1]
    folders = (EXAMPLE, root / "notebooks" / "cassettes", root / "tests" / "cassettes")
    files = [path for folder in folders for path in sorted(folder.rglob("*.jsonl"))]
    assert len(files) > 70
    assert {path.name: told for path in files if (told := list(problems(path)))} == {}
