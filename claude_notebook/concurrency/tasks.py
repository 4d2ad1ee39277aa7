"""The one place where a task is started that outlives the call that starts it.

A task group cannot do that: a call may not leave open what another call closes (PEP 789). So the
event loop's own means are used, for both kinds of loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Awaitable, Callable
from concurrent.futures import Future

import anyio

from ..logs import get_logger, log_failure
from . import fork

log = get_logger(__name__)

# Other threads wake an event loop through a descriptor of its own. A fork may take that out of the
# selector which both share; a loop that also looks by itself notices a little later.
_LOOK_SECONDS = 0.5

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
        self._ended: anyio.Event | None = None  # made when `wait` is called: few do
        self._loop = running_asyncio()
        self.done = False

    def cancel(self) -> None:
        """Ask it to end. Call it in the loop that runs it."""
        self._scope.cancel()

    @property
    def cancelled(self) -> bool:
        """Whether it was asked to end."""
        return self._scope.cancel_called

    async def wait(self) -> None:
        """Wait until the task has ended; in another event loop than the task's, return at once."""
        if not self.done and self._loop is running_asyncio():
            self._ended = self._ended or anyio.Event()
            await self._ended.wait()

    async def _run(self) -> None:
        try:
            with self._scope:
                await self._function()
        except Exception as error:  # noqa: BLE001  nobody else hears of it
            log_failure(log, f"The task {self._name}", error)
        finally:
            self._mark_ended()

    def _mark_ended(self) -> None:
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
    fork.watch_loop(loop)
    for ended in [one for one in _running if one.get_loop().is_closed()]:
        _running.discard(ended)
    handle = loop.create_task(task._run(), name=name)
    _running.add(handle)
    handle.add_done_callback(_running.discard)
    # A task that is cancelled before its first step never runs at all.
    handle.add_done_callback(lambda _: task._mark_ended())
    return task


def call_soon() -> Callable[[Callable[[], None]], object]:
    """The function by which another thread has a function called in the current event loop."""
    loop = running_asyncio()
    if loop is not None:
        return loop.call_soon_threadsafe
    import trio

    return trio.lowlevel.current_trio_token().run_sync_soon


async def until_done(future: Future[None]) -> None:
    """Wait until a thread has completed `future`; a cancelled caller leaves it as it is."""
    if future.done():
        return
    done = anyio.Event()
    schedule = call_soon()

    def notify(_: Future[None]) -> None:
        with contextlib.suppress(RuntimeError):  # the event loop has ended in the meantime
            schedule(done.set)

    future.add_done_callback(notify)
    while not future.done():
        with anyio.move_on_after(_LOOK_SECONDS):
            await done.wait()
