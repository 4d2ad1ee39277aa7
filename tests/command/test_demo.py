"""`claude-notebook demo`: guides, advice, and a Jupyter that ends when it is told to."""

import json
import os
import pty
import re
import select
import signal
import socket
import sys
import time
import urllib.request
import venv
from pathlib import Path

import lazy_loader
import psutil
import pytest

import claude_notebook
from claude_notebook.command.demo import (
    chosen,
    copy_guides,
    guides_folder,
    not_run,
    playing,
    signed_in,
)
from claude_notebook.errors import OptionsError

FIRST = "01_first_question.ipynb"


# --- the guides -----------------------------------------------------------------------------------


def test_the_guides_come_to_a_new_folder_each_time(run, here: Path) -> None:
    first = run("demo")
    assert f"The guides are in {here / 'claude-notebook-demo'} " in first.stdout
    mine = here / "claude-notebook-demo" / FIRST
    assert json.loads(mine.read_text())["nbformat"] == 4
    mine.write_text("my own notes")

    second = run("demo")
    assert f"The guides are in {here / 'claude-notebook-demo-2'} " in second.stdout
    assert (here / "claude-notebook-demo-2" / FIRST).stat().st_size > 1000
    assert mine.read_text() == "my own notes"


def test_a_named_folder_is_made_and_what_is_there_stays(run, here: Path) -> None:
    assert run("demo", "--dir", "a/b").returncode == 0
    mine = here / "a" / "b" / FIRST
    mine.write_text("my own notes")
    again = run("demo", "--dir", "a/b")
    assert again.returncode == 0
    assert mine.read_text() == "my own notes"
    assert json.loads(again.stdout.splitlines()[-1])[0] == str(here / "a" / "b")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder nobody may write to")
def test_where_nothing_can_be_written_the_guides_go_home(run, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    done = run("demo", cwd=Path("/proc"), HOME=str(home))
    assert done.returncode == 0, done.stderr
    assert (home / "claude-notebook-demo" / FIRST).is_file()


def test_a_folder_that_cannot_be_is_refused_with_a_way_out(run, here: Path) -> None:
    (here / "file").write_text("")
    done = run("demo", "--dir", "file/guides")
    assert done.returncode == 1
    assert done.stderr.startswith("claude-notebook: The guides cannot be written to ")
    assert "--dir" in done.stderr
    assert "Traceback" not in done.stderr
    with pytest.raises(OptionsError) as refused:
        copy_guides(guides_folder(), here / "file")
    assert refused.value.field == "dir"


def test_hidden_files_stay_behind_and_a_copy_can_be_changed(tmp_path: Path) -> None:
    source = tmp_path / "source"
    hidden = (".ipynb_checkpoints/02_b.ipynb", "__pycache__/conftest.pyc")
    for name in ("10_z.ipynb", "02_b.ipynb", "images/a.png", *hidden):
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        path.chmod(0o444)
    folder = copy_guides(source, tmp_path / "copy")
    copied = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert copied == {"10_z.ipynb", "02_b.ipynb", "images/a.png"}
    assert (folder / "02_b.ipynb").stat().st_mode & 0o200, "a copy is there to be changed"


def test_guides_are_chosen_by_their_numbers(run, tmp_path: Path) -> None:
    for name in ("10_z.ipynb", "02_b.ipynb", "07_c.ipynb", "notes.ipynb"):
        (tmp_path / name).write_text("")

    def names(*numbers: int) -> list[str]:
        return [path.name for path in chosen(tmp_path, numbers)]

    assert names() == ["02_b.ipynb", "07_c.ipynb", "10_z.ipynb"]
    assert names(10, 2) == ["02_b.ipynb", "10_z.ipynb"]
    with pytest.raises(OptionsError, match=r"no guide 3\. Choose from 2 to 10"):
        names(2, 3)

    opened = json.loads(run("demo", "--guide", "2").stdout.splitlines()[-1])
    assert any(one.startswith("--LabApp.default_url=/lab/tree/02_") for one in opened)


def test_the_guides_come_without_their_answers(run, here: Path) -> None:
    """They are there to be run."""
    source = json.loads((guides_folder() / FIRST).read_text(encoding="utf-8"))
    assert run("demo").returncode == 0
    copy = json.loads((here / "claude-notebook-demo" / FIRST).read_text(encoding="utf-8"))
    assert [cell["source"] for cell in copy["cells"]] == [
        cell["source"] for cell in source["cells"]
    ]
    code = [cell for cell in copy["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert not_run("no notebook") == "no notebook"


def test_the_guides_play_their_recordings(run, here: Path) -> None:
    assert run("demo").returncode == 0
    folder = here / "claude-notebook-demo"
    assert len(list((folder / "cassettes").glob("*.jsonl"))) >= 20
    assert playing(folder) == {
        "CLAUDE_NOTEBOOK_REPLAY": "auto",
        "CLAUDE_NOTEBOOK_APPLY": str(folder),
    }


# --- what is missing ------------------------------------------------------------------------------


def test_everything_that_is_missing_is_told_at_once(run, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", symlinks=True)
    modules = tmp_path / "bare"
    modules.mkdir()
    for module in (claude_notebook, lazy_loader):
        folder = Path(module.__file__).parent
        (modules / folder.name).symlink_to(folder)
    done = run(
        "demo",
        python=str(tmp_path / "venv" / "bin" / "python"),
        PYTHONPATH=str(modules),
    )
    assert done.returncode == 1
    assert "JupyterLab is not installed. Install it with:\n  python -m pip install" in done.stderr
    assert "kernel is not installed. Install it with:\n  python -m pip install" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""

    alone = {"python": str(tmp_path / "venv" / "bin" / "python"), "PYTHONPATH": str(modules)}
    headless = run("demo", "--execute", "a.ipynb", "--html", "a.html", **alone)
    assert headless.returncode == 1
    for name in ("nbclient", "nbconvert", "The Python kernel"):
        assert f"{name} is not installed. Install it with:\n  python -m pip" in headless.stderr


def test_without_the_cli_the_demo_opens_and_says_how_to_get_it(run) -> None:
    done = run("demo", CLAUDE_CLI_PATH="/nowhere/claude")
    assert done.returncode == 0
    told = " ".join(done.stdout.split())
    assert "CLAUDE_CLI_PATH names /nowhere/claude, which is no file. Correct it" in told
    assert "The guides play recordings, so they work as they are." in told
    assert done.stdout.splitlines()[-1].startswith("[")


# --- signed in or not -----------------------------------------------------------------------------


@pytest.mark.parametrize(("exit_code", "answer"), [(0, True), (1, False), (2, True)])
def test_the_cli_is_asked_who_is_signed_in(stub_cli, exit_code: int, answer: bool) -> None:
    assert signed_in(stub_cli(exit_code), {}) is answer


@pytest.mark.parametrize(
    "name", ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"]
)
def test_a_key_in_the_environment_is_enough(stub_cli, name: str) -> None:
    assert signed_in(stub_cli(1), {name: "dummy"})
    assert not signed_in(stub_cli(1), {name: ""})


def test_a_cli_that_cannot_run_is_no_reason_to_ask_for_a_login(tmp_path: Path) -> None:
    assert signed_in(str(tmp_path / "nothing"), {})


def test_without_a_login_the_real_cli_says_so_and_the_demo_opens_all_the_same(
    run, claude_cli: str, claude_env: dict[str, str]
) -> None:
    isolated = {**claude_env, "CLAUDE_CLI_PATH": claude_cli}
    with_key = run("demo", **isolated)
    assert "Nobody is signed in" not in with_key.stdout
    without = run("demo", **{**isolated, "ANTHROPIC_API_KEY": ""})
    assert "Nobody is signed in to Claude here yet." in without.stdout
    assert f"{claude_cli} auth login" in without.stdout
    assert "export ANTHROPIC_API_KEY=" in without.stdout
    assert without.returncode == 0
    assert json.loads(without.stdout.splitlines()[-1])[0].endswith("claude-notebook-demo-2")


# --- the real Jupyter, in a terminal --------------------------------------------------------------


class Terminal:
    """A process with a terminal of its own."""

    def __init__(self, arguments: list[str], cwd: Path, env: dict[str, str]) -> None:
        self.output = ""
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            try:
                os.chdir(cwd)
                os.execve(arguments[0], arguments, env)
            finally:
                os._exit(127)

    def read_until(self, pattern: str, seconds: float = 60) -> re.Match[str]:
        """Waits until the output matches."""
        end = time.monotonic() + seconds
        while (match := re.search(pattern, self.output)) is None:
            assert time.monotonic() < end, f"no {pattern!r} in:\n{self.output}"
            assert self._read(), f"ended without {pattern!r}:\n{self.output}"
        return match

    def type(self, keys: bytes) -> None:
        os.write(self._terminal, keys)

    def wait(self) -> int:
        """Reads to the end. Returns the exit code."""
        while self._read():
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def close(self) -> None:
        if psutil.pid_exists(self.pid):
            os.killpg(self.pid, signal.SIGKILL)
        os.close(self._terminal)

    def _read(self) -> bool:
        if not select.select([self._terminal], [], [], 0.5)[0]:
            return True
        try:
            chunk = os.read(self._terminal, 65536)
        except OSError:  # how Linux says that the other side is closed
            return False
        self.output += chunk.decode(errors="replace")
        return bool(chunk)


@pytest.fixture
def demo(here: Path, stub_cli):
    arguments = ["demo", "--no-browser", "--port=0", "--allow-root"]
    terminal = Terminal(
        [sys.executable, "-m", "claude_notebook.command.main", *arguments],
        here,
        {**os.environ, "CLAUDE_CLI_PATH": stub_cli(0)},
    )
    yield terminal
    terminal.close()


def _listens(address: str) -> bool:
    host, port = address.removeprefix("http://").split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


@pytest.mark.kernel
def test_jupyterlab_opens_on_the_first_notebook_and_one_ctrl_c_ends_it(demo: Terminal) -> None:
    found = demo.read_until(r"(http://127\.0\.0\.1:\d+)/lab/tree/(\S+)\?token=(\w+)")
    address, notebook, token = found.groups()
    assert notebook == FIRST

    def ask(path: str, body: bytes | None = None):
        request = urllib.request.Request(
            f"{address}/api/{path}", data=body, headers={"Authorization": f"token {token}"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    # The address is told a moment before anybody listens there.
    demo.read_until("To access the server")
    while not _listens(address):
        time.sleep(0.05)
    assert ask(f"contents/{FIRST}")["content"]["nbformat"] == 4
    ask("kernels", b'{"name": "python3"}')
    processes = psutil.Process(demo.pid).children(recursive=True)
    assert processes, "the kernel"

    demo.type(b"\x03")
    assert demo.wait() == 0
    assert "Shutting down 1 kernel" in demo.output
    _, alive = psutil.wait_procs(processes, timeout=10)
    assert not alive
