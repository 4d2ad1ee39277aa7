"""A long run: is memory flat, and is anything left behind?

    python tests/benchmarks/soak.py [--turns 2000] [--queries 500] [--faults 300]

The real CLI against the scripted Messages API, both on this machine. Three parts: many turns on one
client, many `query()` calls, and many turns with faults injected at random. Prints a curve of this
process's memory, and in the end what is left: processes, tasks and file handles, counted from
outside.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import gc
import os
import random
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import psutil

from claude_notebook import (
    ClaudeCodeOptions,
    ClaudeSDKClient,
    ClaudeSDKError,
    ResultMessage,
    Transport,
    query,
)
from claude_notebook.client.launch import Launch
from claude_notebook.testing.environment import clean_environment
from claude_notebook.testing.scripted_api import ScriptedAPI

BOUND_SECONDS = 12.0


class FaultyTransport(Transport):
    """Passes everything through, until a fault strikes after some chunks."""

    def __init__(self, inner: Transport, fault: str, after: int) -> None:
        self._inner, self._fault, self._after = inner, fault, after

    async def open(self) -> None:
        await self._inner.open()

    async def send(self, data: bytes) -> None:
        if self._fault == "closed pipe" and self._strikes():
            await self._inner.send_eof()
        await self._inner.send(data)

    async def send_eof(self) -> None:
        await self._inner.send_eof()

    async def receive(self) -> bytes:
        data = await self._inner.receive()
        if data and self._strikes():
            return await self._struck(data)
        return data

    def _strikes(self) -> bool:
        self._after -= 1
        return self._after == 0

    async def _struck(self, data: bytes) -> bytes:
        if self._fault == "kill -9" and self.pid:
            os.kill(self.pid, signal.SIGKILL)
        elif self._fault == "malformed line":
            return b'{"type": "assistant", "message": {broken\n' + data
        elif self._fault == "half a line":
            return data[: len(data) // 2] + b"\n" + data[len(data) // 2 :]
        elif self._fault == "stall":
            await anyio.sleep_forever()
        return data

    async def aclose(self, grace: float = 2.0) -> None:
        await self._inner.aclose(grace)

    def kill(self) -> None:
        self._inner.kill()

    async def wait(self) -> int | None:
        return await self._inner.wait()

    @property
    def exit_code(self) -> int | None:
        return self._inner.exit_code

    @property
    def stderr(self) -> str:
        return self._inner.stderr

    @property
    def pid(self) -> int | None:
        return self._inner.pid


FAULTS = ("kill -9", "malformed line", "half a line", "stall", "closed pipe", "cancel", "none")


class Curve:
    """Memory of this process over time, in MB."""

    def __init__(self, every: int) -> None:
        self._every = every
        self._process = psutil.Process()
        self.points: list[tuple[int, float]] = []

    def note(self, count: int) -> None:
        if count % self._every == 0:
            gc.collect()
            self.points.append((count, self._process.memory_info().rss / 1e6))

    def __str__(self) -> str:
        return "  ".join(f"{count}: {size:.1f}" for count, size in self.points)


async def turns(options: ClaudeCodeOptions, count: int) -> None:
    """Many turns on one client."""
    curve = Curve(max(1, count // 10))
    started = time.monotonic()
    async with ClaudeSDKClient(options) as client:
        for number in range(count + 1):
            await client.query(f"turn {number}")
            async for _ in client.receive_response():
                pass
            curve.note(number)
    print(
        f"{count} turns on one client, {time.monotonic() - started:.0f} s; MB at turn:\n  {curve}"
    )


async def queries(options: ClaudeCodeOptions, count: int) -> None:
    """Many `query()` calls."""
    curve = Curve(max(1, count // 10))
    started = time.monotonic()
    for number in range(count + 1):
        async for _ in query(prompt=f"query {number}", options=options):
            pass
        curve.note(number)
    print(f"{count} queries, {time.monotonic() - started:.0f} s; MB at query:\n  {curve}")


async def one_with_fault(options: ClaudeCodeOptions, fault: str, after: int) -> str:
    """One query with a fault: how it ended. Longer than the bound is a failure."""
    options = ClaudeCodeOptions(**{**vars(options), "idle_timeout": 4.0, "load_timeout_ms": 5000})
    transport = FaultyTransport(Launch.of(options).transport(options), fault, after)
    result: ResultMessage | None = None
    with anyio.fail_after(BOUND_SECONDS):
        try:
            with anyio.move_on_after(
                random.uniform(0.05, 1.0) if fault == "cancel" else 60
            ) as scope:
                async for message in query(prompt="hello", options=options, transport=transport):
                    result = message if isinstance(message, ResultMessage) else result
        except ClaudeSDKError as error:
            return type(error).__name__
    return "cancelled" if scope.cancelled_caught else "result" if result else "NOTHING"


async def faults(options: ClaudeCodeOptions, count: int) -> None:
    """Many queries with faults."""
    ends: collections.Counter[tuple[str, str]] = collections.Counter()
    slowest = 0.0
    started = time.monotonic()
    for _ in range(count):
        fault, after = random.choice(FAULTS), random.randint(1, 8)
        begun = time.monotonic()
        ends[fault, await one_with_fault(options, fault, after)] += 1
        slowest = max(slowest, time.monotonic() - begun)
    print(
        f"{count} queries with faults, {time.monotonic() - started:.0f} s, slowest {slowest:.1f} s:"
    )
    for (fault, end), times in sorted(ends.items()):
        print(f"  {fault:15} -> {end:22} {times}")


def left_behind() -> str:
    """What is still there, counted from outside of the package."""
    process = psutil.Process()
    children = [child.name() for child in process.children(recursive=True)]
    return f"{len(children)} child processes {children}, {process.num_fds()} file handles"


async def run(
    part: Callable[[ClaudeCodeOptions, int], Awaitable[None]],
    options: ClaudeCodeOptions,
    count: int,
) -> None:
    await part(options, count)
    await anyio.sleep(0.5)
    tasks = [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    print(f"  left: {left_behind()}, {len(tasks)} tasks {tasks}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=2000)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--faults", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    random.seed(given.seed)
    for name in [name for name in os.environ if name.startswith(("ANTHROPIC_", "CLAUDE"))]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as home, ScriptedAPI(keep=10) as api:
        options = ClaudeCodeOptions(env=clean_environment(api.url, Path(home)), cwd=home)
        os.environ["HOME"] = home
        print(f"before: {left_behind()}")
        for part, count in ((turns, given.turns), (queries, given.queries), (faults, given.faults)):
            if count:
                anyio.run(run, part, options, count)
        print(f"after: {left_behind()}")


if __name__ == "__main__":
    main()
