"""Leave no process behind.

The CLI runs each shell command in a session of its own (measured, 2.1.330): ending the CLI's
process group does not reach it, and a CLI that is killed cannot end it either. On end-of-file the
CLI waits for a running command; only SIGTERM makes it end the command, which takes up to 2 s.

So every CLI is started with a mark in its environment, which its descendants inherit; whatever
carries the mark belongs to it, wherever it sits in the process tree. And a guardian - a shell that
waits on a pipe from this process - ends the CLI when this process vanishes without a word.
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
import time

import psutil

from ..logs import get_logger

log = get_logger(__name__)

MARK = "CLAUDE_NOTEBOOK_PROCESS"

# Read until our end of the pipe vanishes, then end the CLI: kindly, and after 3 s by force; then
# whatever carries its mark, where there is a /proc. The guardian, which carries no mark, ignores
# what a terminal sends to everybody.
_GUARDIAN = """
trap "" INT HUP TERM
read -r _
kill -TERM "$1" 2>/dev/null
i=0
while [ $i -lt 30 ] && kill -0 "$1" 2>/dev/null; do sleep 0.1; i=$((i+1)); done
kill -KILL "-$1" 2>/dev/null
for one in $(grep -lsF "$2" /proc/[0-9]*/environ 2>/dev/null); do
    one=${one#/proc/}
    kill -KILL "${one%/environ}" 2>/dev/null
done
"""


class Guardian:
    """A process that ends the CLI `pid`, and what has `mark`, when this process dies."""

    def __init__(self, pid: int, mark: str) -> None:
        shell = shutil.which("sh")
        self._process = (
            subprocess.Popen(
                [shell, "-c", _GUARDIAN, "claude-guardian", str(pid), f"{MARK}={mark}"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env={"PATH": os.environ.get("PATH", os.defpath)},
            )
            if shell and sys.platform != "win32"
            else None
        )

    def dismiss(self) -> None:
        """The CLI is gone: the guardian goes too."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.communicate()


def signal_group(pid: int, number: int) -> None:
    """Send a signal to the process group that `pid` leads; nothing happens if it is gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":  # pragma: no cover
            os.kill(pid, number)
        else:
            os.killpg(pid, number)


def kill_marked(mark: str, patience: float = 0.0) -> list[int]:
    """Kill every process that carries `mark` in its environment, and return their ids.

    Takes some 10 ms for a few hundred processes: call it from a worker thread. Does not raise.

    :param mark: what the environment has for `MARK`.
    :param patience: seconds to wait until they are dead; on a busy machine that takes a moment.
    """
    killed: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error, OSError):  # no handle is left to look around with
        for process in psutil.process_iter():
            # A process that ends while it is looked at, or belongs to somebody else, is not ours.
            with contextlib.suppress(psutil.Error, OSError):
                if process.environ().get(MARK) == mark:
                    process.kill()
                    killed.append(process)
    end = time.monotonic() + patience
    while any(map(_lives, killed)) and time.monotonic() < end:
        time.sleep(0.002)
    if killed:
        log.debug("ended what was left of the CLI: %s", [process.pid for process in killed])
    return [process.pid for process in killed]


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except (psutil.Error, OSError):
        return False


class _Register:
    """The CLIs that run now, to be ended when the interpreter exits."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._marks: dict[str, int] = {}
        atexit.register(self.end_all)

    def add(self, mark: str, pid: int) -> None:
        with self._lock:
            if self._owner != os.getpid():
                self._owner, self._marks = os.getpid(), {}
            self._marks[mark] = pid

    def remove(self, mark: str) -> None:
        with self._lock:
            self._marks.pop(mark, None)

    def end_all(self) -> None:
        """Kill every CLI that is still registered, and its descendants."""
        if self._owner != os.getpid():
            return  # they belong to the process that this one was forked from
        with self._lock:
            marks, self._marks = self._marks, {}
        for mark, pid in marks.items():
            signal_group(pid, signal.SIGKILL)
            kill_marked(mark)


running = _Register()
