"""Detaches a forked process from its parent's resources.

A fork inherits descriptors, locks and exit functions. If it keeps a descriptor open, the exit of a
CLI is delayed. If another thread held a lock, the lock stays locked forever. If the fork closes an
event loop when it exits, the parent's descriptors are removed from the selector that both processes
share.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import selectors
import sys
import weakref
from typing import Protocol

from ..errors import CLIConnectionError


class Detachable(Protocol):
    """An object that belongs to one process."""

    def detach(self) -> None:
        """Release the parent's resources in a fork. Never raises or waits."""


_objects: weakref.WeakSet[Detachable] = weakref.WeakSet()
_loops: weakref.WeakSet[asyncio.AbstractEventLoop] = weakref.WeakSet()


def watch(detachable: Detachable) -> None:
    """Call `detachable.detach()` in each fork as long as the object exists."""
    _objects.add(detachable)


def watch_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Give `loop` a separate selector in each fork."""
    if loop not in _loops:
        _loops.add(loop)


def is_foreign(owner: int) -> bool:
    """Return whether this process has inherited an object from the process `owner`."""
    return owner != os.getpid()


def foreign_error() -> CLIConnectionError:
    """Create the error for using an inherited connection in a fork."""
    return CLIConnectionError(
        "This connection to Claude Code belongs to the process from which this one was forked. "
        "Open a new one here: create another ClaudeSDKClient, or call query()."
    )


def _detach_all() -> None:
    for detachable in list(_objects):
        with contextlib.suppress(Exception):
            detachable.detach()
    for loop in list(_loops):
        with contextlib.suppress(Exception):
            _renew_selector(loop)
    with contextlib.suppress(Exception):
        _renew_trio()
    _objects.clear()
    _loops.clear()


def _renew_selector(loop: asyncio.AbstractEventLoop) -> None:
    """Replace the selector that both processes share.

    The standard library has no public function for this. uvloop replaces its own selector.
    """
    shared = getattr(loop, "_selector", None)
    if not isinstance(shared, selectors.BaseSelector):
        return
    own = type(shared)()
    for key in list((shared.get_map() or {}).values()):
        with contextlib.suppress(OSError, ValueError):  # already closed in this process
            own.register(key.fileobj, key.events, key.data)
    loop._selector = own  # type: ignore[attr-defined]  # see above
    shared.close()


def _renew_trio() -> None:
    """Replace the epoll object of the trio run that was active during the fork (Linux only)."""
    run = sys.modules.get("trio._core._run")
    runner = getattr(getattr(run, "GLOBAL_RUN_CONTEXT", None), "runner", None)
    if runner is None:
        return
    manager, own = runner.io_manager, select.epoll()
    own.register(manager._force_wakeup.wakeup_sock, select.EPOLLIN)
    for descriptor, waiters in manager._registered.items():
        with contextlib.suppress(OSError):  # already closed in this process
            own.register(descriptor, waiters.current_flags | select.EPOLLONESHOT)
    manager._epoll.close()
    manager._epoll = own


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_detach_all)
