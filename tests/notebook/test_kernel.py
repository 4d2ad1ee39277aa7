"""`%%claude` in real kernels, with the real CLI: what a notebook sees."""

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
    """A kernel's whole environment."""
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
    """A kernel with the extension loaded, for a page that answers."""
    with kernel(environment(api, home, claude_cli), home / "work") as opened:
        assert opened.run("%load_ext claude_notebook").status == "ok"
        yield opened


@pytest.fixture
def fresh(api: ScriptedAPI, tmp_path: Path, claude_cli: str) -> Iterator[Kernel]:
    """A kernel of the test's own."""
    (tmp_path / "work").mkdir()
    with kernel(environment(api, tmp_path, claude_cli), tmp_path / "work") as opened:
        assert opened.run("%load_ext claude_notebook").status == "ok"
        yield opened


def failed(run: Run, kind: str) -> Run:
    """A run that ended as an error: status, box, and one line in place of a traceback."""
    assert (run.status, run.error) == ("error", kind)
    assert len(run.traceback) == 1
    assert run.traceback[0].startswith(f"\x1b[31m{kind}\x1b[0m: ")
    assert "\n" not in run.traceback[0]
    assert len(run.kept) == 1
    return run


# --- a turn --------------------------------------------------------------------------------------


def test_a_turn_works_with_real_files_and_is_kept_as_html_markdown_and_text(notebook, home):
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


def test_cells_are_one_conversation_and_new_begins_another(notebook, api):
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
def test_ways_to_ask(notebook, cell):
    notebook.run("x = y = 'expanded'")
    run = notebook.run(cell)
    assert run.status == "ok"
    assert run.plain.startswith("You said: hello {x} $y 'z'")
    assert ("Wall time" in run.stdout) == cell.startswith("%%time")


def test_without_autoawait_it_works_too(notebook):
    notebook.run("%autoawait off")
    try:
        runs = [notebook.run(f"{before}%%claude\nwell?") for before in ("", "# comment\n")]
        line = notebook.run("%claude is it ok?")
    finally:
        notebook.run("%autoawait on")
    assert [run.status for run in (*runs, line)] == ["ok"] * 3
    assert all(run.plain.startswith("You said: well?") for run in runs)
    assert line.plain.startswith("You said: is it ok?")


def test_the_turn_is_there_afterwards_and_out_is_left_alone(notebook):
    notebook.run("41 + 1")
    notebook.run("%%claude\nhello")
    assert notebook.run("print(_claude.text, _claude.state.value, _)").stdout == (
        "You said: hello done 42\n"
    )


def test_a_captured_cell_is_captured(notebook):
    run = notebook.run("%%capture caught\n%%claude\nhello")
    assert (run.status, run.kept) == ("ok", [])
    shown = notebook.run("caught.show()")
    assert "You said: hello" in shown.plain


def test_defaults_hold_for_every_cell_and_flags_win(notebook, api):
    notebook.run("%config ClaudeMagics.model = 'haiku'")
    try:
        notebook.run("%%claude\nhello")
        assert "haiku" in api.turns[-1].body["model"]
        notebook.run("%%claude --model sonnet\nhello")
        assert "sonnet" in api.turns[-1].body["model"]
    finally:
        notebook.run("%config ClaudeMagics.model = ''")


def test_the_folder_and_the_variables_of_the_kernel_are_claudes(notebook, home):
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
def test_help_tells_the_flags(notebook, cell):
    request = notebook.start(cell)
    reply = notebook.reply(request)
    (page,) = reply["payload"]
    text = page["data"]["text/plain"]
    for flag in ("--model", "--new", "--attach", "--plain", "await main()"):
        assert flag in text


def test_commands_of_the_cli_answer_in_the_cell(notebook, api):
    notebook.run("%%claude\nmy name is Ada")
    assert "loops carry over" in notebook.run("%claude /help clear").plain
    assert "was cleared" in notebook.run("%%claude\n/clear").plain
    notebook.run("%%claude\nwhat is my name?")
    assert "my name is Ada" not in str(api.turns[-1].body["messages"])


@pytest.mark.parametrize(
    ("flag", "said"), [("--max-turns 1", "number of turns"), ("--budget 0.00001", "budget")]
)
def test_a_bound_that_is_reached_is_no_error(notebook, flag, said):
    look = script(Use("Bash", {"command": "true"}), "never said")
    run = notebook.run(f"%%claude {flag} --allow Bash\n{look}")
    assert run.status == "ok"
    assert "Stopped" in run.plain
    assert said in run.plain


def test_a_picture_goes_along(notebook, api, home):
    pixel = (
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
        "rkJggg=="
    )
    (home / "work" / "my plot.png").write_bytes(base64.b64decode(pixel))
    assert notebook.run("%%claude --attach 'my plot.png'\nwhat is this?").status == "ok"
    asked = str(api.turns[-1].body["messages"])
    assert "'media_type': 'image/png'" in asked
    assert "what is this?" in asked


# --- errors --------------------------------------------------------------------------------------


def test_an_unknown_flag(notebook):
    run = failed(notebook.run("%%claude --modle opus\nhi"), "OptionsError")
    assert "--model" in run.plain


def test_an_empty_prompt(notebook):
    run = failed(notebook.run("%%claude --new\n  \n"), "OptionsError")
    assert "prompt is empty" in run.plain


def test_a_refusal_of_the_service(notebook):
    run = failed(notebook.run(f"%%claude\n{REFUSED}"), "PermissionDeniedError")
    assert "403" in run.plain
    assert notebook.run("%%claude\nagain").plain.startswith("You said: again")


def test_a_failed_cell_stops_those_that_wait(notebook):
    cells = [f"%%claude\n{REFUSED}", "print('never')", "%%claude\nnever"]
    requests = [notebook.start(cell) for cell in cells]
    runs = [notebook.wait(request) for request in requests]
    assert [run.status for run in runs] == ["error", "aborted", "aborted"]
    assert notebook.run("print('later')").stdout == "later\n"


def test_cells_that_wait_run_in_order(notebook, api):
    requests = [notebook.start(f"%%claude\nnumber {number}") for number in (1, 2, 3)]
    assert [notebook.wait(request).status for request in requests] == ["ok"] * 3
    asked = str(api.turns[-1].body["messages"])
    assert asked.index("number 1") < asked.index("number 2") < asked.index("number 3")


def test_the_kernels_folder_is_gone(fresh, tmp_path):
    fresh.run("import os; os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')")
    run = failed(fresh.run("%%claude\nhi"), "WorkingDirectoryError")
    assert "%cd" in run.plain


# --- stop ----------------------------------------------------------------------------------------


BEGUN = "TurnWidget"
"""Stands in the first output of a turn."""


def stop(opened: Kernel, cell: str, times: int = 1, sign: str = "word word") -> Run:
    """Run a cell, and press the kernel's stop button once it has sent the sign to the page."""
    request = opened.start(cell)
    opened.wait_for(sign)
    for _ in range(times):
        opened.interrupt()
    return opened.wait(request)


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("before", ["", "%%time\n"], ids=["awaited", "blocking"])
def test_the_kernels_stop_button_ends_the_turn(notebook, before, times):
    run = failed(stop(notebook, f"{before}%%claude\n{SLOW}", times), "TurnInterrupted")
    assert "stopped" in run.plain
    assert "word word" in run.plain
    assert notebook.run("%%claude\nnext").plain.startswith("You said: next")


def test_a_stopped_cell_stops_those_that_wait(notebook):
    request = notebook.start(f"%%claude\n{SLOW}")
    waiting = notebook.start("print('never')")
    notebook.wait_for("word word")
    notebook.interrupt()
    assert notebook.wait(request).status == "error"
    assert notebook.wait(waiting).status == "aborted"


def test_a_turn_can_be_stopped_before_it_has_begun(notebook):
    failed(stop(notebook, f"%%claude\n{SLOW}", 1, BEGUN), "TurnInterrupted")
    assert "You said: next" in notebook.run("%%claude\nnext").plain


@pytest.mark.parametrize("times", [1, 3])
def test_a_cli_that_hangs_is_stopped_too(fresh, times):
    fresh.run("%%claude\nhello")
    pid = int(fresh.run("print(_claude.conversation.pid)").stdout)
    os.kill(pid, signal.SIGSTOP)
    failed(stop(fresh, "%%claude\nare you there?", times, BEGUN), "TurnInterrupted")
    assert fresh.run("%%claude\nnext").plain.startswith("You said: next")
    assert until(lambda: not is_alive(pid))


def test_a_killed_cli_fails_its_cell_and_the_next_one_works(fresh):
    request = fresh.start(f"%%claude\n{SLOW}")
    fresh.wait_for("word word")
    (cli,) = until(lambda: [p for p in living_at(fresh.home) if p.name() == "claude"])
    cli.kill()
    run = failed(fresh.wait(request), "ProcessError")
    assert "killed" in run.plain
    again = fresh.run("%%claude\nnext")
    assert "You said: next" in again.plain


# --- the end of a kernel -------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["restart", "shutdown", "kill -9"])
def test_nothing_is_left_of_a_kernel_that_ends(api, tmp_path, claude_cli, how):
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


def test_a_restarted_kernel_goes_on_with_the_notebooks_conversation(fresh, api):
    fresh.run("%%claude\nmy name is Ada")
    fresh.restart()
    fresh.run("%load_ext claude_notebook")
    run = fresh.run("%%claude\nwhat is my name?")
    assert "my name is Ada" in str(api.turns[-1].body["messages"])
    assert "Goes on with this notebook's conversation" in run.plain
    assert "--new" in run.plain
    assert "Goes on" not in fresh.run("%%claude\nand now?").plain
    # Each cell has its own cost. The conversation's is two such turns, and a third one
    # when the old process could save its accounts before the kernel's end was due.
    spent = float(fresh.run("r = _claude.result; print(r.total_cost_usd / r.cost_usd)").stdout)
    assert spent == pytest.approx(3 if spent > 2.5 else 2, rel=0.1)


def test_loaded_twice_and_unloaded(fresh):
    assert fresh.run("%load_ext claude_notebook\n%reload_ext claude_notebook").status == "ok"
    assert fresh.run("%%claude\nhello").plain.startswith("You said: hello")
    fresh.run("%unload_ext claude_notebook")
    assert fresh.run("%%claude\nhello").status == "error"
    assert fresh.run("1 + 1").plain == "2"
    until(lambda: not [p for p in living_at(fresh.home) if p.name() == "claude"])
