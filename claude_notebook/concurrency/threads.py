"""Runs blocking functions in daemon threads, one thread per call.

When the interpreter exits, it waits for the threads in anyio's pool, so a function that never
returns would keep the program alive. It does not wait for daemon threads.
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
    """Call `function` in a new thread, with a copy of the caller's context variables.

    If the caller is cancelled, it continues immediately. The thread keeps running, and its result
    is discarded.

    :param name: the thread's name
    :returns: the result of `function`
    :raises BaseException: any exception raised by `function`
    """
    done = anyio.Event()
    schedule = call_soon()
    results: list[T] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            results.append(function())
        except BaseException as error:  # noqa: BLE001  raised to the awaiting caller
            errors.append(error)
        with contextlib.suppress(RuntimeError):  # the event loop may have ended in the meantime
            schedule(done.set)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(work,), name=name, daemon=True).start()
    await done.wait()
    if errors:
        # Popped because the traceback would otherwise contain a reference to itself.
        raise errors.pop()
    return results[0]
