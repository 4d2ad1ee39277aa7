"""`claude-notebook doctor` as a person runs it."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def doctor(claude_cli, claude_env, here: Path):
    """Runs it on the real CLI, with the scripted API as the model's service."""

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


def test_all_is_well(doctor, claude_env, scripted_api) -> None:
    done = doctor()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.rstrip().endswith("All is well.")
    for words in ("Kernel", "Claude Code", "found by: CLAUDE_CLI_PATH", "Signed in", "answered in"):
        assert words in done.stdout
    assert "\x1b" not in done.stdout
    assert claude_env["ANTHROPIC_API_KEY"] not in done.stdout
    assert scripted_api.turns == []


def test_what_is_wrong_is_said_and_shown_by_the_exit_code(doctor) -> None:
    done = doctor("--offline", ANTHROPIC_API_KEY=None)
    assert done.returncode == 1
    assert "wrong  Signed in" in done.stdout
    assert "-> Sign in with `claude auth login` in a terminal" in done.stdout
    assert "1 of 12 are wrong." in done.stdout


def test_json(doctor) -> None:
    told = json.loads(doctor("--json").stdout)
    assert told["ok"] is True
    assert {tuple(row) for row in told["checks"]} == {("name", "ok", "detail", "advice")}
    done = doctor(
        "--json", "--cli-path", "/nowhere/claude", ANTHROPIC_BASE_URL="http://127.0.0.1:9"
    )
    told = json.loads(done.stdout)
    assert (done.returncode, told["ok"]) == (1, False)
    wrong = {row["name"]: row["detail"] for row in told["checks"] if not row["ok"]}
    assert list(wrong) == ["Claude Code", "Service"]
    assert "/nowhere/claude" in wrong["Claude Code"]


def test_nothing_is_changed(doctor, here: Path, claude_env) -> None:
    doctor()
    assert list(here.iterdir()) == []
    assert not list(Path(claude_env["HOME"]).rglob("*.jsonl"))


def test_on_a_terminal_it_has_colours(claude_cli, claude_env, here: Path) -> None:
    ours, theirs = pty.openpty()
    done = subprocess.run(
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
        shown = terminal.read(65536)
    assert done.returncode == 0, done.stderr
    assert b"\x1b[32mok" in shown
