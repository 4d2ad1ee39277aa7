"""Misbehaving child processes, and external counts of surviving ones."""

import sys
import time
from collections.abc import Callable

import psutil

from claude_notebook.transport import ProcessTransport, reaper

HIDES = """
import os, signal, subprocess, sys, time
command = ["sh", "-c", "env -i setsid sleep 61 & echo $!; wait"]
shell = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
hidden = int(shell.stdout.readline())
while open(f"/proc/{hidden}/cmdline").read() != "sleep\\x0061\\x00":
    time.sleep(0.01)
def end(*_):
    shell.kill()
    shell.wait()
    os._exit(3)
signal.signal(signal.SIGTERM, end)
print(hidden, flush=True)
"""
"""A CLI that prints the id of a process which neither its session nor its environment reveals. It
ends the shell between them at SIGTERM, as the real one does."""


def python(code: str, *arguments: str) -> list[str]:
    """Return the command line of a small Python program that starts fast."""
    return [sys.executable, "-I", "-S", "-c", code, *arguments]


def until(condition: Callable[[], object], seconds: float = 10.0) -> bool:
    """Wait until a condition holds; return False after a timeout."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def marked(mark: str) -> list[int]:
    """Return the living processes with this mark."""
    pids = []
    for process in psutil.process_iter():
        try:
            is_zombie = process.status() == psutil.STATUS_ZOMBIE
            if not is_zombie and process.environ().get(reaper.MARK) == mark:
                pids.append(process.pid)
        except psutil.Error:
            continue
    return pids


def lives(pid: int) -> bool:
    """Test for a process that runs."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def left_of(transport: ProcessTransport) -> list[int]:
    """Return the living processes of a transport, anywhere in the process tree."""
    return marked(transport._child.mark)


def guardians_of(transport: ProcessTransport) -> list[int]:
    """Return the guardians that wait for a transport's end."""
    return guardians_with(transport._child.mark)


def guardians_with(mark: str) -> list[int]:
    """Return the guardians that watch the CLI with this mark."""
    pids = []
    for process in psutil.process_iter():
        try:
            if any(mark in part for part in process.cmdline()):
                pids.append(process.pid)
        except psutil.Error:
            continue
    return pids


def living_at(home: str) -> list[str]:
    """Return the names of living processes with this home folder: a CLI and its children."""
    names = []
    for process in psutil.process_iter():
        try:
            alive = process.status() != psutil.STATUS_ZOMBIE
            if alive and process.environ().get("HOME") == home:
                names.append(process.name())
        except psutil.Error:
            continue
    return names
