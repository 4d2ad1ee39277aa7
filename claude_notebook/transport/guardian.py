"""The guardian: a small process that ends a CLI when its parent process has died.

It also runs as a program of its own, in which nothing else of the package is imported::

    python -I -S guardian.py PARENT MARK FOLDER_OF_PSUTIL

The id of the CLI arrives on standard input. End of file means that the parent has exited. A fork of
the parent may hold that pipe open, so the guardian also looks at its own parent: the system
reparents orphans.
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
    """Return the processes of a CLI.

    They carry its mark, or are in its session, or descend from one of these. A process in another
    session and without environment is found only while all its ancestors live: look before a signal
    ends one of them, and pass the result as `known` later.

    :param mark: the value that `MARK` has in their environment
    :param leader: the process id of the CLI, which leads a session
    :param known: processes that belonged to it before
    """
    import psutil

    members: dict[int, psutil.Process] = {
        process.pid: process for process in known if is_alive(process) and process.is_running()
    }
    others: dict[int, list[psutil.Process]] = {}
    with contextlib.suppress(psutil.Error, OSError):  # no free descriptor
        for process in psutil.process_iter():
            # A process may end at any moment, or belong to another user.
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
    """Test if a process runs. A zombie does not."""
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
    """Kill the processes of a CLI, and return their ids. Does not raise.

    Takes about 10 ms with a few hundred processes.

    :param mark: the value that `MARK` has in their environment
    :param leader: the process id of the CLI
    :param patience: seconds to wait until they are dead
    :param known: processes that belonged to it before
    """
    import psutil

    known = list(known)
    killed: dict[int, psutil.Process] = {}
    end = time.monotonic() + patience
    for _ in range(_ROUNDS):  # a process may start another one meanwhile
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
    """Wait until the parent has died, and return the process id of the CLI if it was sent."""
    sent = b""
    while os.getppid() == parent:
        if select.select([stdin], [], [], LOOK_SECONDS)[0]:
            data = os.read(stdin, 64)
            if not data:
                break
            sent += data
    return int(sent) if sent.strip().isdigit() else None


def end_orphan(mark: str, leader: int | None) -> None:
    """End the CLI with SIGTERM, so that it ends its commands; then kill the remaining processes."""
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
    for name in ("SIGINT", "SIGHUP", "SIGTERM"):  # a terminal sends them to all its processes
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    leader = watch(int(parent), 0)
    sys.path.append(folder)
    end_orphan(mark, leader)


if __name__ == "__main__":
    main(*sys.argv[1:])
