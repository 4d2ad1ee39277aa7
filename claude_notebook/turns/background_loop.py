"""The one background event loop of a notebook.

Conversations live here, not on the kernel's own loop: so the CLI is never stalled by the user's
computation, and a turn goes on while the kernel is busy.
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
    """An asyncio event loop in a daemon thread, started when it is first used."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: set[Future[Any]] = set()
        self._at_exit: list[Callable[[], Coroutine[Any, Any, None]]] = []
        fork.watch(self)

    def submit(self, function: Callable[..., Coroutine[Any, Any, T]], *args: Any) -> Future[T]:
        """Run a coroutine function there; from any thread, that loop's own one too.

        Cancelling the future cancels the task.
        """
        future = asyncio.run_coroutine_threadsafe(function(*args), self._started())
        # Handlers run last in, first out. The one that kills processes is registered when the first
        # of them starts; ours must run before it, so that they can save their accounts and leave.
        atexit.unregister(self._end)
        atexit.register(self._end)
        # The loop knows its tasks by weak references only.
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        return future

    def post(self, function: Callable[[], None]) -> None:
        """Run a plain function there soon; from any thread."""
        self._started().call_soon_threadsafe(function)

    def call_at_exit(self, function: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run `function` there when the interpreter exits; it has 3 s."""
        self._at_exit.append(function)

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                # A daemon: nobody waits for it at the end of the interpreter.
                threading.Thread(
                    target=self._loop.run_forever, name="claude_notebook", daemon=True
                ).start()
            return self._loop

    def detach(self) -> None:
        """Begin empty in a fork, which has no such thread and nothing of its own to end."""
        self._owner, self._lock, self._loop = os.getpid(), threading.Lock(), None
        self._running, self._at_exit = set(), []

    def _end(self) -> None:
        # What must not be left behind ends before the interpreter does.
        if self._loop is None or os.getpid() != self._owner:
            return
        for function in (*self._at_exit, _cancel_the_rest):
            with contextlib.suppress(Exception):
                asyncio.run_coroutine_threadsafe(function(), self._loop).result(END_SECONDS)


async def _cancel_the_rest() -> None:
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


background = BackgroundLoop()
