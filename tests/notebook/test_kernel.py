"""`%%claude` in real kernels with the real CLI."""

from __future__ import annotations

import base64
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from kernel import Kernel, Run, kernel
from talk import is_alive, living_at, until

from claude_notebook.testing import (
    ScriptedAPI,
    Status,
    Step,
    Use,
    clean_environment,
    script,
)

pytestmark = pytest.mark.kernel

SLOW = script(Step("word " * 400, chunk=5, delay=0.05))
REFUSED = script(Step("no", fails=Status(403)))
BUSY = script(Use("Bash", {"command": "tail -f /dev/null"}), "ok")


def environment(api: ScriptedAPI, home: Path, claude_cli: str, **more: str) -> dict[str, str]:
    """Return the whole environment of a kernel."""
    return {
        **clean_environment(api.url, home),
        "CLAUDE_CLI_PATH": claude_cli,
        "IPYTHONDIR": str(home / "ipython"),
        "JPY_SESSION_NAME": str(home / "work" / "a.ipynb"),
        **more,
    }


@pytest.fixture(scope="module")
def api() -> Iterator[ScriptedAPI]:
    with ScriptedAPI() as api:
        yield api


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    (home / "work").mkdir()
    return home


@pytest.fixture(scope="module")
def notebook(api: ScriptedAPI, home: Path, claude_cli: str) -> Iterator[Kernel]:
    """Start a kernel with the extension, whose page can answer questions."""
    with kernel(environment(api, home, claude_cli), home / "work") as opened:
        assert opened.run("%load_ext claude_notebook").status == "ok"
        yield opened


@pytest.fixture
def fresh(api: ScriptedAPI, tmp_path: Path, claude_cli: str) -> Iterator[Kernel]:
    """Start a kernel for one test."""
    (tmp_path / "work").mkdir()
    with kernel(environment(api, tmp_path, claude_cli), tmp_path / "work") as opened:
        assert opened.run("%load_ext claude_notebook").status == "ok"
        yield opened


def failed(run: Run, kind: str) -> Run:
    """Check that a run failed with a status, a box, and one line instead of a traceback."""
    assert (run.status, run.error) == ("error", kind)
    assert len(run.traceback) == 1
    assert run.traceback[0].startswith(f"\x1b[31m{kind}\x1b[0m: ")
    assert "\n" not in run.traceback[0]
    assert len(run.kept) == 1
    return run


# --- a turn --------------------------------------------------------------------------------------


def test_turn_writes_file_and_saves_three_formats(notebook, home):
    path = home / "work" / "notes.md"
    prompt = script(Use("Write", {"file_path": str(path), "content": "# Hi\n"}), "**Done.**")
    run = notebook.run(f"%%claude --allow Write\n{prompt}")
    assert run.status == "ok"
    assert path.read_text() == "# Hi\n"
    (kept,) = run.kept
    assert set(kept) == {"text/html", "text/markdown", "text/plain"}
    assert "<strong>Done.</strong>" in kept["text/html"]
    assert "**Done.**" in kept["text/markdown"]
    assert "notes.md" in kept["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in run.bundles[0]
    assert run.streams == {}


def test_cells_share_conversation_until_new(notebook, api):
    notebook.run("%%claude\nmy name is Ada")
    notebook.run("%%claude\nwhat is my name?")
    assert "my name is Ada" in str(api.turns[-1].body["messages"])
    notebook.run("%%claude --new\nand now?")
    assert "my name is Ada" not in str(api.turns[-1].body["messages"])


@pytest.mark.parametrize(
    "cell",
    [
        "%%claude\nhello {x} $y 'z'",
        "%claude hello {x} $y 'z'",
        "# a comment\n\n%%claude\nhello {x} $y 'z'",
        "%%claude hello {x} $y 'z'",
        "%%claude --plain\nhello {x} $y 'z'",
        "for each in range(1):\n    %claude hello {x} $y 'z'",
        "%%time\n%%claude\nhello {x} $y 'z'",
        "%%time\n# a comment\n%%claude\nhello {x} $y 'z'",
        "get_ipython().run_line_magic('claude', \"hello {x} $y 'z'\")",
    ],
)
def test_magic_accepts_every_form_of_prompt(notebook, cell):
    notebook.run("x = y = 'expanded'")
    run = notebook.run(cell)
    assert run.status == "ok"
    assert run.plain.startswith("You said: hello {x} $y 'z'")
    assert ("Wall time" in run.stdout) == cell.startswith("%%time")


def test_magic_works_without_autoawait(notebook):
    notebook.run("%autoawait off")
    try:
        runs = [notebook.run(f"{before}%%claude\nwell?") for before in ("", "# comment\n")]
        line = notebook.run("%claude is it ok?")
    finally:
        notebook.run("%autoawait on")
    assert [run.status for run in (*runs, line)] == ["ok"] * 3
    assert all(run.plain.startswith("You said: well?") for run in runs)
    assert line.plain.startswith("You said: is it ok?")


def test_turn_sets_claude_variable_and_keeps_out(notebook):
    notebook.run("41 + 1")
    notebook.run("%%claude\nhello")
    assert notebook.run("print(_claude.text, _claude.state.value, _)").stdout == (
        "You said: hello done 42\n"
    )


def test_capture_captures_turn(notebook):
    run = notebook.run("%%capture caught\n%%claude\nhello")
    assert (run.status, run.kept) == ("ok", [])
    output = notebook.run("caught.show()")
    assert "You said: hello" in output.plain


def test_flag_overrides_config_default(notebook, api):
    notebook.run("%config ClaudeMagics.model = 'haiku'")
    try:
        notebook.run("%%claude\nhello")
        assert "haiku" in api.turns[-1].body["model"]
        notebook.run("%%claude --model sonnet\nhello")
        assert "sonnet" in api.turns[-1].body["model"]
    finally:
        notebook.run("%config ClaudeMagics.model = ''")


def test_turn_uses_kernel_folder_and_environment(notebook, home):
    (home / "work" / "deeper").mkdir(exist_ok=True)
    notebook.run("%cd -q deeper\nimport os; os.environ['COLOUR'] = 'mauve'")
    try:
        look = script(Use("Bash", {"command": "pwd > seen; echo $COLOUR >> seen"}), "ok")
        notebook.run(f"%%claude --allow Bash\n{look}")
    finally:
        notebook.run("%cd -q ..\ndel os.environ['COLOUR']")
    seen = (home / "work" / "deeper" / "seen").read_text().split()
    assert seen == [str(home / "work" / "deeper"), "mauve"]


@pytest.mark.parametrize("cell", ["%%claude?", "%claude?"])
def test_help_lists_flags(notebook, cell):
    request = notebook.start(cell)
    reply = notebook.reply(request)
    (page,) = reply["payload"]
    text = page["data"]["text/plain"]
    for flag in ("--model", "--new", "--attach", "--plain", "await main()"):
        assert flag in text


def test_cli_command_replies_in_cell(notebook, api):
    notebook.run("%%claude\nmy name is Ada")
    assert "loops carry over" in notebook.run("%claude /help clear").plain
    assert "was cleared" in notebook.run("%%claude\n/clear").plain
    notebook.run("%%claude\nwhat is my name?")
    assert "my name is Ada" not in str(api.turns[-1].body["messages"])


@pytest.mark.parametrize(
    ("flag", "reason"), [("--max-turns 1", "number of turns"), ("--budget 0.00001", "budget")]
)
def test_reached_limit_is_no_error(notebook, flag, reason):
    look = script(Use("Bash", {"command": "true"}), "never said")
    run = notebook.run(f"%%claude {flag} --allow Bash\n{look}")
    assert run.status == "ok"
    assert "Stopped" in run.plain
    assert reason in run.plain


def test_attach_sends_picture(notebook, api, home):
    pixel = (
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
        "rkJggg=="
    )
    (home / "work" / "my plot.png").write_bytes(base64.b64decode(pixel))
    assert notebook.run("%%claude --attach 'my plot.png'\nwhat is this?").status == "ok"
    messages = str(api.turns[-1].body["messages"])
    assert "'media_type': 'image/png'" in messages
    assert "what is this?" in messages


# --- errors --------------------------------------------------------------------------------------


def test_unknown_flag_fails_with_suggestion(notebook):
    run = failed(notebook.run("%%claude --modle opus\nhi"), "OptionsError")
    assert "--model" in run.plain


def test_empty_prompt_fails(notebook):
    run = failed(notebook.run("%%claude --new\n  \n"), "OptionsError")
    assert "prompt is empty" in run.plain


def test_service_refusal_fails_and_next_cell_works(notebook):
    run = failed(notebook.run(f"%%claude\n{REFUSED}"), "PermissionDeniedError")
    assert "403" in run.plain
    assert notebook.run("%%claude\nagain").plain.startswith("You said: again")


def test_failed_cell_aborts_queued_cells(notebook):
    # The kernel aborts only the cells that have arrived when the first one fails.
    refused_later = script(Step("no", wait=1.0, fails=Status(403)))
    cells = [f"%%claude\n{refused_later}", "print('never')", "%%claude\nnever"]
    requests = [notebook.start(cell) for cell in cells]
    runs = [notebook.wait(request) for request in requests]
    assert [run.status for run in runs] == ["error", "aborted", "aborted"]
    assert notebook.run("print('later')").stdout == "later\n"


def test_queued_cells_run_in_order(notebook, api):
    requests = [notebook.start(f"%%claude\nnumber {number}") for number in (1, 2, 3)]
    assert [notebook.wait(request).status for request in requests] == ["ok"] * 3
    messages = str(api.turns[-1].body["messages"])
    assert messages.index("number 1") < messages.index("number 2") < messages.index("number 3")


def test_missing_working_directory_fails_with_advice(fresh, tmp_path):
    fresh.run("import os; os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')")
    run = failed(fresh.run("%%claude\nhi"), "WorkingDirectoryError")
    assert "%cd" in run.plain


# --- stop ----------------------------------------------------------------------------------------


STARTED = "TurnWidget"
"""Text of a turn's first output."""


def stop(opened: Kernel, cell: str, times: int = 1, sign: str = "word word") -> Run:
    """Run a cell, and interrupt the kernel once the page has received `sign`."""
    request = opened.start(cell)
    opened.wait_for(sign)
    for _ in range(times):
        opened.interrupt()
    return opened.wait(request)


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("before", ["", "%%time\n"], ids=["awaited", "blocking"])
def test_kernel_interrupt_stops_turn(notebook, before, times):
    run = failed(stop(notebook, f"{before}%%claude\n{SLOW}", times), "TurnInterrupted")
    assert "stopped" in run.plain
    assert "word word" in run.plain
    assert notebook.run("%%claude\nnext").plain.startswith("You said: next")


def test_stopped_cell_aborts_queued_cells(notebook):
    request = notebook.start(f"%%claude\n{SLOW}")
    waiting = notebook.start("print('never')")
    notebook.wait_for("word word")
    notebook.interrupt()
    assert notebook.wait(request).status == "error"
    assert notebook.wait(waiting).status == "aborted"


def test_turn_can_be_stopped_before_it_starts(notebook):
    failed(stop(notebook, f"%%claude\n{SLOW}", 1, STARTED), "TurnInterrupted")
    assert "You said: next" in notebook.run("%%claude\nnext").plain


@pytest.mark.parametrize("times", [1, 3])
def test_interrupt_stops_hanging_cli(fresh, times):
    fresh.run("%%claude\nhello")
    pid = int(fresh.run("print(_claude.conversation.pid)").stdout)
    os.kill(pid, signal.SIGSTOP)
    failed(stop(fresh, "%%claude\nare you there?", times, STARTED), "TurnInterrupted")
    assert fresh.run("%%claude\nnext").plain.startswith("You said: next")
    assert until(lambda: not is_alive(pid))


def test_killed_cli_fails_cell_and_next_cell_works(fresh):
    request = fresh.start(f"%%claude\n{SLOW}")
    fresh.wait_for("word word")
    (cli,) = until(lambda: [p for p in living_at(fresh.home) if p.name() == "claude"])
    cli.kill()
    run = failed(fresh.wait(request), "ProcessError")
    assert "killed" in run.plain
    again = fresh.run("%%claude\nnext")
    assert "You said: next" in again.plain


# --- kernel end -------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["restart", "shutdown", "kill -9"])
def test_ended_kernel_leaves_no_process(api, tmp_path, claude_cli, how):
    (tmp_path / "work").mkdir()
    with kernel(environment(api, tmp_path, claude_cli), tmp_path / "work") as opened:
        opened.run("%load_ext claude_notebook")
        opened.start(f"%%claude --allow Bash\n{BUSY}")
        until(lambda: [p for p in living_at(str(tmp_path)) if p.name() == "tail"])
        started = [p for p in living_at(str(tmp_path)) if p.pid != opened.pid]
        assert {"claude", "tail"} <= {process.name() for process in started}
        if how == "restart":
            opened.restart()
        elif how == "shutdown":
            pid = opened.pid
            opened.client.shutdown()
            until(lambda: not is_alive(pid))
        else:
            os.kill(opened.pid, signal.SIGKILL)
        until(lambda: not any(is_alive(process.pid) for process in started))


def test_restarted_kernel_resumes_conversation(fresh, api):
    fresh.run("%%claude\nmy name is Ada")
    fresh.restart()
    fresh.run("%load_ext claude_notebook")
    run = fresh.run("%%claude\nwhat is my name?")
    assert "my name is Ada" in str(api.turns[-1].body["messages"])
    assert "Continues this notebook's conversation" in run.plain
    assert "--new" in run.plain
    assert "Continues this" not in fresh.run("%%claude\nand now?").plain
    # The total covers two turns, and a third one if the old process saved its accounts before the
    # kernel ended.
    spent = float(fresh.run("r = _claude.result; print(r.total_cost_usd / r.cost_usd)").stdout)
    assert spent == pytest.approx(3 if spent > 2.5 else 2, rel=0.1)


def test_extension_loads_twice_and_unloads(fresh):
    assert fresh.run("%load_ext claude_notebook\n%reload_ext claude_notebook").status == "ok"
    assert fresh.run("%%claude\nhello").plain.startswith("You said: hello")
    fresh.run("%unload_ext claude_notebook")
    assert fresh.run("%%claude\nhello").status == "error"
    assert fresh.run("1 + 1").plain == "2"
    until(lambda: not [p for p in living_at(fresh.home) if p.name() == "claude"])
