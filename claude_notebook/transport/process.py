"""The CLI as a child process."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import cast

import anyio
import anyio.abc
import anyio.to_thread

from ..concurrency.tasks import BackgroundTask, spawn
from ..errors import (
    CLIConnectionError,
    CLINotFoundError,
    CLINotUsableError,
    TransportClosedError,
    WorkingDirectoryError,
)
from ..logs import get_logger
from . import reaper
from .base import Transport
from .pipes import PIPE_ERRORS, Inbox, Outbox, Pipe, StderrTail

log = get_logger(__name__)

TERM_SECONDS = 0.5
KILL_SECONDS = 2.0
ORPHAN_SECONDS = 0.3
LAST_WORDS_SECONDS = 0.5
_POLL_SECONDS = 0.2

# What starting a process raises: RuntimeError without a free thread, ValueError for a NUL in an
# argument, KeyError for a user that does not exist.
_START_FAILURES = (OSError, RuntimeError, ValueError, KeyError)

_TOO_MANY_FILES = "too many files are open to start {path}. Close something and try again."
_START_ERRORS: dict[int, str] = {
    errno.EACCES: "{path} is not executable. Make it so with: chmod +x {path}",
    errno.ENOEXEC: "{path} is not a program for this machine. Install Claude Code for this"
    " architecture: pip install claude-agent-sdk",
    errno.ENOENT: "what {path} needs to run is missing: its interpreter, or the C library it was"
    " made for. Install Claude Code for this machine: pip install claude-agent-sdk",
    errno.EPERM: "{path} may not be started so. Leave out `user`, or use an account that may"
    " start programs as somebody else.",
    errno.ENOMEM: "there is not enough memory to start {path}. Close something and try again.",
    errno.EAGAIN: "there are too many processes to start {path}. Close something and try again.",
    errno.EMFILE: _TOO_MANY_FILES,
    errno.ENFILE: _TOO_MANY_FILES,
    errno.E2BIG: "the options are too long for a command line. Put long texts into files"
    " (system prompt, settings, MCP configuration) and name those.",
    errno.ETXTBSY: "{path} is being written at this moment (an update?). Try again.",
}


class ProcessTransport(Transport):
    """Runs `argv` in a session of its own and talks over its standard input and output.

    :param argv: the program and its arguments.
    :param cwd: the working directory; None is this process's.
    :param env: the whole environment of the child; None is this process's.
    :param user: the operating system's user to run as.
    :param on_stderr: called with each complete line of standard error.
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
        self._errors = StderrTail(on_stderr)
        self._process: anyio.abc.Process | None = None
        self._guardian: reaper.Guardian | None = None
        self._pipes: list[Pipe] = []
        self._tasks: list[BackgroundTask] = []
        self._owner = os.getpid()
        self._closed = False
        self._gone = anyio.Event()

    async def open(self) -> None:
        if self._process is not None or self._closed:
            raise CLIConnectionError("This transport was opened already. Make a new one.")
        self._check_cwd()
        try:
            await self._start()
        except BaseException as error:
            with anyio.CancelScope(shield=True):
                await self._take_back()
            if isinstance(error, _START_FAILURES):
                raise self._start_error(error) from error
            raise

    async def _start(self) -> None:
        flags = [one.partition("=")[0] for one in self.argv[1:] if one.startswith("-")]
        log.debug("starting %s in %s with %s", self.argv[0], self._cwd or "this folder", flags)
        pipes = self._pipes
        pipes += (Pipe(child_reads=True), Pipe(child_reads=False))
        self._outbox, self._inbox = Outbox(pipes[0]), Inbox(pipes[1])
        process = await anyio.open_process(
            self.argv,
            stdin=pipes[0].child,
            stdout=pipes[1].child,
            stderr=subprocess.PIPE,
            cwd=self._cwd,
            env=self._env,
            user=self._user,
            start_new_session=True,
        )
        self._process = process
        for pipe in pipes:
            pipe.close_child()
        reaper.running.add(self._mark, process.pid)
        self._guardian = reaper.Guardian(process.pid, self._mark)
        log.debug("started %s as process %d", self.argv[0], process.pid)
        self._tasks = [
            spawn(self._outbox.run, "claude stdin"),
            spawn(self._end_orphans, "claude exit"),
            spawn(self._read_stderr, "claude stderr"),
        ]

    async def _take_back(self) -> None:
        """Starting failed midway: what is there already goes."""
        self._closed = True
        try:
            if self._process is not None:
                await self._end(self._process, 0)
            else:
                await _sweep(self._mark)
        finally:
            self._forget()
            self._gone.set()

    def _check_cwd(self) -> None:
        if self._cwd is not None and not Path(self._cwd).is_dir():
            what = "is not a folder" if Path(self._cwd).exists() else "does not exist"
            raise WorkingDirectoryError(
                f"The working directory {self._cwd} {what}. Create it, or give another `cwd`."
            )

    def _start_error(self, error: Exception) -> CLIConnectionError:
        path = self.argv[0]
        number = error.errno if isinstance(error, OSError) else None
        if number == errno.ENOENT and not Path(path).exists():
            return CLINotFoundError(f"There is no program {path}", searched=(path,))
        if isinstance(error, OSError) and self._cwd is not None and error.filename == self._cwd:
            return WorkingDirectoryError(
                f"The working directory {self._cwd} cannot be entered: {error.strerror}. "
                "Give another `cwd`."
            )
        told = _START_ERRORS.get(number or 0)
        if told:
            return CLINotUsableError(
                "Claude Code cannot be started: " + told.format(path=path), path=path
            )
        return CLIConnectionError(
            f"Claude Code ({path}) cannot be started: {error}. Check the options."
        )

    # --- sending ---------------------------------------------------------------------------

    async def send(self, data: bytes) -> None:
        if self._process is None:
            raise TransportClosedError(_NOT_OPEN)
        await self._outbox.put(data)

    async def send_eof(self) -> None:
        if self._process is not None:
            self._outbox.close()

    # --- receiving ---------------------------------------------------------------------------

    async def receive(self) -> bytes:
        if self._process is None:
            raise TransportClosedError(_NOT_OPEN)
        # Also while it is being closed: a CLI that cannot write does not leave.
        try:
            return await self._inbox.receive()
        except anyio.ClosedResourceError:
            raise TransportClosedError("The connection to Claude Code was closed.") from None

    async def _read_stderr(self) -> None:
        stderr = cast("anyio.abc.Process", self._process).stderr
        assert stderr is not None  # noqa: S101  it was started with three pipes
        with contextlib.suppress(anyio.EndOfStream, *PIPE_ERRORS):
            while True:
                self._errors.add(await stderr.receive())

    async def _end_orphans(self) -> None:
        """What a dead CLI leaves behind may hold its output open: without this it never ends."""
        await self._exited()
        await anyio.sleep(ORPHAN_SECONDS)
        await _sweep(self._mark)

    # --- the end -------------------------------------------------------------------------------

    async def _exited(self) -> None:
        """Wait for the process alone. Where `wait()` waits for its pipes too, it is asked often."""
        while self._process is not None and self._process.returncode is None:
            with anyio.move_on_after(_POLL_SECONDS):
                await self._process.wait()

    async def aclose(self, grace: float = 2.0) -> None:
        if self._process is None:
            self._closed = True
            return
        with anyio.CancelScope(shield=True):
            if self._closed:
                await self._gone.wait()
                return
            self._closed = True
            try:
                await self._end(self._process, grace)
            finally:
                self._forget()
                self._gone.set()

    async def _end(self, process: anyio.abc.Process, grace: float) -> None:
        self._outbox.close()
        steps = (
            (None, grace),
            (signal.SIGTERM, max(TERM_SECONDS, grace)),
            (signal.SIGKILL, KILL_SECONDS),
        )
        for number, seconds in steps:  # pragma: no branch  (nothing outlives the last one)
            if number is not None:
                reaper.signal_group(process.pid, number)
            with anyio.move_on_after(seconds):
                await self._exited()
                break
        await _sweep(self._mark)
        await self._hear_last_words()
        for task in self._tasks:
            task.cancel()
            await task.wait()
        if process.returncode is not None:  # pragma: no branch  (as above)
            await process.aclose()

    async def _hear_last_words(self) -> None:
        """Wait until standard error has been read; the one who reads it is the last task."""
        with anyio.move_on_after(LAST_WORDS_SECONDS):
            for task in self._tasks[-1:]:
                await task.wait()

    def kill(self) -> None:
        if self._process is None or self._owner != os.getpid():
            return  # a fork of this process has no say over its children
        if self._process.returncode is None:
            reaper.signal_group(self._process.pid, signal.SIGKILL)
        if not self._gone.is_set():
            reaper.kill_marked(self._mark)

    def _forget(self) -> None:
        if self._pipes:
            self._inbox.close()
            self._pipes[0].close()
        reaper.running.remove(self._mark)
        if self._guardian is not None:
            self._guardian.dismiss()
            self._guardian = None

    async def wait(self) -> int | None:
        if self._process is None:
            return None
        await self._exited()
        await self._hear_last_words()
        return self._process.returncode

    @property
    def exit_code(self) -> int | None:
        return self._process.returncode if self._process is not None else None

    @property
    def stderr(self) -> str:
        return self._errors.text

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    @property
    def executable(self) -> str | None:
        return self.argv[0]


_NOT_OPEN = "The connection to Claude Code is not open: connect() first."


async def _sweep(mark: str) -> None:
    try:
        await anyio.to_thread.run_sync(reaper.kill_marked, mark, KILL_SECONDS)
    except RuntimeError:  # no thread can be started any more
        reaper.kill_marked(mark, KILL_SECONDS)
