"""Input from a terminal or a pipe, which another event may interrupt."""

from __future__ import annotations

import select
import sys
import threading

import anyio.to_thread

_POLL_SECONDS = 0.1


async def read_line() -> str:
    """Wait for a line of standard input; cancellation leaves no thread behind.

    :returns: the line without its end.
    :raises EOFError: there is no more input
    """
    stop = threading.Event()
    try:
        line = await anyio.to_thread.run_sync(_read, stop, abandon_on_cancel=True)
    finally:
        stop.set()
    if not line:
        raise EOFError
    return line.rstrip("\r\n")


def _read(stop: threading.Event) -> str:
    # On Windows only sockets can be polled.
    while sys.platform != "win32" and not stop.is_set():
        if select.select([sys.stdin], [], [], _POLL_SECONDS)[0]:
            break
    return "" if stop.is_set() else sys.stdin.readline()
