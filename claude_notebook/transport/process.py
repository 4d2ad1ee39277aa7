"""The CLI as a child process."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import anyio

from ..concurrency import fork
from ..concurrency.tasks import BackgroundTask, spawn, until_done
from ..errors import (
    CLIConnectionError,
    CLINotFoundError,
    CLINotUsableError,
    TransportClosedError,
    WorkingDirectoryError,
)
from ..logs import get_logger
from .base import Transport
from .child import Child
from .pipes import PIPE_ERRORS, Pipe, PipeReader, PipeWriter, StderrTail

log = get_logger(__name__)

LAST_WORDS_SECONDS = 0.5
_STREAMS = ("stdin", "stdout", "stderr")

# Errors when starting a process: RuntimeError if no thread is available, ValueError if an argument
# contains NUL, KeyError if the user is unknown.
_START_FAILURES = (OSError, RuntimeError, ValueError, KeyError)

_TOO_MANY_FILES = "too many files are open to start {path}. Close something and try again."
_START_ERRORS: dict[int, str] = {
    errno.EACCES: "{path} is not executable. Make it executable: chmod +x {path}",
    errno.ENOEXEC: "{path} is not a program for this machine. Install Claude Code for this"
    " architecture: pip install claude-agent-sdk",
    errno.ENOENT: "the interpreter or C library that {path} needs is missing."
    " Install Claude Code for this machine: pip install claude-agent-sdk",
    errno.EPERM: "{path} cannot be started as another user. Remove `user`, or use an account"
    " that may start programs as another user.",
    errno.ENOMEM: "there is not enough memory to start {path}. Close something and try again.",
    errno.EAGAIN: "there are too many processes to start {path}. Close something and try again.",
    errno.EMFILE: _TOO_MANY_FILES,
    errno.ENFILE: _TOO_MANY_FILES,
    errno.E2BIG: "the options are too long for a command line. Put long texts into files"
    " (system prompt, settings, MCP configuration) and name those.",
    errno.ETXTBSY: "{path} is being written at this moment (an update?). Try again.",
}


class ProcessTransport(Transport):
    """Runs `argv` in a new session and communicates through its standard input and output.

    :param argv: the program and its arguments.
    :param cwd: the working directory; None uses this process's directory.
    :param env: the child's complete environment; None uses this process's environment.
    :param user: the user to run as.
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
        self._user = user
        self._errors = StderrTail(on_stderr)
        self._child = Child(self.argv, os.environ if env is None else env)
        self._pipes: list[Pipe] = []
        self._inboxes: list[PipeReader] = []
        self._tasks: list[BackgroundTask] = []
        self._closing: BackgroundTask | None = None
        self._is_open = False
        self._closed = False
        self._foreign = False

    async def open(self) -> None:
        if self._is_open or self._closed:
            raise CLIConnectionError("This transport has already been opened. Create a new one.")
        self._check_cwd()
        try:
            self._start()
        except BaseException as error:
            self._closed = True
            self._close_pipes()
            if isinstance(error, _START_FAILURES):
                raise self._start_error(error) from error
            raise

    def _start(self) -> None:
        flags = [
            argument.partition("=")[0] for argument in self.argv[1:] if argument.startswith("-")
        ]
        log.debug("starting %s in %s with %s", self.argv[0], self._cwd or "this folder", flags)
        fork.watch(self)
        pipes = self._pipes
        for child_reads in (True, False, False):
            pipes.append(Pipe(child_reads=child_reads))
        self._outbox, self._inbox = PipeWriter(pipes[0]), PipeReader(pipes[1])
        stderr = PipeReader(pipes[2])
        self._inboxes = [self._inbox, stderr]
        ends = {name: pipe.child for name, pipe in zip(_STREAMS, pipes, strict=True)}
        self._child.start(**ends, cwd=self._cwd, user=self._user)
        self._is_open = True
        for pipe in pipes:
            pipe.close_child()
        log.debug("started %s as process %d", self.argv[0], self._child.pid)
        self._tasks = [
            spawn(self._outbox.run, "claude stdin"),
            spawn(partial(self._read_stderr, stderr), "claude stderr"),
        ]

    def _check_cwd(self) -> None:
        if self._cwd is not None and not Path(self._cwd).is_dir():
            problem = "is not a folder" if Path(self._cwd).exists() else "does not exist"
            raise WorkingDirectoryError(
                f"The working directory {self._cwd} {problem}. Create it, or pass another `cwd`."
            )

    def _start_error(self, error: Exception) -> CLIConnectionError:
        path = self.argv[0]
        number = error.errno if isinstance(error, OSError) else None
        if number == errno.ENOENT and not Path(path).exists():
            return CLINotFoundError(f"There is no program {path}", searched=(path,))
        if isinstance(error, OSError) and self._cwd is not None and error.filename == self._cwd:
            return WorkingDirectoryError(
                f"The working directory {self._cwd} cannot be entered: {error.strerror}. "
                "Pass another `cwd`."
            )
        problem = _START_ERRORS.get(number or 0)
        if problem:
            return CLINotUsableError(
                "Claude Code cannot be started: " + problem.format(path=path), path=path
            )
        return CLIConnectionError(
            f"Claude Code ({path}) cannot be started: {error}. Check the options."
        )

    # --- sending ---------------------------------------------------------------------------

    async def send(self, data: bytes) -> None:
        self._check_usable()
        await self._outbox.put(data)

    async def send_eof(self) -> None:
        if self._is_open:
            self._outbox.close()

    def _check_usable(self) -> None:
        if self._foreign:
            raise fork.foreign_error()
        if not self._is_open:
            raise TransportClosedError(_NOT_OPEN)

    # --- receiving ---------------------------------------------------------------------------

    async def receive(self) -> bytes:
        self._check_usable()
        # Keep reading during close, because a CLI that cannot write does not exit.
        try:
            return await self._inbox.receive()
        except anyio.ClosedResourceError:
            raise TransportClosedError("The connection to Claude Code was closed.") from None

    async def _read_stderr(self, stderr: PipeReader) -> None:
        with contextlib.suppress(*PIPE_ERRORS):
            while data := await stderr.receive():
                self._errors.add(data)

    # --- the end -------------------------------------------------------------------------------

    async def aclose(self, grace: float = 2.0) -> None:
        if not self._is_open or self._foreign:
            self._closed = True
            return
        if self._closing is None:
            self._closed = True
            self._child.note_family()
            self._outbox.close()
            # This happens before the first await, so from here on, no event loop is needed to stop
            # the process.
            self._child.end(grace)
            self._closing = spawn(self._tidy_up, "claude close")
        with anyio.CancelScope(shield=True):
            await until_done(self._child.gone)
            await self._closing.wait()

    async def _tidy_up(self) -> None:
        try:
            await until_done(self._child.gone)
            await self._read_last_words()
        finally:
            for task in self._tasks:
                task.cancel()
            self._close_pipes()
        for task in self._tasks:
            await task.wait()

    async def _read_last_words(self) -> None:
        """Wait until the last task has finished reading standard error."""
        with anyio.move_on_after(LAST_WORDS_SECONDS):
            for task in self._tasks[-1:]:
                await task.wait()

    def _close_pipes(self) -> None:
        for inbox in self._inboxes:
            inbox.close()
        for pipe in self._pipes:
            pipe.close()

    def kill(self) -> None:
        self._child.kill()

    def detach(self) -> None:
        """Release the process in a fork, which does not own it."""
        self._foreign = True
        for pipe in self._pipes:
            pipe.detach()

    async def wait(self) -> int | None:
        if not self._is_open or self._foreign:
            return None
        await until_done(self._child.exited)
        await self._read_last_words()
        return self._child.exit_code

    @property
    def exit_code(self) -> int | None:
        return self._child.exit_code

    @property
    def stderr(self) -> str:
        return self._errors.text

    @property
    def pid(self) -> int | None:
        return self._child.pid

    @property
    def executable(self) -> str | None:
        return self.argv[0]


_NOT_OPEN = "The connection to Claude Code is not open: connect() first."
