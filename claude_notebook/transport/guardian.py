"""The guardian, a small process that stops a CLI when its parent process has died.

This module also runs as a standalone script, without importing the rest of the package::

    python -I -S guardian.py PARENT MARK FOLDER_OF_PSUTIL

The CLI's process id arrives on standard input. End of file means that the parent has exited.
Because a fork of the parent may keep that pipe open, the guardian also checks its own parent
process, which changes when the system reparents it as an orphan.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

MARK = "CLAUDE_NOTEBOOK_PROCESS"

LOOK_SECONDS = 1.0
TERM_SECONDS = 3.0
KILL_SECONDS = 2.0
_ROUNDS = 5


# --- a CLI and its descendants ---------------------------------------------------------------


def family(
    mark: str, leader: int | None = None, known: Iterable[psutil.Process] = ()
) -> list[psutil.Process]:
    """Return a CLI's processes.

    A process belongs to a CLI if it carries the CLI's mark, is in its session, or descends from
    such a process. A process with another session and a cleared environment can be found only while
    all its ancestors are alive, so call this before a signal stops one of them, and pass the result
    as `known` later.

    :param mark: the value of `MARK` in their environment
    :param leader: the CLI's process id, which leads a session
    :param known: processes that were found earlier
    """
    import psutil

    members: dict[int, psutil.Process] = {
        process.pid: process for process in known if is_alive(process) and process.is_running()
    }
    others: dict[int, list[psutil.Process]] = {}
    with contextlib.suppress(psutil.Error, OSError):  # no free descriptor
        for process in psutil.process_iter():
            # A process may exit at any moment, or belong to another user.
            with contextlib.suppress(psutil.Error, OSError):
                if process.pid in members or _belongs(process, mark, leader):
                    members[process.pid] = process
                else:
                    others.setdefault(process.ppid(), []).append(process)
    parents = list(members)
    while parents:
        for child in others.pop(parents.pop(), ()):
            members[child.pid] = child
            parents.append(child.pid)
    members.pop(os.getpid(), None)
    return list(members.values())


def _belongs(process: psutil.Process, mark: str, leader: int | None) -> bool:
    if leader is not None and sys.platform != "win32" and os.getsid(process.pid) == leader:
        return True
    return bool(process.environ().get(MARK) == mark)


def is_alive(process: psutil.Process) -> bool:
    """Return whether a process is running. A zombie is not."""
    import psutil

    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except (psutil.Error, OSError):
        return False


def kill_family(
    mark: str,
    leader: int | None = None,
    patience: float = 0.0,
    known: Iterable[psutil.Process] = (),
) -> list[int]:
    """Kill a CLI's processes and return their ids. Never raises.

    This takes about 10 ms if there are a few hundred processes.

    :param mark: the value of `MARK` in their environment
    :param leader: the CLI's process id
    :param patience: how many seconds to wait until they are dead
    :param known: processes that were found earlier
    """
    import psutil

    known = list(known)
    killed: dict[int, psutil.Process] = {}
    end = time.monotonic() + patience
    for _ in range(_ROUNDS):  # a process may start another one in the meantime
        living = [process for process in family(mark, leader, known) if is_alive(process)]
        if all(process.pid in killed for process in living):
            break
        for process in living:
            with contextlib.suppress(psutil.Error, OSError):
                process.kill()
                killed[process.pid] = process
    while any(map(is_alive, killed.values())) and time.monotonic() < end:
        time.sleep(0.002)
    return list(killed)


# --- the program ---------------------------------------------------------------------------------


def watch(parent: int, stdin: int) -> int | None:
    """Wait until the parent has died, and return the CLI's process id if it was received."""
    sent = b""
    while os.getppid() == parent:
        if select.select([stdin], [], [], LOOK_SECONDS)[0]:
            data = os.read(stdin, 64)
            if not data:
                break
            sent += data
    return int(sent) if sent.strip().isdigit() else None


def end_orphan(mark: str, leader: int | None) -> None:
    """Stop the CLI with SIGTERM so that it stops its commands, then kill what remains."""
    known: list[psutil.Process] = []
    with contextlib.suppress(ImportError):
        known = family(mark, leader)
    if leader is not None:
        with contextlib.suppress(OSError):
            os.kill(leader, signal.SIGTERM)
            end = time.monotonic() + TERM_SECONDS
            while _runs(leader) and time.monotonic() < end:
                time.sleep(0.05)
            os.killpg(leader, signal.SIGKILL)
    kill_family(mark, leader, KILL_SECONDS, known)


def _runs(pid: int) -> bool:
    try:
        import psutil

        return is_alive(psutil.Process(pid))
    except ImportError:
        os.kill(pid, 0)
        return True
    except psutil.Error:
        return False


def main(parent: str, mark: str, folder: str) -> None:
    """Run as a guardian."""
    for name in ("SIGINT", "SIGHUP", "SIGTERM"):  # a terminal sends these to all its processes
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    leader = watch(int(parent), 0)
    sys.path.append(folder)
    end_orphan(mark, leader)


if __name__ == "__main__":
    main(*sys.argv[1:])
