"""Real child processes that misbehave, and counts of their remains."""

import sys
import time
from collections.abc import Callable

import psutil

from claude_notebook.transport import ProcessTransport, reaper


def python(code: str, *arguments: str) -> list[str]:
    """The command line of a small Python program that starts fast."""
    return [sys.executable, "-I", "-S", "-c", code, *arguments]


def until(condition: Callable[[], object], seconds: float = 10.0) -> bool:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def marked(mark: str) -> list[int]:
    """The processes that carry this mark and live."""
    found = []
    for process in psutil.process_iter():
        try:
            is_zombie = process.status() == psutil.STATUS_ZOMBIE
            if not is_zombie and process.environ().get(reaper.MARK) == mark:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def left_of(transport: ProcessTransport) -> list[int]:
    """The processes of a transport that live, wherever they sit in the process tree."""
    return marked(transport._child.mark)


def guardians_of(transport: ProcessTransport) -> list[int]:
    """The guardians that wait for a transport's end."""
    return guardians_with(transport._child.mark)


def guardians_with(mark: str) -> list[int]:
    """The guardians that look after the CLI of this mark."""
    named = []
    for process in psutil.process_iter():
        try:
            if any(mark in part for part in process.cmdline()):
                named.append(process.pid)
        except psutil.Error:
            continue
    return named


def living_at(home: str) -> list[str]:
    """The names of the living processes whose home folder is `home`: a CLI and its children."""
    found = []
    for process in psutil.process_iter():
        try:
            alive = process.status() != psutil.STATUS_ZOMBIE
            if alive and process.environ().get("HOME") == home:
                found.append(process.name())
        except psutil.Error:
            continue
    return found
