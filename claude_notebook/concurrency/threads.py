"""Run a blocking function beside the event loop, and never be held up by it.

The threads of anyio's pool are waited for when the interpreter ends: one function that never
returns would keep the program from ending. These threads are daemons, one for each call.
"""

from __future__ import annotations

import contextlib
import contextvars
import threading
from collections.abc import Callable
from typing import TypeVar

import anyio

from .tasks import call_soon

T = TypeVar("T")


async def in_thread(function: Callable[[], T], name: str = "claude tool") -> T:
    """Call `function` in a thread of its own, with a copy of the caller's context variables.

    A cancelled caller goes on at once; the thread is left to itself, its outcome is dropped.

    :raises BaseException: what `function` raises
    """
    done = anyio.Event()
    schedule = call_soon()
    results: list[T] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            results.append(function())
        except BaseException as error:  # noqa: BLE001  it is raised where the result is awaited
            errors.append(error)
        with contextlib.suppress(RuntimeError):  # the event loop may have ended in the meantime
            schedule(done.set)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(work,), name=name, daemon=True).start()
    await done.wait()
    if errors:
        # Popped: the traceback would otherwise hold a reference to itself.
        raise errors.pop()
    return results[0]
