"""Blocking functions beside the event loop."""

import contextvars
import subprocess
import sys
import threading

import anyio
import pytest

from claude_notebook.concurrency.threads import in_thread

pytestmark = pytest.mark.anyio

VARIABLE = contextvars.ContextVar("variable", default="unset")


async def test_a_result_comes_from_another_thread():
    assert await in_thread(threading.get_ident) != threading.get_ident()


async def test_an_exception_is_raised_where_the_result_is_awaited():
    with pytest.raises(KeyError, match="nothing"):
        await in_thread(lambda: {}["nothing"])


async def test_the_context_is_a_copy():
    VARIABLE.set("ours")

    def look() -> str:
        seen = VARIABLE.get()
        VARIABLE.set("theirs")
        return seen

    assert await in_thread(look) == "ours"
    assert VARIABLE.get() == "ours"


async def test_a_cancelled_caller_goes_on_while_the_thread_is_still_busy():
    release, ended = threading.Event(), threading.Event()

    def block() -> None:
        release.wait(60)
        ended.set()

    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(in_thread, block)
            await anyio.lowlevel.checkpoint()
            scope.cancel()
    assert not ended.is_set()
    release.set()
    assert await in_thread(lambda: ended.wait(60))


PROGRAM = """
import threading, anyio
from claude_notebook.concurrency.threads import in_thread

async def main():
    with anyio.move_on_after(0.1):
        await in_thread(threading.Event().wait)
    print("over")

anyio.run(main, backend={backend!r})
"""


def test_a_thread_that_never_ends_does_not_keep_the_program(anyio_backend):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(backend=anyio_backend)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("over\n", "", 0)


async def test_a_loop_that_has_ended_is_not_told(anyio_backend, recwarn):
    release = threading.Event()
    threads = []

    def block() -> None:
        threads.append(threading.current_thread())
        release.wait(60)

    async def leave() -> None:
        with anyio.move_on_after(0.01):
            await in_thread(block)

    # A loop of its own, which is over before the thread is.
    await anyio.to_thread.run_sync(lambda: anyio.run(leave, backend=anyio_backend))
    release.set()
    await anyio.to_thread.run_sync(threads[0].join)
    assert not [one for one in recwarn if "Thread" in str(one.message)]
