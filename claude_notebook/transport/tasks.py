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
    """A running task: `cancel()` it, `wait()` for it. Its exceptions end in the log."""

    def __init__(self, function: Callable[[], Awaitable[None]], name: str) -> None:
        self._function = function
        self._name = name
        self._scope = anyio.CancelScope()
        self._done = anyio.Event()

    def cancel(self) -> None:
        """Ask it to end. Call it in the loop that runs it."""
        self._scope.cancel()

    @property
    def cancelled(self) -> bool:
        """Whether it was asked to end."""
        return self._scope.cancel_called

    async def wait(self) -> None:
        """Wait until it has ended."""
        await self._done.wait()

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self._done.is_set()

    async def _run(self) -> None:
        try:
            with self._scope:
                await self._function()
        except Exception as error:  # noqa: BLE001  nobody else hears of it
            log_failure(log, f"The task {self._name}", error)
        finally:
            self._done.set()


def spawn(function: Callable[[], Awaitable[None]], name: str) -> BackgroundTask:
    """Run `function` in the current event loop (asyncio or trio) beside everything else."""
    task = BackgroundTask(function, name)
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        import trio

        context = contextvars.copy_context()  # as create_task does
        trio.lowlevel.spawn_system_task(task._run, name=name, context=context)
        return task
    handle = loop.create_task(task._run(), name=name)
    _running.add(handle)
    handle.add_done_callback(_running.discard)
    return task
