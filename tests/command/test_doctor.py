"""`claude-notebook doctor` in a separate process."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def doctor(claude_cli, claude_env, here: Path):
    """Run the command on the real CLI with the scripted API as the model's service."""

    def run_doctor(*arguments: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
        environment = {**claude_env, "CLAUDE_CLI_PATH": claude_cli, **changes}
        return subprocess.run(
            [sys.executable, "-m", "claude_notebook.command.main", "doctor", *arguments],
            cwd=here,
            env={name: value for name, value in environment.items() if value is not None},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run_doctor


def test_doctor_passes_on_complete_installation(doctor, claude_env, scripted_api) -> None:
    process = doctor()
    assert process.returncode == 0, process.stdout + process.stderr
    assert process.stdout.rstrip().endswith("All checks passed.")
    for words in (
        "Kernel",
        "Claude Code",
        "found in: CLAUDE_CLI_PATH",
        "Signed in",
        "responded in",
    ):
        assert words in process.stdout
    assert "\x1b" not in process.stdout
    assert claude_env["ANTHROPIC_API_KEY"] not in process.stdout
    assert scripted_api.turns == []


def test_doctor_reports_failure_and_exit_code(doctor) -> None:
    process = doctor("--offline", ANTHROPIC_API_KEY=None)
    assert process.returncode == 1
    assert "failed  Signed in" in process.stdout
    assert "-> Sign in with `claude-auth login` in a terminal" in process.stdout
    assert "1 of 12 checks failed." in process.stdout


def test_doctor_prints_json(doctor) -> None:
    report = json.loads(doctor("--json").stdout)
    assert report["ok"] is True
    assert {tuple(row) for row in report["checks"]} == {("name", "ok", "detail", "advice")}
    process = doctor(
        "--json", "--cli-path", "/nowhere/claude", ANTHROPIC_BASE_URL="http://127.0.0.1:9"
    )
    report = json.loads(process.stdout)
    assert (process.returncode, report["ok"]) == (1, False)
    failed = {row["name"]: row["detail"] for row in report["checks"] if not row["ok"]}
    assert list(failed) == ["Claude Code", "Service"]
    assert "/nowhere/claude" in failed["Claude Code"]


def test_doctor_changes_nothing(doctor, here: Path, claude_env) -> None:
    doctor()
    assert list(here.iterdir()) == []
    assert not list(Path(claude_env["HOME"]).rglob("*.jsonl"))


def test_doctor_uses_colors_on_terminal(claude_cli, claude_env, here: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.run(
        [sys.executable, "-m", "claude_notebook.command.main", "doctor", "--offline"],
        cwd=here,
        env={**claude_env, "CLAUDE_CLI_PATH": claude_cli, "TERM": "xterm", "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    os.close(theirs)
    with open(ours, "rb", 0) as terminal:
        output = terminal.read(65536)
    assert process.returncode == 0, process.stderr
    assert b"\x1b[32mok" in output
