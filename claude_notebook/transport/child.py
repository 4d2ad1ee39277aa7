"""The life cycle of a CLI process, from its start until all its descendants have exited.

The process is managed by threads and never by an event loop, because a loop may be cancelled,
stopped or closed at any moment, and the process must be stopped nevertheless. A coroutine that
waits for the end only observes it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, InvalidStateError, wait
from functools import partial

from ..concurrency import fork
from ..logs import get_logger
from . import reaper

log = get_logger(__name__)

TERM_SECONDS = 0.5
KILL_SECONDS = 2.0
ORPHAN_SECONDS = 0.3


class Child:
    """A CLI process that runs in a new session, along with all its descendants.

    All methods are synchronous and thread-safe.

    :param argv: the program and its arguments.
    :param env: the complete environment, except for the mark.
    :ivar mark: the value of an environment variable that marks all descendants.
    :ivar exited: done once the process itself has exited.
    :ivar gone: done once all descendants have exited too.
    """

    def __init__(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        self.mark = uuid.uuid4().hex
        self.exited: Future[None] = Future()
        self.gone: Future[None] = Future()
        self._argv = argv
        self._env = {**env, reaper.MARK: self.mark}
        self._owner = os.getpid()
        self._ending = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._guardian: reaper.Guardian | None = None
        self._family = reaper.Family(self.mark)

    @property
    def pid(self) -> int | None:
        """The process id; None before the start."""
        return self._process.pid if self._process is not None else None

    @property
    def exit_code(self) -> int | None:
        """The exit code; None while the process is running."""
        return self._process.returncode if self._process is not None else None

    # --- the start -------------------------------------------------------------------------------

    def start(
        self, *, stdin: int, stdout: int, stderr: int, cwd: str | None, user: str | None
    ) -> None:
        """Start the process. If this fails, no process is left behind.

        There is no await between starting the process and handing it over to threads.

        :raises OSError: if the system refuses to start it
        :raises RuntimeError: if no thread can be started
        :raises ValueError: if an argument contains a NUL character
        :raises KeyError: if the user does not exist
        """
        reaper.running.add(self.mark, None)
        try:
            self._guardian = reaper.Guardian(self.mark)
            self._process = subprocess.Popen(
                self._argv,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                cwd=cwd,
                env=self._env,
                user=user,
                start_new_session=True,
            )
            reaper.running.add(self.mark, self._process.pid)
            self._guardian.watch(self._process.pid)
            _in_thread(partial(self._manage, self._process))
        except BaseException:
            self._undo_start()
            raise

    def _undo_start(self) -> None:
        if self._process is not None:
            reaper.signal_group(self._process.pid, signal.SIGKILL)
        reaper.kill_marked(self.mark, self.pid, KILL_SECONDS)
        if self._process is not None:
            self._process.wait()
        self._forget()

    # --- the end ---------------------------------------------------------------------------------

    def _manage(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for the process to exit, then stop the processes that it left behind."""
        process.wait()
        self.exited.set_result(None)
        # The commands of a crashed CLI may keep its output open.
        self._ending.wait(ORPHAN_SECONDS)
        self._family.kill(process.pid, KILL_SECONDS)
        self._forget()

    def _forget(self) -> None:
        reaper.running.remove(self.mark)
        if self._guardian is not None:
            self._guardian.dismiss()
        with contextlib.suppress(InvalidStateError):
            self.gone.set_result(None)

    def note_family(self) -> None:
        """Record the descendants, because the process may stop some of them when its input ends."""
        if self._process is not None and not fork.is_foreign(self._owner):
            self._family.note(self._process.pid)

    def end(self, grace: float) -> None:
        """Begin to stop the process and return immediately. `gone` is done when it has stopped.

        :param grace: how many seconds the process has to exit before it receives a signal.
        """
        if self._process is None or fork.is_foreign(self._owner) or self._ending.is_set():
            return
        self._ending.set()
        try:
            _in_thread(partial(self._escalate, self._process.pid, grace))
        except RuntimeError:  # no thread can be started, or the interpreter is exiting
            self.kill()

    def _escalate(self, pid: int, grace: float) -> None:
        if self._exits_within(grace):
            return
        self._signal(pid, signal.SIGTERM)
        if self._exits_within(max(TERM_SECONDS, grace)):
            return
        self._signal(pid, signal.SIGKILL)

    def _signal(self, pid: int, number: int) -> None:
        """Send a signal, after recording processes that can only be found through their parents."""
        self._family.note(pid)
        reaper.signal_group(pid, number)

    def _exits_within(self, seconds: float) -> bool:
        return bool(wait([self.exited], seconds).done)

    def kill(self) -> None:
        """Kill the process and all its descendants. Calling it again has no effect."""
        # A fork must not query `gone`, because a thread that it lacks may hold the lock.
        if self._process is None or fork.is_foreign(self._owner) or self.gone.done():
            return
        self._ending.set()
        if not self.exited.done():
            self._signal(self._process.pid, signal.SIGKILL)
        self._family.kill(self._process.pid)


def _in_thread(function: Callable[[], None]) -> None:
    threading.Thread(target=function, name="claude process", daemon=True).start()
