"""Tests of tasks that outlive the call that starts them, on asyncio and trio."""

import logging

import anyio
import anyio.lowlevel
import pytest

from claude_notebook.concurrency import tasks
from claude_notebook.concurrency.tasks import spawn

pytestmark = pytest.mark.anyio


async def test_spawn_outlives_its_caller_and_can_be_awaited():
    seen, go = [], anyio.Event()

    async def work() -> None:
        await go.wait()
        seen.append("done")

    async def caller():
        return spawn(work, "work")

    task = await caller()
    assert (task.done, task.cancelled, seen) == (False, False, [])
    go.set()
    await task.wait()
    await task.wait()

    assert (task.done, task.cancelled, seen) == (True, False, ["done"])


async def test_background_task_cancel_runs_its_cleanup():
    seen = []

    async def work() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.01)
            seen.append("clean")

    task = spawn(work, "work")
    await anyio.wait_all_tasks_blocked()
    task.cancel()
    await task.wait()

    assert (task.done, task.cancelled, seen) == (True, True, ["clean"])


async def test_background_task_cancelled_before_its_start_does_nothing():
    seen = []

    async def work() -> None:
        await anyio.lowlevel.checkpoint()
        seen.append("ran")

    task = spawn(work, "work")
    task.cancel()
    await task.wait()

    assert seen == []


async def test_background_task_failure_is_only_logged(caplog):
    async def work() -> None:
        raise RuntimeError("expected")

    with caplog.at_level(logging.DEBUG, logger=tasks.__name__):
        task = spawn(work, "reading")
        await task.wait()

    assert task.done
    error, words = caplog.records
    assert error.levelno == logging.ERROR
    assert error.getMessage().startswith("The task reading failed: RuntimeError\n")
    assert "expected" in words.exc_text
    await anyio.wait_all_tasks_blocked()
    assert not tasks._running
