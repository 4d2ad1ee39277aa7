"""IPython in a terminal: live text, Ctrl-C, and the return to the prompt."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from claude_notebook.testing import Status, Step, script

pexpect = pytest.importorskip("pexpect", reason="no pseudo-terminals here")

PROMPT = r"In \[\d+\]:"
SECONDS = 40
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\x1b\][^\x07]*\x07")


class IPythonTerminal:
    """IPython in a pseudo-terminal."""

    def __init__(self, env: dict[str, str], cwd: Path, *arguments: str) -> None:
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "IPython", "--no-banner", "--no-confirm-exit", "--colors=nocolor", *arguments],
            env={**env, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"},
            cwd=str(cwd),
            encoding="utf-8",
            timeout=SECONDS,
            dimensions=(40, 100),
        )
        self.expect(PROMPT)

    def expect(self, pattern: str) -> str:
        """Wait for a pattern, and return the text before it without escape sequences."""
        self.child.expect(pattern)
        return ANSI.sub("", self.child.before)

    def run(self, *lines: str) -> str:
        """Type lines, and return the output up to the next prompt."""
        self.type(*lines)
        return self.expect(PROMPT)

    def type(self, *lines: str) -> None:
        for line in lines:
            self.child.sendline(line)
            if line is not lines[-1]:
                self.child.expect(r"\.\.\.: ")


@pytest.fixture
def env(notebook_env: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return {**notebook_env, "IPYTHONDIR": str(tmp_path / "ipython")}


@pytest.fixture
def terminal(env: dict[str, str], tmp_path: Path) -> Iterator[IPythonTerminal]:
    opened = IPythonTerminal(env, tmp_path, "--simple-prompt")
    assert "Error" not in opened.run("%load_ext claude_notebook")
    yield opened
    opened.child.close(force=True)


def test_terminal_shows_answers_of_cells_and_lines(terminal):
    # IPython wants two empty lines after the body of a magic.
    assert "You said: hello {x} $y" in terminal.run("%%claude", "hello {x} $y", "", "")
    assert "You said: is it ok?" in terminal.run("%claude is it ok?")
    text = terminal.run("%%claude", "(two", "lines", "", "")
    assert re.search(r"You said: \(two\s+lines", text)


def test_terminal_prompt_accepts_cell_line_by_line(env, tmp_path):
    terminal = IPythonTerminal(env, tmp_path)
    terminal.child.send("%load_ext claude_notebook\r")
    terminal.expect(r"In \[2\]:")
    for line in ("%%claude", "hello there", "", ""):
        terminal.child.send(f"{line}\r")
    terminal.expect("You said: hello there")
    terminal.expect(r"In \[3\]:")
    terminal.child.close(force=True)


def test_terminal_errors_have_no_traceback(terminal):
    text = terminal.run(f"%claude {script(Step('no', fails=Status(403)))}")
    assert "PermissionDeniedError" in text
    assert "Traceback" not in text
    assert "Not allowed" in text
    text = terminal.run("%claude --modle x")
    assert "There is no flag --modle" in text
    assert "Traceback" not in text


@pytest.mark.parametrize("times", [1, 3])
def test_ctrl_c_stops_turn_and_returns_to_prompt(terminal, times):
    # The terminal echoes the prompt, so the prompt must not contain the expected text.
    slow = script(Step("word " * 400, chunk=5, delay=0.05)).replace("word", r"\u0077ord")
    terminal.type(f"%claude {slow}")
    terminal.expect("word word")
    terminal.child.send("\x03" * times)
    text = terminal.expect(PROMPT)
    assert "TurnInterrupted" in text
    assert "Traceback" not in text
    assert "You said: next" in terminal.run("%claude next")
    # Short sleeps: an interrupt just before a long sleep takes effect only after it.
    wait = "for _ in range(600): time.sleep(0.1)"
    terminal.child.sendline(f"import time; exec(\"print('now it', 'waits')\\n{wait}\")")
    terminal.child.expect("now it waits")
    terminal.child.sendintr()
    assert "KeyboardInterrupt" in terminal.expect(PROMPT)


def test_exit_ends_cli(terminal):
    from talk import is_alive, until

    terminal.run("%claude hello")
    pid = int(re.search(r"\d+", terminal.run("print(_claude.conversation.pid)")).group())
    assert is_alive(pid)
    terminal.child.sendline("exit")
    terminal.child.expect(pexpect.EOF)
    assert until(lambda: not is_alive(pid))
    assert until(lambda: not terminal.child.isalive())
    assert terminal.child.exitstatus == 0
