"""The CLI as a child process: real processes that behave badly, and nothing left of them."""

import contextlib
import errno
import logging
import os
import resource
import signal
import subprocess
import sys
import threading

import anyio
import anyio.lowlevel
import psutil
import pytest
from processes import HIDES, guardians_of, left_of, lives, python, until

from claude_notebook.errors import (
    CLIConnectionError,
    CLINotFoundError,
    CLINotUsableError,
    TransportClosedError,
    WorkingDirectoryError,
)
from claude_notebook.transport import ProcessTransport
from claude_notebook.transport.pipes import STDERR_LIMIT

pytestmark = pytest.mark.anyio

# --- programs that replace the CLI -----------------------------------------------------

ECHO = "import sys\nfor line in sys.stdin.buffer: sys.stdout.buffer.write(line); sys.stdout.flush()"
READY = "import os, sys, time, signal\nprint('ready', flush=True)\n"
IGNORES_EOF = READY + "time.sleep(60)"
IGNORES_ALL = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + IGNORES_EOF
LEAVES_AT_TERM = (
    "import signal, sys\n"
    "signal.signal(signal.SIGTERM, lambda *_: (sys.stderr.write('told'), sys.exit(3)))\n"
) + IGNORES_EOF
# Another process in a session of its own, which holds all three pipes open.
WITH_CHILD = (
    "import subprocess, sys\n"
    "child = subprocess.Popen(['sleep', '60'], start_new_session=True)\n"
    "print(child.pid, flush=True)\n"
)
SLEEPS = "import time\ntime.sleep(60)"
WRITES_AT_EOF = READY + "sys.stdin.read()\nsys.stdout.write('x' * 5_000_000)"


async def start(code: str, *arguments: str, **options: object) -> ProcessTransport:
    transport = ProcessTransport(python(code, *arguments), **options)
    await transport.open()
    return transport


async def read_all(transport: ProcessTransport) -> bytes:
    data = b""
    while piece := await transport.receive():
        data += piece
    return data


async def read_line(transport: ProcessTransport) -> bytes:
    data = b""
    while not data.endswith(b"\n"):
        piece = await transport.receive()
        assert piece, data
        data += piece
    return data


async def gone(transport: ProcessTransport) -> bool:
    return await anyio.to_thread.run_sync(until, lambda: not left_of(transport))


# --- good weather ---------------------------------------------------------------------------------


async def test_process_echoes_input_and_ends():
    transport = await start(ECHO)
    assert until(lambda: transport.pid in left_of(transport))

    async def send_all() -> None:
        async with anyio.create_task_group() as senders:
            for number in range(20):
                senders.start_soon(transport.send, b"%d" % number * 50_000 + b"\n")
        await transport.send_eof()

    async with anyio.create_task_group() as group:
        group.start_soon(send_all)
        data = await read_all(transport)

    assert sorted(data.splitlines()) == sorted(b"%d" % n * 50_000 for n in range(20))
    assert await transport.receive() == b""
    assert await transport.wait() == 0
    await transport.aclose()
    assert (transport.exit_code, transport.stderr) == (0, "")
    assert left_of(transport) == guardians_of(transport) == []


async def test_process_gets_cwd_and_environment(tmp_path):
    code = "import os\nprint(os.getcwd(), os.environ['X'], 'HOME' in os.environ, os.getsid(0))"
    transport = await start(code, cwd=tmp_path, env={"X": "1"})

    cwd, variable, home, session = (await read_all(transport)).decode().split()
    await transport.aclose()

    assert (cwd, variable, home) == (str(tmp_path), "1", "False")
    assert int(session) == transport.pid != os.getsid(0)


# --- the end: end of file, then TERM, then KILL ---------------------------------------------------


@pytest.mark.parametrize(
    ("code", "exit_code", "stderr"),
    [
        (READY + "sys.stdin.read()", 0, ""),
        (WRITES_AT_EOF, 0, ""),
        (IGNORES_EOF, -signal.SIGTERM, ""),
        (LEAVES_AT_TERM, 3, "told"),
        (IGNORES_ALL, -signal.SIGKILL, ""),
        (WITH_CHILD + "sys.stdin.read()", 0, ""),
        (WITH_CHILD + SLEEPS, -signal.SIGTERM, ""),
        ("import os, sys\nprint(flush=True)\nos.close(0)\n" + SLEEPS, -signal.SIGTERM, ""),
    ],
    ids=["at EOF", "writes at EOF", "at TERM", "handles TERM", "KILL", "child", "TERM+child", "no"],
)
async def test_aclose_escalates_to_signals(code, exit_code, stderr):
    transport = await start(code)
    await read_line(transport)

    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            group.start_soon(_drain, transport)
            # A process that exits voluntarily gets enough time, even on a busy machine.
            await transport.aclose(grace=0.5 if exit_code else 30.0)

    assert (transport.exit_code, transport.stderr) == (exit_code, stderr)
    assert left_of(transport) == guardians_of(transport) == []


async def _drain(transport: ProcessTransport) -> None:
    with contextlib.suppress(TransportClosedError):
        await read_all(transport)


async def test_descendants_of_a_killed_cli_do_not_delay_the_end():
    transport = await start(WITH_CHILD + SLEEPS)
    child = int(await read_line(transport))
    # A program that has just been loaded shows its environment a moment later.
    both = {transport.pid, child}
    assert await anyio.to_thread.run_sync(until, lambda: set(left_of(transport)) == both)

    os.kill(transport.pid, signal.SIGKILL)
    with anyio.fail_after(10):
        assert await read_all(transport) == b""
        assert await transport.wait() == -signal.SIGKILL

    assert left_of(transport) == []
    await transport.aclose()


@pytest.mark.parametrize("code", [IGNORES_ALL, WITH_CHILD + SLEEPS])
async def test_kill_ends_all_descendants(code):
    transport = await start(code)
    await read_line(transport)

    transport.kill()

    assert await gone(transport)
    assert await transport.wait() == -signal.SIGKILL
    transport.kill()
    await transport.aclose()
    transport.kill()
    assert guardians_of(transport) == []


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="it hides a process as Linux can")


@on_linux
@pytest.mark.parametrize("ending", ["sys.stdin.read(); end()", SLEEPS], ids=["EOF", "TERM"])
async def test_aclose_ends_a_descendant_without_session_and_environment(ending):
    transport = await start(f"{HIDES}\n{ending}")
    hidden = int(await read_line(transport))

    await transport.aclose(grace=0.3)

    assert not lives(hidden)


@on_linux
async def test_cancelled_aclose_ends_a_descendant_without_session_and_environment():
    transport = await start(f"{HIDES}\n{SLEEPS}")
    hidden = int(await read_line(transport))

    with anyio.move_on_after(0.05):
        await transport.aclose(grace=0.2)

    assert await anyio.to_thread.run_sync(until, lambda: not lives(hidden))


async def test_concurrent_aclose_calls_wait_for_the_same_end():
    transport = await start(IGNORES_EOF)
    await read_line(transport)
    left = []

    async def close() -> None:
        await transport.aclose(grace=0.2)
        left.append(left_of(transport))

    async with anyio.create_task_group() as group:
        group.start_soon(close)
        group.start_soon(close)
    await transport.aclose()

    assert left == [[], []]


# --- cancelled callers ----------------------------------------------------------------------------


async def test_cancelled_aclose_still_ends_the_process():
    transport = await start(IGNORES_ALL)
    await read_line(transport)

    with anyio.move_on_after(0.05) as scope:
        await transport.aclose(grace=0.3)

    assert scope.cancelled_caught or transport.exit_code is not None
    assert left_of(transport) == guardians_of(transport) == []


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 5, 8, 13, 30])
async def test_cancelled_open_leaves_no_process(steps):
    transport = ProcessTransport(python(IGNORES_ALL))
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(_cancel_after, scope, steps)
            await transport.open()

    await transport.aclose(grace=0)

    assert await gone(transport)
    assert guardians_of(transport) == []


async def _cancel_after(scope: anyio.CancelScope, steps: int) -> None:
    for _ in range(steps):
        await anyio.lowlevel.checkpoint()
    scope.cancel()


async def test_cancelled_send_writes_all_data():
    transport = await start(READY + "time.sleep(0.3)\n" + ECHO)
    await read_line(transport)
    line = b"x" * 1_000_000 + b"\n"

    with anyio.move_on_after(0.01) as scope:
        await transport.send(line)
    assert scope.cancelled_caught
    async with anyio.create_task_group() as group:
        group.start_soon(transport.send, b"y\n")
        data = b""
        while not data.endswith(b"y\n"):
            data += await transport.receive()
    await transport.aclose()

    assert data == line + b"y\n"


# --- pipes that break -----------------------------------------------------------------------------


async def test_send_fails_if_the_process_closed_its_input():
    transport = await start("import os, time\nos.close(0)\nprint(flush=True)\ntime.sleep(60)")
    await read_line(transport)

    async def send_for_ever() -> None:
        while True:
            await transport.send(b"x" * 100_000)

    closed = pytest.raises(TransportClosedError, match="has stopped reading its input")
    with closed, anyio.fail_after(10):
        await send_for_ever()
    with pytest.raises(TransportClosedError, match="Connect again"):
        await transport.send(b"x")

    await transport.aclose(grace=0)
    assert left_of(transport) == []


async def test_full_pipe_does_not_delay_the_end():
    transport = await start(IGNORES_EOF)
    await read_line(transport)
    notes = []

    async def send() -> None:
        try:
            await transport.send(b"x" * 1_000_000)
        except TransportClosedError as error:
            notes.append(str(error))

    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            group.start_soon(send)
            group.start_soon(send)
            await anyio.sleep(0.1)
            await transport.aclose(grace=0.1)

    assert len(notes) == 2
    assert left_of(transport) == []


async def test_closed_transport_refuses_send_and_receive():
    transport = ProcessTransport(python(ECHO))
    assert (transport.pid, transport.exit_code, transport.stderr) == (None, None, "")
    assert await transport.wait() is None
    transport.kill()
    await transport.send_eof()
    for call in (transport.receive(), transport.send(b"x")):
        with pytest.raises(TransportClosedError, match="not open"):
            await call

    await transport.open()
    with pytest.raises(CLIConnectionError, match="already been opened"):
        await transport.open()
    await transport.send_eof()
    with pytest.raises(TransportClosedError):
        await transport.send(b"x")
    await transport.aclose()
    for call in (transport.receive(), transport.send(b"x")):
        with pytest.raises(TransportClosedError, match="closed"):
            await call

    never = ProcessTransport(python(ECHO))
    await never._read_last_words()
    await never.aclose()
    with pytest.raises(CLIConnectionError, match="Create a new one"):
        await never.open()


# --- standard error -------------------------------------------------------------------------------


async def test_stderr_keeps_the_last_part():
    transport = await start("import sys\nsys.stderr.write('é' * 500_000 + 'the end')")
    await read_all(transport)
    assert await transport.wait() == 0
    stderr = transport.stderr
    await transport.aclose()

    assert stderr.endswith("éthe end")
    assert len(stderr.encode()) <= STDERR_LIMIT + 2  # a cut character becomes a sign of 3 bytes


async def test_on_stderr_gets_each_line(caplog):
    lines = []

    def take(line: str) -> None:
        lines.append(line)
        if line == "bad":
            raise RuntimeError("not this one")

    code = r"import sys; sys.stderr.buffer.write(b'one\r\nbad\n\xff\nlast \xe2\x80\xa8 line\nrest')"
    transport = await start(code, on_stderr=take)
    await read_all(transport)
    with caplog.at_level(logging.ERROR):
        await transport.wait()
    await transport.aclose()

    assert lines == ["one", "bad", "\ufffd", "last \u2028 line"]
    assert "The stderr callback failed: RuntimeError" in caplog.text


# --- what cannot be started -----------------------------------------------------------------------


def _file(content: bytes, mode: int):
    def make(folder):
        path = folder / "claude"
        path.write_bytes(content)
        path.chmod(mode)
        return [str(path)], {}

    return make


OTHER_MACHINE = b"\x7fELF\x02\x01\x01" + b"\0" * 9 + b"\x02\x00\xf3\xf3" + b"\0" * 200

STARTS = {
    "missing": (lambda folder: ([f"{folder}/no"], {}), CLINotFoundError, "no program"),
    "not executable": (_file(b"#!/bin/sh\n", 0o644), CLINotUsableError, "chmod"),
    "a folder": (lambda folder: ([str(folder)], {}), CLINotUsableError, "not executable"),
    "wrong architecture": (_file(OTHER_MACHINE, 0o755), CLINotUsableError, "not a program for"),
    "empty": (_file(b"", 0o755), CLINotUsableError, "not a program for"),
    "no interpreter": (_file(b"#!/no/such/node\n", 0o755), CLINotUsableError, "interpreter"),
    "cwd missing": (
        lambda folder: (python(ECHO), {"cwd": folder / "no"}),
        WorkingDirectoryError,
        "does not exist",
    ),
    "cwd is a file": (
        lambda folder: (python(ECHO), {"cwd": __file__}),
        WorkingDirectoryError,
        "not a folder",
    ),
    "NUL": (lambda folder: ([*python(ECHO), "a\0b"], {}), CLIConnectionError, "null byte"),
    "surrogate": (lambda folder: ([*python(ECHO), "\ud800"], {}), CLIConnectionError, "encode"),
    "too long": (
        lambda folder: ([*python(ECHO), "x" * 3_000_000], {}),
        CLINotUsableError,
        "too long for a command line",
    ),
    "no such user": (
        lambda folder: (python(ECHO), {"user": "nobody-of-that-name"}),
        CLIConnectionError,
        "nobody-of-that-name",
    ),
}


@pytest.mark.parametrize(("make", "kind", "told"), STARTS.values(), ids=STARTS)
async def test_open_explains_a_failed_start(make, kind, told, tmp_path):
    argv, options = make(tmp_path)
    transport = ProcessTransport(argv, **options)

    with pytest.raises(kind, match=told) as caught:
        await transport.open()

    assert type(caught.value) is kind
    assert str(caught.value).endswith((".", "claude-agent-sdk", argv[0]))
    await transport.aclose()
    assert left_of(transport) == []


NOT_ROOT = """
import os, sys, anyio
from claude_notebook.transport import ProcessTransport
async def main():
    await anyio.to_thread.run_sync(os.getpid)
    os.setgid(65534); os.setuid(65534)
    for options in ({"user": "root"}, {"cwd": sys.argv[1]}):
        try:
            await ProcessTransport(["/bin/true"], **options).open()
        except Exception as error:
            print(type(error).__name__, error)
anyio.run(main)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_open_explains_missing_permissions(tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o700)
    for folder in (tmp_path, *tmp_path.parents[:-1]):
        folder.chmod(folder.stat().st_mode | 0o055)

    done = subprocess.run(
        [sys.executable, "-c", NOT_ROOT, str(locked)], capture_output=True, text=True, check=False
    )

    as_root, in_locked = done.stdout.splitlines()
    assert as_root.startswith("CLINotUsableError")
    assert "Remove `user`" in as_root
    assert in_locked.startswith("WorkingDirectoryError")
    assert "Permission denied" in in_locked


async def test_open_explains_an_inaccessible_cwd(tmp_path):
    error = ProcessTransport(["x"], cwd=tmp_path)._start_error(
        PermissionError(errno.EACCES, "Permission denied", str(tmp_path))
    )

    assert isinstance(error, WorkingDirectoryError)
    assert "Permission denied" in str(error)


async def test_open_without_free_descriptors_leaves_nothing():
    usual = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(0)
    os.close(free)
    me, ends = psutil.Process(), []
    await (await start(ECHO)).aclose()
    before = me.num_fds()

    for spare in range(60):
        transport = ProcessTransport(python(ECHO))
        resource.setrlimit(resource.RLIMIT_NOFILE, (free + spare, usual[1]))
        try:
            await transport.open()
            ends.append("opened")
        except CLIConnectionError as error:
            ends.append(type(error).__name__)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, usual)
        await transport.aclose()
        assert left_of(transport) == []
        if ends[-1] == "opened":
            break

    assert ends.pop() == "opened"
    assert set(ends) <= {"CLIConnectionError", "CLINotUsableError"}
    assert len(ends) > 5
    assert me.num_fds() <= before


# --- again and again ------------------------------------------------------------------------------


async def test_process_ends_without_a_free_thread():
    transport = await start(WITH_CHILD + SLEEPS)
    await read_line(transport)

    usual = threading.stack_size(1 << 46)
    try:
        await transport.aclose(grace=0)
    finally:
        threading.stack_size(usual)

    assert left_of(transport) == []


async def test_many_processes_leave_no_descriptor_task_or_process():
    me = psutil.Process()

    async def once(code: str) -> None:
        transport = await start(code)
        with anyio.move_on_after(0.03):
            await read_all(transport)
        await transport.aclose(grace=0)
        assert left_of(transport) == []

    await once(ECHO)
    before = me.num_fds()
    for code in [ECHO, IGNORES_EOF, WITH_CHILD + SLEEPS, "raise SystemExit(1)"] * 3:
        await once(code)

    assert me.num_fds() <= before
    assert not [c for c in me.children(recursive=True) if c.status() != psutil.STATUS_ZOMBIE]
