"""The one background event loop of a notebook.

Conversations live here, not on the kernel's own loop: so the CLI is never stalled by the user's
computation, and a turn goes on while the kernel is busy.
"""

from __future__ import annotations

import atexit
import contextlib
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal

T = TypeVar("T")


class BackgroundLoop:
    """An asyncio event loop in a daemon thread, started when it is first used."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._exit = contextlib.ExitStack()
        self._portal: BlockingPortal | None = None
        self._at_exit: list[Callable[[], Awaitable[None]]] = []

    def submit(self, function: Callable[..., Awaitable[T]], *args: Any) -> Future[T]:
        """Run a coroutine function there; thread-safe. Cancelling the future cancels the task."""
        return self._started().start_task_soon(function, *args)

    def post(self, function: Callable[[], None]) -> None:
        """Run a plain function there soon; thread-safe."""
        self._started().start_task_soon(function)

    def call_at_exit(self, function: Callable[[], Awaitable[None]]) -> None:
        """Run `function` there when the interpreter exits; it has 3 s."""
        self._at_exit.append(function)

    def _started(self) -> BlockingPortal:
        with self._lock:
            if self._portal is None:
                self._portal = self._exit.enter_context(
                    start_blocking_portal("asyncio", name="claude_notebook")
                )
                atexit.register(self._end)
            return self._portal

    def _end(self) -> None:
        # The thread is a daemon: what must not be left behind ends before the interpreter does.
        for function in self._at_exit:
            with contextlib.suppress(Exception):
                self.submit(function).result(timeout=3)


background = BackgroundLoop()
