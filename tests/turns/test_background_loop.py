"""Background loop: calls from any thread, and the end of the interpreter."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from concurrent.futures import CancelledError

import pytest

from claude_notebook.turns.background_loop import BackgroundLoop

SECONDS = 20


@pytest.fixture(scope="module")
def loop() -> BackgroundLoop:
    return BackgroundLoop()


async def thread() -> threading.Thread:
    return threading.current_thread()


def test_loop_runs_all_work_in_one_other_thread(loop):
    threads = {loop.submit(thread).result(SECONDS) for _ in range(5)}
    (only,) = threads
    assert only is not threading.current_thread()
    assert only.daemon


def test_loop_passes_arguments_results_and_exceptions(loop):
    async def divide(a: int, b: int) -> float:
        return a / b

    assert loop.submit(divide, 6, 3).result(SECONDS) == 2
    with pytest.raises(ZeroDivisionError):
        loop.submit(divide, 1, 0).result(SECONDS)


def test_loop_future_cancels_its_task(loop):
    begun, ended = threading.Event(), threading.Event()

    async def wait() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    future = loop.submit(wait)
    assert begun.wait(SECONDS)
    future.cancel()
    assert ended.wait(SECONDS)
    with pytest.raises(CancelledError):
        future.result(SECONDS)


def test_loop_takes_work_from_its_own_thread(loop):
    done = threading.Event()

    async def inner() -> None:
        done.set()

    async def outer() -> None:
        loop.submit(inner)
        loop.post(lambda: None)

    loop.submit(outer).result(SECONDS)
    assert done.wait(SECONDS)


def test_loop_runs_posted_functions_in_order(loop):
    seen: list[object] = []
    done = threading.Event()
    for number in range(10):
        loop.post(lambda number=number: seen.append(number))
    loop.post(lambda: seen.append(threading.current_thread()))
    loop.post(done.set)
    assert done.wait(SECONDS)
    assert seen == [*range(10), loop.submit(thread).result(SECONDS)]


PROGRAM = """
import atexit, os, sys
from claude_notebook.turns.background_loop import BackgroundLoop

async def end():
    print("ended", flush=True)

async def fail():
    raise OSError

async def start():
    atexit.register(lambda: print("killed", flush=True))

async def work():
    pass

loop = BackgroundLoop()
loop.call_at_exit(fail)
loop.call_at_exit(end)
loop.submit(start).result()
loop.submit(work).result()
"""


def run(program: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_loop_ends_before_handlers_registered_meanwhile():
    assert run(PROGRAM) == ["ended", "killed"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_loop_of_a_fork_ends_nothing():
    fork = "child = os.fork()\nif child: os.waitpid(child, 0); print('waited', flush=True)\n"
    text = run(PROGRAM + fork)
    assert text.count("ended") == 1
    assert text.index("waited") < text.index("ended")
