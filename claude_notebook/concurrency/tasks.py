"""Tasks that can outlive the call that starts them, on both asyncio and trio.

A task group cannot be used to start them, because one call must not leave a group open for another
call to close (PEP 789). Instead, these functions use the event loop directly.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Awaitable, Callable
from concurrent.futures import Future

import anyio
from anyio.lowlevel import current_token

from ..logs import get_logger, log_failure
from . import fork

log = get_logger(__name__)

# Other threads wake an event loop through a descriptor. A fork may remove it from the selector that
# both processes share, so the loop also polls.
_POLL_SECONDS = 0.5

# The event loop keeps only weak references to its tasks.
_running: set[asyncio.Task[None]] = set()


class BackgroundTask:
    """A running task. Its exceptions are logged rather than raised.

    :param function: the code to run
    :param name: the task's name, shown in the log and in debuggers

    `done` is set once the task has ended.
    """

    def __init__(self, function: Callable[[], Awaitable[None]], name: str) -> None:
        self._function = function
        self._name = name
        self._scope = anyio.CancelScope()
        self._ended: anyio.Event | None = None  # created by `wait`, which is rarely called
        self._loop = running_asyncio()
        self.done = False

    def cancel(self) -> None:
        """Cancel the task. This must be called in the event loop that runs it."""
        self._scope.cancel()

    @property
    def cancelled(self) -> bool:
        """True if `cancel` was called."""
        return self._scope.cancel_called

    async def wait(self) -> None:
        """Wait for the task to end.

        Return immediately if called in a different event loop from the task's.
        """
        if not self.done and self._loop is running_asyncio():
            self._ended = self._ended or anyio.Event()
            await self._ended.wait()

    async def _run(self) -> None:
        try:
            with self._scope:
                await self._function()
        except Exception as error:  # noqa: BLE001  no caller is left to catch it
            log_failure(log, f"The task {self._name}", error)
        finally:
            self._mark_ended()

    def _mark_ended(self) -> None:
        self.done = True
        if self._ended is not None:
            self._ended.set()


def running_asyncio() -> asyncio.AbstractEventLoop | None:
    """Return the running asyncio event loop; None on trio."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def current_loop() -> object:
    """Return the running asyncio event loop, or trio's token. Cheap enough for every message."""
    return running_asyncio() or current_token()


def spawn(function: Callable[[], Awaitable[None]], name: str) -> BackgroundTask:
    """Run `function` as a task of the current event loop, asyncio or trio."""
    task = BackgroundTask(function, name)
    loop = running_asyncio()
    if loop is None:
        import trio

        context = contextvars.copy_context()  # as create_task does on asyncio
        trio.lowlevel.spawn_system_task(task._run, name=name, context=context)
        return task
    fork.watch_loop(loop)
    for stale in [handle for handle in _running if handle.get_loop().is_closed()]:
        _running.discard(stale)
    handle = loop.create_task(task._run(), name=name)
    _running.add(handle)
    handle.add_done_callback(_running.discard)
    # A task cancelled before its first step never runs, so `_run` cannot mark its end.
    handle.add_done_callback(lambda _: task._mark_ended())
    return task


def call_soon() -> Callable[[Callable[[], None]], object]:
    """Return the function that other threads use to schedule calls in the current event loop."""
    loop = running_asyncio()
    if loop is not None:
        return loop.call_soon_threadsafe
    import trio

    return trio.lowlevel.current_trio_token().run_sync_soon


async def until_done(future: Future[None]) -> None:
    """Wait until a thread has completed `future`. Cancellation does not affect the future."""
    if future.done():
        return
    done = anyio.Event()
    schedule = call_soon()

    def notify(_: Future[None]) -> None:
        with contextlib.suppress(RuntimeError):  # the event loop has ended in the meantime
            schedule(done.set)

    future.add_done_callback(notify)
    while not future.done():
        with anyio.move_on_after(_POLL_SECONDS):
            await done.wait()
