"""Failures of the CLI, the cell, and the service: one exception, a readable box, an error status.

All tests share one real kernel, so each failure must also leave the next cell usable.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fake_cli
import pytest
from kernel import Kernel, Run, kernel

from claude_notebook.testing import (
    Cut,
    ErrorEvent,
    Malformed,
    ScriptedAPI,
    Status,
    Step,
    clean_environment,
    script,
)

pytestmark = pytest.mark.kernel

WITHDRAWN = "word of the failed attempt "


@pytest.fixture(scope="module")
def api() -> Iterator[ScriptedAPI]:
    with ScriptedAPI() as api:
        yield api


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def notebook(api: ScriptedAPI, home: Path, claude_cli: str) -> Iterator[Kernel]:
    # With another HOME, the settings in the usual one would be a project's if it held the notebook.
    user, work = home / "user", home / "work"
    for folder in (user, work):
        folder.mkdir()
    env = {
        **clean_environment(api.url, user),
        "CLAUDE_CLI_PATH": claude_cli,
        "CLAUDE_CODE_MAX_RETRIES": "1",
        "IPYTHONDIR": str(home / "ipython"),
    }
    with kernel(env, work) as opened:
        opened.run("import os\nusual = dict(os.environ)\n%load_ext claude_notebook")
        yield opened


@pytest.fixture
def ask(notebook: Kernel) -> Iterator:
    """Run cells with changed environment variables, and restore them afterwards."""

    def ask(cell: str, **variables: str | None) -> Run:
        for name, value in variables.items():
            code = f"os.environ.pop({name!r}, None)"
            notebook.run(code if value is None else f"os.environ[{name!r}] = {value!r}")
        return notebook.run(cell)

    yield ask
    notebook.run("os.environ.clear(); os.environ.update(usual)")
    again = notebook.run("%%claude\nis all well?")
    assert "You said: is all well?" in again.plain, again.plain


def assert_readable(run: Run, kind: str, *parts: str) -> None:
    """Check for one exception, a box with cause and advice, and no traceback."""
    assert (run.status, run.error) == ("error", kind), run
    assert len(run.traceback) == 1
    assert run.traceback[0].startswith(f"\x1b[31m{kind}\x1b[0m: ")
    (kept,) = run.kept
    assert set(kept) == {"text/html", "text/markdown", "text/plain"}
    for part in parts:
        assert part in run.evalue
        assert part in kept["text/plain"]
    assert "Traceback" not in kept["text/plain"]
    assert run.streams == {}


# --- the CLI -------------------------------------------------------------------------------------

BINARIES = {
    "missing": (None, 0, "CLINotFoundError", ("CLAUDE_CLI_PATH", "Correct it")),
    "not executable": ("#!/bin/sh\n", 0o644, "CLINotUsableError", ("chmod +x",)),
    "of another architecture": (
        "\x7fELF\x02\x01\x01" + "\0" * 60,
        0o755,
        "CLINotUsableError",
        ("not a program for this machine", "pip install claude-agent-sdk"),
    ),
    "without its interpreter": (
        "#!/nowhere/node\n",
        0o755,
        "CLINotUsableError",
        ("interpreter",),
    ),
    "too old": (
        "#!/bin/sh\ncase \"$1\" in --version) echo '1.0.38 (Claude Code)';;"
        " *) echo 'error: unknown option' >&2; exit 1;; esac\n",
        0o755,
        "CLINotUsableError",
        ("1.0.38", "claude update"),
    ),
    "broken": (
        "#!/bin/sh\necho 'it broke for this reason' >&2; exit 7\n",
        0o755,
        "ProcessError",
        ("it broke for this reason", "exit code 7"),
    ),
}


@pytest.mark.parametrize("binary", BINARIES)
def test_unusable_cli_shows_readable_error(ask, tmp_path, binary):
    content, mode, kind, parts = BINARIES[binary]
    path = tmp_path / "claude"
    if content is not None:
        path.write_bytes(content.encode("latin-1"))
        path.chmod(mode)
    run = ask("%%claude\nhello", CLAUDE_CLI_PATH=str(path))
    assert_readable(run, kind, *parts)
    assert str(path) in run.evalue or kind == "ProcessError"


def test_missing_cli_names_ways_to_install(api, tmp_path):
    # A module of this name hides the wheel that contains the binary.
    (tmp_path / "claude_agent_sdk.py").touch()
    env = {
        **clean_environment(api.url, tmp_path / "home"),
        "PYTHONPATH": str(tmp_path),
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }
    with kernel(env, tmp_path) as opened:
        opened.run("%load_ext claude_notebook")
        run = opened.run("%%claude\nhello")
    assert_readable(
        run, "CLINotFoundError", "pip install claude-agent-sdk", "~/.claude/local/claude"[2:]
    )


def test_missing_login_names_login_command(ask, notebook, tmp_path, monkeypatch):
    monkeypatch.setattr(notebook, "answers", False)  # where a person can answer, the cell asks
    run = ask("%%claude\nhello", ANTHROPIC_API_KEY=None, HOME=str(tmp_path))
    assert_readable(run, "AuthenticationError")
    assert "claude-auth login" in run.evalue
    assert "ANTHROPIC_API_KEY" in run.evalue
    assert "Not signed in" in run.plain


# --- the cell ------------------------------------------------------------------------------------

CELLS = {
    "%%claude --cwd /nowhere/at/all\nhi": ("WorkingDirectoryError", "does not exist", "Create it"),
    "%%claude --cwd /etc/hostname\nhi": ("WorkingDirectoryError", "is not a folder"),
    "%%claude --modle opus\nhi": ("OptionsError", "--modle", "--model", "%%claude?"),
    "%%claude --mode wild\nhi": ("OptionsError", "--mode", "acceptEdits"),
    "%%claude\n": ("OptionsError", "prompt is empty"),
    "%%claude --model opus\n   \n": ("OptionsError", "prompt is empty"),
    "%claude": ("OptionsError", "prompt is empty"),
    "%%claude --attach nothing.png\nhi": ("OptionsError", "nothing.png", "No such file"),
    "%%claude --resume 123e4567-e89b-42d3-a456-426614174000\nhi": (
        "SessionNotFoundError",
        "123e4567-e89b-42d3-a456-426614174000",
    ),
}


@pytest.mark.parametrize("cell", CELLS)
def test_invalid_cell_shows_readable_error(ask, cell):
    assert_readable(ask(cell), *CELLS[cell])


# --- the service ---------------------------------------------------------------------------------

FAILURES = {
    401: ("AuthenticationError", "claude-auth login", "ANTHROPIC_API_KEY"),
    403: ("PermissionDeniedError", "403"),
    404: ("InvalidRequestError", "model"),
    413: ("InvalidRequestError",),
    429: ("RateLimitError", "429"),
    500: ("ServerError", "500"),
    529: ("OverloadedError", "529"),
}


@pytest.mark.parametrize("status", FAILURES)
def test_service_error_maps_to_exception(ask, status):
    kind, *parts = FAILURES[status]
    run = ask(f"%%claude\n{script(Step('never said', fails=Status(status)))}")
    assert_readable(run, kind, *parts)
    assert "never said" not in run.plain


@pytest.mark.parametrize("failure", [Cut(4), Cut("before"), Cut("start")], ids=repr)
def test_repeatedly_broken_stream_raises_connection_error(ask, failure):
    run = ask(f"%%claude\n{script(Step(WITHDRAWN * 3, chunk=9, fails=failure))}")
    assert_readable(run, "APIConnectionError", "ANTHROPIC_BASE_URL")
    assert "failed attempt" not in run.plain


@pytest.mark.parametrize(
    "failure", [Cut(4, times=1), Malformed(4, times=1), ErrorEvent(after=4, times=1)], ids=repr
)
def test_retried_stream_shows_answer_once(ask, failure):
    run = ask(f"%%claude\n{script(Step('all of the answer', chunk=2, fails=failure))}")
    assert run.status == "ok", run
    assert run.plain.count("all of the answer") == 1
    assert run.plain.count("all of") == 1


# --- the CLI's output ----------------------------------------------------------------------------


@pytest.fixture
def fake(ask, home):
    """Ask a CLI that misbehaves as the prompt says; the next cell must work."""

    def ask_the_fake(prompt: str) -> Run:
        path = fake_cli.install(home / "fake-claude")
        run = ask(f"%%claude --new\n{prompt}", CLAUDE_CLI_PATH=path)
        again = ask("%%claude\nagain?")
        assert "You said: again?" in again.plain, again
        return run

    return ask_the_fake


@pytest.mark.parametrize("prompt", ["stray_line", "nul_bytes"])
def test_invalid_json_line_is_shown_and_turn_continues(fake, prompt):
    run = fake(prompt)
    assert run.status == "ok", run
    (kept,) = run.kept
    assert f"after {prompt}" in run.plain
    assert "Unknown message" in run.plain
    assert ("does not belong here" in kept["text/html"]) == (prompt == "stray_line")


def test_oversized_line_names_max_buffer_size(fake):
    assert_readable(fake("too_large_line"), "LineTooLongError", "max_buffer_size")


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("large_line", "0123456789" * 100),
        ("split_lines", "naïve 🎉"),
        ("bad_utf8", "before \ufffd"),
        ("strange_messages", "after strange messages"),
    ],
)
def test_unusual_but_valid_output_is_shown(fake, prompt, text):
    run = fake(prompt)
    assert run.status == "ok", run.evalue[:500]
    assert text in run.plain


def test_dying_cli_shows_exit_code_and_stderr(fake):
    run = fake("dies")
    assert_readable(run, "ProcessError", "exit code 3", "out of luck")
    assert "last words" in run.plain


def test_leaving_cli_advises_to_run_again(fake):
    assert_readable(fake("leaves"), "ProcessError", "Run the prompt again")


def test_interrupt_stops_endless_cli(notebook, fake, home):
    fake("hello")
    notebook.run(f"os.environ['CLAUDE_CLI_PATH'] = {str(home / 'fake-claude')!r}")
    request = notebook.start("%%claude\nnever_ends")
    notebook.wait_for("on and on")
    notebook.interrupt()
    run = notebook.wait(request)
    assert (run.status, run.error) == ("error", "TurnInterrupted")
    assert "on and on" in run.plain
