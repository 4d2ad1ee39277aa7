"""Turns in the background, in real kernels with the real CLI."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
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

REFUSED = script(Step("no", fails=Status(403)))
END_ALL = """
for job in get_ipython().magics_manager.registry["ClaudeMagics"].jobs:
    job.stop()
    try:
        await job
    except Exception:
        pass
"""
BUSY = script(Use("Bash", {"command": "tail -f /dev/null"}), "ok")


class Hold:
    """A command of a turn that runs until it is released."""

    def __init__(self, path: Path) -> None:
        self._path = path
        command = f"while [ ! -e {path} ]; do read -t 0.1 < <(:); done; echo went on"
        self.use = Use("Bash", {"command": command})

    def release(self) -> None:
        self._path.touch()


def environment(api: ScriptedAPI, home: Path, claude_cli: str) -> dict[str, str]:
    return {
        **clean_environment(api.url, home),
        "CLAUDE_CLI_PATH": claude_cli,
        "IPYTHONDIR": str(home / "ipython"),
        "JPY_SESSION_NAME": str(home / "work" / "a.ipynb"),
    }


@pytest.fixture(scope="module")
def api() -> Iterator[ScriptedAPI]:
    with ScriptedAPI() as api:
        yield api


@pytest.fixture(scope="module")
def opened(
    api: ScriptedAPI, tmp_path_factory: pytest.TempPathFactory, claude_cli: str
) -> Iterator[Kernel]:
    home = tmp_path_factory.mktemp("home")
    (home / "work").mkdir()
    with kernel(environment(api, home, claude_cli), home / "work") as opened:
        assert opened.run("%load_ext claude_notebook").status == "ok"
        yield opened


@pytest.fixture
def notebook(opened: Kernel) -> Iterator[Kernel]:
    """A kernel with the extension loaded; no background turn outlives a test."""
    opened.run("%claude /new")
    yield opened
    opened.answers = True
    opened.run(END_ALL)


@pytest.fixture
def hold(tmp_path: Path) -> Iterator[Hold]:
    hold = Hold(tmp_path / "go")
    yield hold
    hold.release()


def later(notebook: Kernel, run: Run, text: str) -> dict[str, Any]:
    """Return the output of a background turn in its cell, once it contains the text."""
    (display,) = run.displays
    while True:
        message = notebook.client.get_iopub_msg(timeout=60)
        content = message["content"]
        mine = content.get("transient", {}).get("display_id") == display
        # Without a page that shows the widget, the state so far is sent as well.
        if mine and text in content["data"]["text/plain"]:
            return content["data"]


def tails(home: str) -> int:
    """Count the running endless commands."""
    count = 0
    for process in living_at(home):
        with contextlib.suppress(psutil.Error):  # gone meanwhile
            count += process.name() == "tail"
    return count


def output_of(run: Run) -> str:
    assert run.status == "ok", run.evalue
    return run.stdout.strip()


def request_with(api: ScriptedAPI, prompt: str) -> str:
    """Return the first request whose conversation contains a prompt."""
    conversations = (str(turn.body["messages"]) for turn in api.turns)
    return next(conversation for conversation in conversations if prompt in conversation)


# -------------------------------------------------------------------------------------------------


def test_job_cell_ends_at_once_and_its_panel_stays_live(notebook, hold):
    prompt = script(["Begun.", hold.use], "The **end**.")
    run = notebook.run(f"%%claude --bg --as job --allow Bash\n{prompt}")
    assert run.status == "ok"
    assert "application/vnd.jupyter.widget-view+json" in run.bundles[0]
    assert len(run.kept) == 1
    assert (
        output_of(notebook.run("print(job.state, job is _claude, job.done)"))
        == "running True False"
    )
    hold.release()
    kept = later(notebook, run, "The **end**.")
    assert set(kept) == {"text/html", "text/markdown", "text/plain"}
    assert "<strong>end</strong>" in kept["text/html"]
    assert output_of(notebook.run("print(await job)")) == "Begun.\n\nThe **end**."
    facts = "print(job.state, job.done, job.text == await job, job.result.cost_usd == job.cost_usd)"
    assert output_of(notebook.run(facts)) == "done True True True"
    assert "done" in notebook.run("job").plain


def test_job_works_on_a_copy_of_the_conversation(notebook, api):
    notebook.run("%%claude\nmy name is Ada")
    assert output_of(notebook.run("job = %claude --bg what is her name?\nprint(await job)"))
    assert "my name is Ada" in request_with(api, "what is her name?")
    notebook.run("%%claude\nand what else?")
    assert "my name is Ada" in request_with(api, "and what else?")
    assert "her name" not in request_with(api, "and what else?")
    conversation = output_of(notebook.run("print(job.session_id)"))
    notebook.run(f"%%claude --bg --as again --resume {conversation}\nwhat did I just ask?")
    assert output_of(notebook.run("print(await again)"))
    assert "her name" in request_with(api, "what did I just ask?")
    notebook.run("%%claude --bg --new --as other\nwho am I?")
    notebook.run("await other")
    assert "Ada" not in request_with(api, "who am I?")


def test_job_uses_the_same_conversation_in_order_on_demand(notebook, api, hold):
    first = script(["One.", hold.use], "Two.")
    notebook.run(f"%%claude --bg --same --as a --allow Bash\n{first}")
    notebook.run("%%claude --bg --same --as b\nwhat came before?")
    until(lambda: "One." in output_of(notebook.run("print(a.text)")), 60)
    assert output_of(notebook.run("print(b.state)")) == "queued"
    waiting = notebook.start("%%claude\nand at last?")
    hold.release()
    assert notebook.wait(waiting).status == "ok"
    assert output_of(notebook.run("print(a.state, b.state)")) == "done done"
    assert "went on" in request_with(api, "what came before?")
    assert "what came before?" in request_with(api, "and at last?")


def test_jobs_run_several_at_a_time_up_to_a_bound(notebook, hold):
    prompt = script(["Begun.", hold.use], "The end.")
    notebook.run("%config ClaudeMagics.max_background = 2")
    for name in "ab":
        notebook.run(f"%%claude --bg --as {name} --allow Bash\n{prompt}")
    assert notebook.run("%%claude\nmeanwhile?").plain.startswith("You said: meanwhile?")
    refused = notebook.run("%%claude --bg\nhello")
    assert refused.error == "OptionsError"
    assert "max_background = 4" in refused.plain
    listed = notebook.run("%claude /jobs").plain
    assert listed.count("running") == 2
    number = output_of(notebook.run("print(a.number)"))
    assert f"Stopped: {number}." in notebook.run(f"%claude /stop {number}").plain
    waited = notebook.run("await a")
    assert waited.error == "TurnInterrupted"
    hold.release()
    assert "The end." in output_of(notebook.run("print(await b, a.state, b.state)"))
    assert "No background turn is running" in notebook.run("%claude /stop").plain
    notebook.run("%config ClaudeMagics.max_background = 4")


def test_job_failure_is_shown_in_the_panel_and_raised_by_await(notebook):
    run = notebook.run(f"%%claude --bg --as job\n{REFUSED}")
    assert run.status == "ok"
    assert later(notebook, run, "403")
    waited = notebook.run("await job")
    assert waited.error == "PermissionDeniedError"
    assert output_of(notebook.run("print(job.state, job.error.status)")) == "failed 403"


@pytest.mark.parametrize("cell", ["await job", "while True: pass"])
def test_job_survives_an_interrupt_of_the_kernel(notebook, hold, cell):
    notebook.run(f"%%claude --bg --as job --allow Bash\n{script(['Begun.', hold.use], 'End.')}")
    request = notebook.start(f"print('here', flush=True)\n{cell}")
    notebook.wait_for("here")
    notebook.interrupt()
    run = notebook.wait(request)
    assert run.status == "error"
    if cell == "await job":
        (line,) = run.traceback
        assert "keeps running" in line
        assert "/stop" in line
    assert output_of(notebook.run("print(job.state)")) == "running"
    notebook.run("job.stop()")
    assert notebook.run("await job").error == "TurnInterrupted"


def test_job_without_a_person_is_shown_by_the_cell_that_awaits_it(notebook, tmp_path):
    notebook.answers = False
    touch = script(Use("Bash", {"command": f"touch {tmp_path / 'made'}"}), "The end.")
    run = notebook.run(f"%%claude --bg --as job\n{touch}")
    assert "in the background" in run.plain
    waited = notebook.run("await job")
    assert "--allow" in waited.plain
    assert "The end." in waited.plain
    assert notebook.run("await job").plain == "'The end.'", "shown once"
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "line", ["--same", "--as job", "--bg --as 2nd", "--bg --same --new", "--bg --same --resume x"]
)
def test_job_rejects_contradictory_flags(notebook, line):
    assert notebook.run(f"%%claude {line}\nhello").error == "OptionsError"


def test_jobs_leave_nothing_after_a_restart(api, tmp_path, claude_cli):
    (tmp_path / "work").mkdir()
    with kernel(environment(api, tmp_path, claude_cli), tmp_path / "work") as opened:
        opened.run("%load_ext claude_notebook")
        for _ in range(2):
            opened.run(f"%%claude --bg --allow Bash\n{BUSY}")
        until(lambda: tails(str(tmp_path)) == 2, 60)
        started = [p.pid for p in living_at(str(tmp_path)) if p.pid != opened.pid]
        assert len(started) >= 4, "two CLIs and their commands"
        opened.restart()
        until(lambda: not any(is_alive(pid) for pid in started), 60)
