"""`claude-notebook demo`: guides, setup instructions, and Jupyter in a terminal."""

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
    copy_guides,
    guides_folder,
    is_signed_in,
    replay_environment,
    select_guides,
    without_outputs,
)
from claude_notebook.errors import OptionsError

FIRST = "01_first_question.ipynb"


# --- the guides -----------------------------------------------------------------------------------


def test_demo_copies_guides_to_new_folder_each_time(run, here: Path) -> None:
    first = run("demo")
    assert f"The guides are in {here / 'claude-notebook-demo'}. " in first.stdout
    mine = here / "claude-notebook-demo" / FIRST
    assert json.loads(mine.read_text())["nbformat"] == 4
    mine.write_text("my own notes")

    second = run("demo")
    assert f"The guides are in {here / 'claude-notebook-demo-2'}. " in second.stdout
    assert (here / "claude-notebook-demo-2" / FIRST).stat().st_size > 1000
    assert mine.read_text() == "my own notes"


def test_demo_dir_keeps_existing_files(run, here: Path) -> None:
    assert run("demo", "--dir", "a/b").returncode == 0
    mine = here / "a" / "b" / FIRST
    mine.write_text("my own notes")
    again = run("demo", "--dir", "a/b")
    assert again.returncode == 0
    assert mine.read_text() == "my own notes"
    assert json.loads(again.stdout.splitlines()[-1])[0] == str(here / "a" / "b")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs an unwritable folder")
def test_demo_falls_back_to_home_folder(run, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    process = run("demo", cwd=Path("/proc"), HOME=str(home))
    assert process.returncode == 0, process.stderr
    assert (home / "claude-notebook-demo" / FIRST).is_file()


def test_demo_rejects_unwritable_folder_with_advice(run, here: Path) -> None:
    (here / "file").write_text("")
    process = run("demo", "--dir", "file/guides")
    assert process.returncode == 1
    assert process.stderr.startswith("claude-notebook: The guides cannot be written to ")
    assert "--dir" in process.stderr
    assert "Traceback" not in process.stderr
    with pytest.raises(OptionsError) as refused:
        copy_guides(guides_folder(), here / "file")
    assert refused.value.field == "dir"


def test_copy_guides_skips_hidden_files_and_makes_copies_writable(tmp_path: Path) -> None:
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


def test_select_guides_by_number(run, tmp_path: Path) -> None:
    for name in ("10_z.ipynb", "02_b.ipynb", "07_c.ipynb", "notes.ipynb"):
        (tmp_path / name).write_text("")

    def names(*numbers: int) -> list[str]:
        return [path.name for path in select_guides(tmp_path, numbers)]

    assert names() == ["02_b.ipynb", "07_c.ipynb", "10_z.ipynb"]
    assert names(10, 2) == ["02_b.ipynb", "10_z.ipynb"]
    with pytest.raises(OptionsError, match=r"no guide 3\. Choose from 2 to 10"):
        names(2, 3)

    opened = json.loads(run("demo", "--guide", "2").stdout.splitlines()[-1])
    assert any(option.startswith("--LabApp.default_url=/lab/tree/02_") for option in opened)


def test_demo_clears_outputs_of_guides(run, here: Path) -> None:
    """Readers are meant to run them."""
    source = json.loads((guides_folder() / FIRST).read_text(encoding="utf-8"))
    assert run("demo").returncode == 0
    copy = json.loads((here / "claude-notebook-demo" / FIRST).read_text(encoding="utf-8"))
    assert [cell["source"] for cell in copy["cells"]] == [
        cell["source"] for cell in source["cells"]
    ]
    code = [cell for cell in copy["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert without_outputs("no notebook") == "no notebook"


def test_demo_guides_play_recordings(run, here: Path) -> None:
    assert run("demo").returncode == 0
    folder = here / "claude-notebook-demo"
    assert len(list((folder / "cassettes").glob("*.jsonl"))) >= 20
    assert replay_environment(folder) == {
        "CLAUDE_NOTEBOOK_REPLAY": "auto",
        "CLAUDE_NOTEBOOK_APPLY": str(folder),
    }


# --- requirements ---------------------------------------------------------------------------------


def test_demo_lists_all_missing_packages(run, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", symlinks=True)
    modules = tmp_path / "bare"
    modules.mkdir()
    for module in (claude_notebook, lazy_loader):
        folder = Path(module.__file__).parent
        (modules / folder.name).symlink_to(folder)
    process = run(
        "demo",
        python=str(tmp_path / "venv" / "bin" / "python"),
        PYTHONPATH=str(modules),
    )
    assert process.returncode == 1
    assert (
        "JupyterLab is not installed. Install it with:\n  python -m pip install" in process.stderr
    )
    assert "kernel is not installed. Install it with:\n  python -m pip install" in process.stderr
    assert "Traceback" not in process.stderr
    assert process.stdout == ""

    alone = {"python": str(tmp_path / "venv" / "bin" / "python"), "PYTHONPATH": str(modules)}
    headless = run("demo", "--execute", "a.ipynb", "--html", "a.html", **alone)
    assert headless.returncode == 1
    for name in ("nbclient", "nbconvert", "The Python kernel"):
        assert f"{name} is not installed. Install it with:\n  python -m pip" in headless.stderr


def test_demo_opens_without_cli(run) -> None:
    process = run("demo", CLAUDE_CLI_PATH="/nowhere/claude")
    assert process.returncode == 0
    output = " ".join(process.stdout.split())
    assert "CLAUDE_CLI_PATH is set to /nowhere/claude, which is not a file. Correct" in output
    assert "The guides play recordings, so they work without setup." in output
    assert process.stdout.splitlines()[-1].startswith("[")


# --- sign-in --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("exit_code", "expected"), [(0, True), (1, False), (2, True)])
def test_is_signed_in_follows_cli_status(stub_cli, exit_code: int, expected: bool) -> None:
    assert is_signed_in(stub_cli(exit_code), {}) is expected


@pytest.mark.parametrize(
    "name", ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"]
)
def test_is_signed_in_accepts_key_in_environment(stub_cli, name: str) -> None:
    assert is_signed_in(stub_cli(1), {name: "dummy"})
    assert not is_signed_in(stub_cli(1), {name: ""})


def test_is_signed_in_assumes_true_for_broken_cli(tmp_path: Path) -> None:
    assert is_signed_in(str(tmp_path / "nothing"), {})


def test_demo_opens_without_login(run, claude_cli: str, claude_env: dict[str, str]) -> None:
    isolated = {**claude_env, "CLAUDE_CLI_PATH": claude_cli}
    with_key = run("demo", **isolated)
    assert "not signed in" not in with_key.stdout
    without = run("demo", **{**isolated, "ANTHROPIC_API_KEY": ""})
    assert "You are not signed in to Claude." in without.stdout
    assert f"{claude_cli} auth login" in without.stdout
    assert "export ANTHROPIC_API_KEY=" in without.stdout
    assert without.returncode == 0
    assert json.loads(without.stdout.splitlines()[-1])[0].endswith("claude-notebook-demo-2")


# --- the real Jupyter, in a terminal --------------------------------------------------------------


class Terminal:
    """A process in its own terminal."""

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
        """Wait until the output matches."""
        end = time.monotonic() + seconds
        while (match := re.search(pattern, self.output)) is None:
            assert time.monotonic() < end, f"no {pattern!r} in:\n{self.output}"
            assert self._read(), f"ended without {pattern!r}:\n{self.output}"
        return match

    def type(self, keys: bytes) -> None:
        os.write(self._terminal, keys)

    def wait(self) -> int:
        """Read to the end and return the exit code."""
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
        except OSError:  # the other side is closed (Linux)
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
def test_demo_opens_first_guide_and_stops_on_ctrl_c(demo: Terminal) -> None:
    match = demo.read_until(r"(http://127\.0\.0\.1:\d+)/lab/tree/(\S+)\?token=(\w+)")
    address, notebook, token = match.groups()
    assert notebook == FIRST

    def ask(path: str, body: bytes | None = None):
        request = urllib.request.Request(
            f"{address}/api/{path}", data=body, headers={"Authorization": f"token {token}"}
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    # Jupyter prints the address shortly before the server listens.
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
