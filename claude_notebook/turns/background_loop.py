"""The background event loop of a notebook, of which there is only one.

Conversations run here rather than on the kernel's own loop, so the user's computation never stalls
the CLI, and a turn continues while the kernel is busy.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from ..concurrency import fork

T = TypeVar("T")

END_SECONDS = 3.0


class BackgroundLoop:
    """An asyncio event loop in a daemon thread, which is started on first use."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: set[Future[Any]] = set()
        self._at_exit: list[Callable[[], Coroutine[Any, Any, None]]] = []
        fork.watch(self)

    def submit(self, function: Callable[..., Coroutine[Any, Any, T]], *args: Any) -> Future[T]:
        """Run a coroutine function on the loop. This is thread-safe, even in the loop's own thread.

        Cancelling the future cancels the task.
        """
        future = asyncio.run_coroutine_threadsafe(function(*args), self._started())
        # Exit handlers run in reverse order of registration. The handler that kills processes is
        # registered when the first process starts, and this one must run before it so that
        # processes can exit cleanly.
        atexit.unregister(self._end)
        atexit.register(self._end)
        # The loop only holds weak references to its tasks.
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        return future

    def post(self, function: Callable[[], None]) -> None:
        """Schedule a plain function on the loop. This is thread-safe."""
        self._started().call_soon_threadsafe(function)

    def call_at_exit(self, function: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """When the interpreter exits, run `function` on the loop for at most 3 s."""
        self._at_exit.append(function)

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                # A daemon thread does not keep the interpreter alive.
                threading.Thread(
                    target=self._loop.run_forever, name="claude_notebook", daemon=True
                ).start()
            return self._loop

    def detach(self) -> None:
        """Reset a forked process, which has neither the thread nor its tasks."""
        self._owner, self._lock, self._loop = os.getpid(), threading.Lock(), None
        self._running, self._at_exit = set(), []

    def _end(self) -> None:
        # Processes must exit before the interpreter does.
        if self._loop is None or os.getpid() != self._owner:
            return
        for function in (*self._at_exit, _cancel_all):
            with contextlib.suppress(Exception):
                asyncio.run_coroutine_threadsafe(function(), self._loop).result(END_SECONDS)


async def _cancel_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


background = BackgroundLoop()
