"""The life of a CLI process, from its start until nothing of it is left.

Threads look after it, never an event loop: a loop may be cancelled, stopped or closed at any
moment, and the process must end all the same. A coroutine that waits for the end only watches.
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
    """A CLI process in a session of its own, with all that it starts.

    All methods are synchronous, and may be called from any thread.

    :param argv: the program and its arguments
    :param env: the whole environment, without the mark
    :param mark: marks what belongs to this process.
    :param exited: done when the process itself has exited.
    :param gone: done when nothing is left of it.
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

    @property
    def pid(self) -> int | None:
        """The process id; None before the start."""
        return self._process.pid if self._process is not None else None

    @property
    def exit_code(self) -> int | None:
        """The exit code; None while the process runs."""
        return self._process.returncode if self._process is not None else None

    # --- the start -------------------------------------------------------------------------------

    def start(
        self, *, stdin: int, stdout: int, stderr: int, cwd: str | None, user: str | None
    ) -> None:
        """Start the process; where that fails, nothing is left.

        Nothing is awaited between the start and the moment from which threads look after it.

        :raises OSError: the system refuses
        :raises RuntimeError: there is no free thread
        :raises ValueError: an argument cannot be passed on
        :raises KeyError: there is no such user
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
            _in_thread(partial(self._look_after, self._process))
        except BaseException:
            self._take_back()
            raise

    def _take_back(self) -> None:
        if self._process is not None:
            reaper.signal_group(self._process.pid, signal.SIGKILL)
        reaper.kill_marked(self.mark, self.pid, KILL_SECONDS)
        if self._process is not None:
            self._process.wait()
        self._forget()

    # --- the end ---------------------------------------------------------------------------------

    def _look_after(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for the exit, then end what the process leaves behind."""
        process.wait()
        self.exited.set_result(None)
        # The commands of a CLI that has died may hold its output open.
        self._ending.wait(ORPHAN_SECONDS)
        reaper.kill_marked(self.mark, process.pid, KILL_SECONDS)
        self._forget()

    def _forget(self) -> None:
        reaper.running.remove(self.mark)
        if self._guardian is not None:
            self._guardian.dismiss()
        with contextlib.suppress(InvalidStateError):
            self.gone.set_result(None)

    def end(self, grace: float) -> None:
        """Begin to end the process, and return at once: `gone` says when that is done.

        :param grace: seconds that the process has to leave by itself
        """
        if self._process is None or fork.is_foreign(self._owner) or self._ending.is_set():
            return
        self._ending.set()
        try:
            _in_thread(partial(self._escalate, self._process.pid, grace))
        except RuntimeError:  # there is no free thread, or the interpreter exits
            self.kill()

    def _escalate(self, pid: int, grace: float) -> None:
        if self._exits_within(grace):
            return
        reaper.signal_group(pid, signal.SIGTERM)
        if self._exits_within(max(TERM_SECONDS, grace)):
            return
        reaper.signal_group(pid, signal.SIGKILL)

    def _exits_within(self, seconds: float) -> bool:
        return bool(wait([self.exited], seconds).done)

    def kill(self) -> None:
        """Kill the process and all that belongs to it; any number of times."""
        # A fork asks for nothing more: a thread that it lacks may hold the lock of the answer.
        if self._process is None or fork.is_foreign(self._owner) or self.gone.done():
            return
        self._ending.set()
        if not self.exited.done():
            reaper.signal_group(self._process.pid, signal.SIGKILL)
        reaper.kill_marked(self.mark, self._process.pid)


def _in_thread(function: Callable[[], None]) -> None:
    threading.Thread(target=function, name="claude process", daemon=True).start()
