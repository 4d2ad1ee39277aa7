"""The one place where a task is started that outlives the call that starts it.

A task group cannot do that: a call may not leave open what another call closes (PEP 789). So the
event loop's own means are used, for both kinds of loop.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable

import anyio

from ..logs import get_logger, log_failure

log = get_logger(__name__)

# The loop itself keeps only weak references to its tasks.
_running: set[asyncio.Task[None]] = set()


class BackgroundTask:
    """A running task: `cancel()` it, `wait()` for it. Its exceptions end in the log.

    :param done: whether it has ended.
    """

    def __init__(self, function: Callable[[], Awaitable[None]], name: str) -> None:
        self._function = function
        self._name = name
        self._scope = anyio.CancelScope()
        self._ended: anyio.Event | None = None  # made when somebody waits: few do
        self.done = False

    def cancel(self) -> None:
        """Ask it to end. Call it in the loop that runs it."""
        self._scope.cancel()

    @property
    def cancelled(self) -> bool:
        """Whether it was asked to end."""
        return self._scope.cancel_called

    async def wait(self) -> None:
        """Wait until it has ended."""
        if not self.done:
            self._ended = self._ended or anyio.Event()
            await self._ended.wait()

    async def _run(self) -> None:
        try:
            with self._scope:
                await self._function()
        except Exception as error:  # noqa: BLE001  nobody else hears of it
            log_failure(log, f"The task {self._name}", error)
        finally:
            self.done = True
            if self._ended is not None:
                self._ended.set()


def running_asyncio() -> asyncio.AbstractEventLoop | None:
    """The running event loop if it is one of asyncio; None on trio."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def spawn(function: Callable[[], Awaitable[None]], name: str) -> BackgroundTask:
    """Run `function` in the current event loop (asyncio or trio) beside everything else."""
    task = BackgroundTask(function, name)
    loop = running_asyncio()
    if loop is None:
        import trio

        context = contextvars.copy_context()  # as create_task does
        trio.lowlevel.spawn_system_task(task._run, name=name, context=context)
        return task
    handle = loop.create_task(task._run(), name=name)
    _running.add(handle)
    handle.add_done_callback(_running.discard)
    return task
