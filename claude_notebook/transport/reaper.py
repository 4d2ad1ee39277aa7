"""Cleans up CLI processes and their descendants.

The CLI runs each shell command in a separate session (measured with 2.1.330). Stopping the CLI's
process group therefore does not reach the command, and a CLI that is killed cannot stop it either.
At end of file, the CLI waits for a running command. Only SIGTERM makes it stop the command, which
takes up to 2 s.

For this reason, every CLI is started with a mark in its environment, which its descendants inherit.
A process that carries the mark belongs to the CLI, wherever it is in the process tree. Because a
command can clear its environment and leave its session, the descendants are also recorded before a
signal stops the processes between them and the CLI. A registry stops every CLI that is still
running when the interpreter exits, and a guardian (see `guardian.py`) does the same if this process
disappears without warning.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil

from ..concurrency import fork
from ..logs import get_logger
from . import guardian
from .guardian import MARK

__all__ = ["MARK", "Family", "Guardian", "kill_marked", "running", "signal_group"]

log = get_logger(__name__)


class Guardian:
    """A process that stops a CLI when this process dies.

    :param mark: the mark that the CLI will be started with
    """

    def __init__(self, mark: str) -> None:
        self._process = _start_guardian(mark)
        fork.watch(self)

    def watch(self, pid: int) -> None:
        """Send the CLI's process id, so that the guardian can stop the CLI with SIGTERM."""
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):  # the guardian itself was stopped
                self._process.stdin.write(b"%d\n" % pid)

    def dismiss(self) -> None:
        """Stop the guardian, because the CLI has exited. Calling it again has no effect."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.communicate()

    def detach(self) -> None:
        """Release the guardian in a fork, because its pipe must close together with the parent."""
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()


def _start_guardian(mark: str) -> subprocess.Popen[bytes] | None:
    psutil_folder = str(Path(psutil.__file__).parent.parent)
    for python in _interpreters():
        with contextlib.suppress(OSError):  # another user's process, or no free descriptor
            return subprocess.Popen(
                [python, "-I", "-S", guardian.__file__, str(os.getpid()), mark, psutil_folder],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                bufsize=0,
                # Leave out the mark of a CLI that this process itself may be running in.
                env={"PATH": os.environ.get("PATH", os.defpath)},
            )
    log.warning("no guardian runs: if this process is killed, Claude Code may keep running")
    return None


def _interpreters() -> Iterator[str]:
    """Return Python executables that can run a guardian. An embedding application is not one."""
    if sys.platform == "win32":
        return
    name = Path(sys.executable or "").name.lower()
    if not getattr(sys, "frozen", False) and ("python" in name or "pypy" in name):
        yield sys.executable
    path = shutil.which("python3")
    if path is not None:
        yield path


def signal_group(pid: int, number: int) -> None:
    """Send a signal to the process group led by `pid`, if it still exists."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":  # pragma: no cover
            os.kill(pid, number)
        else:
            os.killpg(pid, number)


class Family:
    """A CLI's processes that were found while their parents were still alive.

    :param mark: the CLI's mark
    """

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._seen: frozenset[psutil.Process] = frozenset()

    def note(self, leader: int) -> None:
        """Record the processes that belong to the CLI with the id `leader`. Never raises."""
        self._seen = self._seen.union(guardian.family(self._mark, leader))

    def kill(self, leader: int | None, patience: float = 0.0) -> list[int]:
        """Kill the CLI's processes, as `kill_marked` does."""
        return kill_marked(self._mark, leader, patience, self._seen)


def kill_marked(
    mark: str,
    leader: int | None = None,
    patience: float = 0.0,
    known: Iterable[psutil.Process] = (),
) -> list[int]:
    """Kill a CLI's processes and return their ids. Never raises.

    :param mark: the CLI's mark
    :param leader: the CLI's process id
    :param patience: how many seconds to wait until they are dead
    :param known: processes that were found earlier
    """
    killed = guardian.kill_family(mark, leader, patience, known)
    if killed:
        log.debug("killed the processes that the CLI left: %s", killed)
    return killed


class _Register:
    """The running CLIs, which are stopped when the interpreter exits."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._marks: dict[str, int | None] = {}
        atexit.register(self.end_all)
        fork.watch(self)

    def add(self, mark: str, pid: int | None) -> None:
        """Add a CLI.

        :param pid: None while the process id is unknown.
        """
        if self._owner != os.getpid():
            self.detach()
        with self._lock:
            self._marks[mark] = pid

    def remove(self, mark: str) -> None:
        """Remove a CLI that has exited."""
        with self._lock:
            self._marks.pop(mark, None)

    def end_all(self) -> None:
        """Kill every CLI that is still registered, along with its descendants."""
        if self._owner != os.getpid():
            return  # they belong to the parent of this fork
        with self._lock:
            marks, self._marks = self._marks, {}
        for mark, pid in marks.items():
            if pid is not None:
                signal_group(pid, signal.SIGKILL)
            kill_marked(mark, pid)

    def detach(self) -> None:
        """Start empty in a fork, because the CLIs belong to the parent, which may hold the lock."""
        self._owner, self._lock, self._marks = os.getpid(), threading.Lock(), {}


running = _Register()
