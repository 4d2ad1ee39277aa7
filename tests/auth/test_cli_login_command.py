"""`claude-auth login` without a gateway: Claude Code's own login, in a terminal."""

import os
import subprocess
import sys
import threading

import pytest
from login_cli import CODE, PASTE_LINK, install
from processes import living_at, until


@pytest.fixture
def login(home):
    """Run the command: `login(cli, *lines)` types lines after the link has appeared."""

    def run(cli, *lines):
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "claude_notebook.command.auth",
                "login",
                "--no-browser",
                "--cli-path",
                cli,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "HTTPS_PROXY": "http://127.0.0.1:9"},
        )
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        try:
            link = next(line for line in process.stderr if line.startswith("http")).strip()
            output, errors = process.communicate("".join(f"{line}\n" for line in lines))
        finally:
            watchdog.cancel()
        return process.returncode, link, output, errors

    return run


def test_login_asks_again_and_ends_signed_in(login, home, tmp_path):
    cli = install(tmp_path / "claude")
    code, link, output, errors = login(cli, "no code", CODE)

    assert link == PASTE_LINK
    assert "not the complete code" in errors
    assert code == 0, errors
    assert "Signed in." in output
    assert "cli login" in output
    assert CODE not in output + errors


def test_login_of_real_cli_ends_with_the_input_and_leaves_no_process(login, home, claude_cli):
    code, link, output, errors = login(claude_cli, "no code")

    assert link.startswith("https://claude.")
    assert "not the complete code" in errors
    assert "The input has ended" in errors
    assert (code, output) == (1, "")
    assert "Traceback" not in errors
    assert until(lambda: not living_at(str(home)))
