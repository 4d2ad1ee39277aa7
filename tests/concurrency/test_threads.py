"""Tests of blocking functions in threads."""

import contextvars
import subprocess
import sys
import threading

import anyio
import pytest

from claude_notebook.concurrency.threads import in_thread

pytestmark = pytest.mark.anyio

VARIABLE = contextvars.ContextVar("variable", default="unset")


async def test_in_thread_returns_the_result_of_another_thread():
    assert await in_thread(threading.get_ident) != threading.get_ident()


async def test_in_thread_raises_the_exception_to_its_caller():
    with pytest.raises(KeyError, match="nothing"):
        await in_thread(lambda: {}["nothing"])


async def test_in_thread_copies_the_context():
    VARIABLE.set("ours")

    def look() -> str:
        seen = VARIABLE.get()
        VARIABLE.set("theirs")
        return seen

    assert await in_thread(look) == "ours"
    assert VARIABLE.get() == "ours"


async def test_in_thread_releases_a_cancelled_caller():
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


def test_in_thread_does_not_keep_the_program_alive(anyio_backend):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(backend=anyio_backend)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("over\n", "", 0)


async def test_in_thread_ignores_an_ended_event_loop(anyio_backend, recwarn):
    release = threading.Event()
    threads = []

    def block() -> None:
        threads.append(threading.current_thread())
        release.wait(60)

    async def leave() -> None:
        with anyio.move_on_after(0.01):
            await in_thread(block)

    # This event loop ends before the thread.
    await anyio.to_thread.run_sync(lambda: anyio.run(leave, backend=anyio_backend))
    release.set()
    await anyio.to_thread.run_sync(threads[0].join)
    assert not [warning for warning in recwarn if "Thread" in str(warning.message)]
