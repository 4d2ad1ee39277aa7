"""Subcommand runs: limited in time, without input, leaving nothing behind."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import anyio
import psutil
import pytest

from claude_notebook.cli.subcommands.runner import CommandOutput, run_subcommand
from claude_notebook.errors import CLINotUsableError, ProcessError, WorkingDirectoryError

pytestmark = pytest.mark.anyio

HELP = """\
Usage: claude

Commands:
  doctor          looks
  mcp [options]   serves
  update|upgrade  news
"""

MakeCLI = Callable[..., str]


@pytest.fixture
def make_cli(tmp_path: Path) -> MakeCLI:
    """Create a fake CLI that lists its subcommands and runs `body`.

    It hangs, ignores signals or leaves children behind, which the real CLI does not.
    """

    def make(body: str = "", commands: str = HELP) -> str:
        path = tmp_path / f"claude-{len(os.listdir(tmp_path))}"
        path.write_text(
            f"#!{sys.executable}\nimport os, signal, subprocess, sys, time\n"
            f"if sys.argv[1:] == ['--help']:\n    print({commands!r})\n    sys.exit()\n{body}\n"
        )
        path.chmod(0o755)
        return str(path)

    return make


def assert_gone(*pids: int) -> None:
    """Wait until killed processes vanish."""
    processes = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
    _, alive = psutil.wait_procs(processes, timeout=10)
    assert [each for each in alive if each.status() != psutil.STATUS_ZOMBIE] == []


async def wait_for_text(path: Path) -> str:
    """Wait for a file and return its text."""
    for _ in range(500):
        if await anyio.Path(path).exists() and (text := await anyio.Path(path).read_text()):
            return text
        await anyio.sleep(0.02)
    raise AssertionError(f"{path} was never written")


async def run(path: str, *arguments: str, timeout: float = 20, **options: object) -> CommandOutput:
    return await run_subcommand(path, arguments, timeout=timeout, **options)


async def test_run_subcommand_returns_output_and_exit_code(make_cli: MakeCLI) -> None:
    path = make_cli("print(sys.argv[1:]); print('careful', file=sys.stderr)")
    output = await run(path, "mcp", "list")
    assert output == "['mcp', 'list']"
    assert output.ok
    assert output.stderr == "careful"


async def test_run_subcommand_failure_includes_both_outputs(make_cli: MakeCLI) -> None:
    path = make_cli("print('one'); print('two', file=sys.stderr); sys.exit(3)")
    output = await run(path, "mcp")
    assert (output, output.exit_code, output.ok) == ("one\ntwo", 3, False)
    with pytest.raises(ProcessError) as error:
        await run(path, "mcp", "list", check=True)
    assert error.value.exit_code == 3
    assert "`claude mcp list` failed" in str(error.value)
    assert "two" in str(error.value)


async def test_run_subcommand_falls_back_to_stderr(make_cli: MakeCLI) -> None:
    assert await run(make_cli("print('usage', file=sys.stderr)"), "mcp") == "usage"


async def test_run_subcommand_passes_no_input_and_no_marker(
    make_cli: MakeCLI, tmp_path: Path
) -> None:
    path = make_cli("print(repr(sys.stdin.read()), os.environ.get('CLAUDECODE'), os.getcwd())")
    environment = {**os.environ, "CLAUDECODE": "1"}
    assert await run(path, "mcp", env=environment, cwd=tmp_path) == f"'' None {tmp_path}"


@pytest.mark.parametrize(
    "commands",
    [
        "Usage: claude\n\nCommands:\n  doctor   looks\n",
        "mcp is no command here",
        "",
        "Usage\n\nCommands:\n      mcp  in the text of another\n",
    ],
)
async def test_run_subcommand_rejects_unknown_word(
    make_cli: MakeCLI, tmp_path: Path, commands: str
) -> None:
    """It would send the word as a prompt."""
    mark = tmp_path / "ran"
    path = make_cli(f"open({str(mark)!r}, 'w')", commands)
    with pytest.raises(CLINotUsableError, match="does not have the subcommand 'mcp'"):
        await run(path, "mcp", "list")
    assert not mark.exists()


async def test_run_subcommand_reads_help_of_replaced_binary(make_cli: MakeCLI) -> None:
    path = make_cli(commands="nothing")
    with pytest.raises(CLINotUsableError):
        await run(path, "upgrade")
    newer = make_cli("print('new')")
    os.replace(newer, path)
    os.utime(path, (1, 1))
    assert await run(path, "upgrade") == "new"


async def test_run_subcommand_reports_start_failure(tmp_path: Path, make_cli: MakeCLI) -> None:
    path = tmp_path / "claude"
    path.write_bytes(b"\x7fELF nonsense")
    path.chmod(0o755)
    with pytest.raises(CLINotUsableError, match="--help does not work"):
        await run(str(path), "mcp")
    with pytest.raises(WorkingDirectoryError, match="is not a folder"):
        await run(make_cli(), "mcp", cwd=tmp_path / "nowhere")


STUBBORN = """
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open({pids!r}, "w").write(f"{{os.getpid()}} {{child.pid}}")
print("begun", flush=True)
time.sleep(600)
"""


async def test_run_subcommand_timeout_kills_children(make_cli: MakeCLI, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    with pytest.raises(ProcessError, match="did not end within 1 s and was stopped"):
        await run(make_cli(STUBBORN.format(pids=str(pids))), "mcp", timeout=1)
    assert_gone(*map(int, pids.read_text().split()))


async def test_run_subcommand_cancellation_kills_children(
    make_cli: MakeCLI, tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    path = make_cli(STUBBORN.format(pids=str(pids)))
    async with anyio.create_task_group() as group:
        group.start_soon(run, path, "mcp")
        text = await wait_for_text(pids)
        group.cancel_scope.cancel()
    assert_gone(*map(int, text.split()))


async def test_run_subcommand_kills_surviving_child(make_cli: MakeCLI) -> None:
    """The real CLI leaves such processes behind: children of a server that ignore its exit."""
    path = make_cli(
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid)"
    )
    assert_gone(int(await run(path, "mcp")))


async def test_run_subcommand_starts_new_session(make_cli: MakeCLI) -> None:
    path = make_cli("print(os.getpid(), os.getsid(0))")
    pid, session = (await run(path, "mcp")).split()
    assert pid == session


async def test_run_subcommand_reports_signal(make_cli: MakeCLI) -> None:
    output = await run(make_cli("os.kill(os.getpid(), signal.SIGKILL)"), "mcp")
    assert output.exit_code == -signal.SIGKILL
