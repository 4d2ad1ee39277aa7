"""The CLI as a child process."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import signal
import subprocess
import uuid
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.abc
import anyio.to_thread

from ..errors import (
    CLIConnectionError,
    CLINotFoundError,
    CLINotUsableError,
    TransportClosedError,
    WorkingDirectoryError,
)
from . import reaper
from .base import Transport
from .tasks import BackgroundTask, spawn

log = logging.getLogger(__name__)

CHUNK = 256 * 1024
STDERR_LIMIT = 64 * 1024
TERM_SECONDS = 0.5
KILL_SECONDS = 2.0
_PIPE_ERRORS = (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError)

_START_ERRORS: dict[int, str] = {
    errno.EACCES: "{path} is not executable. Make it so with: chmod +x {path}",
    errno.ENOEXEC: "{path} is not a program for this machine. Install Claude Code for this"
    " architecture: pip install claude-agent-sdk",
    errno.ENOMEM: "there is not enough memory to start {path}. Close something and try again.",
    errno.EMFILE: "too many files are open to start {path}. Close something and try again.",
}


class ProcessTransport(Transport):
    """Runs `argv` in a session of its own and talks over its standard input and output.

    Args:
        argv: the program and its arguments.
        cwd: the working directory; None is this process's.
        env: the whole environment of the child; None is this process's.
        user: the operating system's user to run as.
        on_stderr: called with each complete line of standard error.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: str | os.PathLike[str] | None = None,
        env: Mapping[str, str] | None = None,
        user: str | None = None,
        on_stderr: Callable[[str], None] | None = None,
    ) -> None:
        self.argv = tuple(argv)
        self._cwd = os.fspath(cwd) if cwd is not None else None
        self._mark = uuid.uuid4().hex
        self._env = {**(os.environ if env is None else env), reaper.MARK: self._mark}
        self._user = user
        self._errors = _StderrTail(on_stderr)
        self._process: anyio.abc.Process | None = None
        self._guardian: reaper.Guardian | None = None
        self._outbox = _Outbox()
        self._tasks: list[BackgroundTask] = []
        self._closed = False

    async def open(self) -> None:
        if self._process is not None:
            raise CLIConnectionError("This transport was opened already. Make a new one.")
        self._check_cwd()
        try:
            self._process = await anyio.open_process(
                self.argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=self._cwd,
                env=self._env,
                user=self._user,
                start_new_session=True,
            )
        except OSError as error:
            raise self._start_error(error) from error
        reaper.running.add(self._mark, self._process.pid)
        self._guardian = reaper.Guardian(self._process.pid)
        log.debug("started %s as process %d", self.argv[0], self._process.pid)
        self._tasks = [
            spawn(self._write_outbox, "claude stdin"),
            spawn(self._read_stderr, "claude stderr"),
        ]

    def _check_cwd(self) -> None:
        if self._cwd is not None and not Path(self._cwd).is_dir():
            what = "is not a folder" if Path(self._cwd).exists() else "does not exist"
            raise WorkingDirectoryError(
                f"The working directory {self._cwd} {what}. Create it, or give another `cwd`."
            )

    def _start_error(self, error: OSError) -> CLIConnectionError:
        path = self.argv[0]
        if isinstance(error, FileNotFoundError):
            return CLINotFoundError(f"There is no program {path}", searched=(path,))
        told = _START_ERRORS.get(error.errno or 0)
        if told:
            return CLINotUsableError(
                "Claude Code cannot be started: " + told.format(path=path), path=path
            )
        return CLIConnectionError(f"Claude Code ({path}) cannot be started: {error}")

    # --- sending ---------------------------------------------------------------------------

    async def send(self, data: bytes) -> None:
        await self._outbox.put(data)

    async def send_eof(self) -> None:
        self._outbox.close()

    async def _write_outbox(self) -> None:
        stdin = _pipe(self._process.stdin if self._process else None)
        written: anyio.Event | None = None
        try:
            while (piece := await self._outbox.next()) is not None:
                data, written = piece
                await stdin.send(data)
                written.set()
        except _PIPE_ERRORS as error:
            self._outbox.fail(f"Claude Code does not read any more ({error or 'broken pipe'})")
        finally:
            self._outbox.fail("The connection to Claude Code is closed")
            if written is not None:
                written.set()
            with anyio.CancelScope(shield=True), contextlib.suppress(*_PIPE_ERRORS):
                await stdin.aclose()

    # --- receiving ---------------------------------------------------------------------------

    async def receive(self) -> bytes:
        if self._closed or self._process is None or self._process.stdout is None:
            raise TransportClosedError(
                "The connection to Claude Code is not open: connect() first."
            )
        try:
            return await self._process.stdout.receive(CHUNK)
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            return b""
        except anyio.ClosedResourceError:
            raise TransportClosedError("The connection to Claude Code was closed.") from None

    async def _read_stderr(self) -> None:
        stderr = _pipe(self._process.stderr if self._process else None)
        with contextlib.suppress(anyio.EndOfStream, *_PIPE_ERRORS):
            while True:
                self._errors.add(await stderr.receive())

    # --- the end -------------------------------------------------------------------------------

    async def aclose(self, grace: float = 2.0) -> None:
        process = self._process
        if process is None or self._closed:
            self._closed = True
            return
        self._closed = True
        try:
            with anyio.CancelScope(shield=True):
                await self._end(process, grace)
        finally:
            self._forget()

    async def _end(self, process: anyio.abc.Process, grace: float) -> None:
        self._outbox.close()
        steps = (
            (None, grace),
            (signal.SIGTERM, max(TERM_SECONDS, grace)),
            (signal.SIGKILL, KILL_SECONDS),
        )
        for number, seconds in steps:
            if number is not None:
                reaper.signal_group(process.pid, number)
            with anyio.move_on_after(seconds):
                await process.wait()
                break
        await anyio.to_thread.run_sync(reaper.kill_marked, self._mark)
        for task in self._tasks:
            task.cancel()
            await task.wait()
        await _close_pipes(process)

    def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            reaper.signal_group(self._process.pid, signal.SIGKILL)
        if self._process is not None and not self._closed:
            reaper.kill_marked(self._mark)

    def _forget(self) -> None:
        reaper.running.remove(self._mark)
        if self._guardian is not None:
            self._guardian.dismiss()
            self._guardian = None

    async def wait(self) -> int | None:
        return await self._process.wait() if self._process is not None else None

    @property
    def exit_code(self) -> int | None:
        return self._process.returncode if self._process is not None else None

    @property
    def stderr(self) -> str:
        return self._errors.text

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None


_Pipe = TypeVar("_Pipe", anyio.abc.ByteSendStream, anyio.abc.ByteReceiveStream)


def _pipe(pipe: _Pipe | None) -> _Pipe:
    if pipe is None:
        raise CLIConnectionError("The connection to Claude Code is not open: connect() first.")
    return pipe


async def _close_pipes(process: anyio.abc.Process) -> None:
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(*_PIPE_ERRORS):
                await pipe.aclose()


class _StderrTail:
    """Keeps the end of standard error, and hands out its lines."""

    def __init__(self, on_line: Callable[[str], None] | None) -> None:
        self._kept = b""
        self._line = b""
        self._on_line = on_line

    @property
    def text(self) -> str:
        return self._kept.decode("utf-8", errors="replace")

    def add(self, data: bytes) -> None:
        self._kept = (self._kept + data)[-STDERR_LIMIT:]
        if self._on_line is None:
            return
        *lines, rest = (self._line + data).split(b"\n")
        self._line = rest[-STDERR_LIMIT:]
        for line in lines:
            self._tell(line.decode("utf-8", errors="replace").rstrip("\r"))

    def _tell(self, line: str) -> None:
        try:
            self._on_line and self._on_line(line)
        except Exception:
            log.exception("the stderr callback failed")


class _Outbox:
    """What is to be written. Once taken in, a piece is written whole, whoever stops waiting."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[bytes, anyio.Event]] = deque()
        self._wake = anyio.Event()
        self._closed = False
        self._failure: str | None = None

    async def put(self, data: bytes) -> None:
        """Take `data` in and wait until it is written."""
        self._check()
        written = anyio.Event()
        self._waiting.append((data, written))
        self._wake.set()
        await written.wait()
        self._check()

    def _check(self) -> None:
        if self._failure is not None:
            raise TransportClosedError(f"{self._failure}. Connect again.")
        if self._closed:
            raise TransportClosedError("The connection to Claude Code is closed. Connect again.")

    async def next(self) -> tuple[bytes, anyio.Event] | None:
        """The next piece, and the event to set when it is written; None when all is done."""
        while not self._waiting:
            if self._closed:
                return None
            self._wake = anyio.Event()
            await self._wake.wait()
        return self._waiting.popleft()

    def close(self) -> None:
        """Nothing more comes after what is there."""
        self._closed = True
        self._wake.set()

    def fail(self, reason: str) -> None:
        """Nothing will be written any more."""
        if self._failure is None:
            self._failure = reason
        for _, written in self._waiting:
            written.set()
        self._waiting.clear()
