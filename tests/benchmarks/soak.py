"""Long run that checks for memory growth, wrong outcomes, and leftover processes.

    python tests/benchmarks/soak.py [--turns 2000] [--queries 500] [--faults 300] [--cancelled 200]

The real CLI runs against the scripted Messages API in another process. The parts are many turns on
one client, many `query()` calls, many calls with random faults, and many turns that are abandoned
at random points. Each part prints a curve of this process's memory, file handles, threads and
tasks, and of the CLI's processes, all counted without help of the package. Exits with 1 after a
wrong outcome or leftover.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import gc
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import anyio
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

from faulty import ENDS, FaultyTransport
from leaving import WAYS, cancelled_turn
from processes import living_at, until

from claude_notebook import (
    ClaudeCodeOptions,
    ClaudeSDKClient,
    ClaudeSDKError,
    ResultMessage,
    query,
)
from claude_notebook.client.launch.command_line import Launch
from claude_notebook.testing.environment import clean_environment

BOUND_SECONDS = 30.0
LONGEST_SECONDS = 1.6


class Soak:
    """State of a run: its options, random generator, and failures."""

    def __init__(self, options: ClaudeCodeOptions, chance: random.Random) -> None:
        self.options = options
        self.home = options.env["HOME"]
        self.chance = chance
        self.failures: list[str] = []
        self._process = psutil.Process()
        self._started = time.monotonic()

    def begin(self, title: str) -> None:
        """Print the header of a part."""
        self._started = time.monotonic()
        names = ("", "s", "MB", "handles", "threads", "tasks")
        print(f"\n{title}\n" + "".join(f"{name:>8}" for name in names) + "  processes")

    def note(self, count: int, every: int) -> None:
        """Print a point of the curve, every `every` counts."""
        if count % every:
            return
        gc.collect()
        memory = self._process.memory_info().rss / 1e6
        tasks = len(asyncio.all_tasks()) - 1
        print(
            f"{count:8}{time.monotonic() - self._started:8.0f}{memory:8.1f}"
            f"{self._process.num_fds():8}{self._process.num_threads():8}{tasks:8}"
            f"  {dict(collections.Counter(living_at(self.home)))}",
            flush=True,
        )

    def fail(self, text: str) -> None:
        """Record a failure."""
        self.failures.append(text)
        print(f"FAILED: {text}", flush=True)

    async def expect(self, moment: str, living: list[str]) -> None:
        """Wait until only the arguments processes are alive; record a failure otherwise."""
        if not await anyio.to_thread.run_sync(until, lambda: living_at(self.home) == living):
            self.fail(f"{moment}: {living_at(self.home)} are alive")

    # --- parts ---------------------------------------------------------------------------------

    async def turns(self, count: int) -> None:
        """Run many turns on one client."""
        self.begin(f"{count} turns on one client")
        async with ClaudeSDKClient(self.options) as client:
            for number in range(count + 1):
                await client.query(f"turn {number}")
                results = [m async for m in client.receive_response()][-1:]
                if not (results and isinstance(results[0], ResultMessage)):
                    self.fail(f"turn {number} ended with {results}")
                self.note(number, 100)
        await self.expect("after the client", [])

    async def queries(self, count: int) -> None:
        """Run many `query()` calls."""
        self.begin(f"{count} calls of query()")
        for number in range(count + 1):
            messages = [m async for m in query(prompt=f"query {number}", options=self.options)]
            if not isinstance(messages[-1], ResultMessage):
                self.fail(f"query {number} ended with {messages[-1]}")
            self.note(number, 100)
        await self.expect("after the queries", [])

    async def faults(self, count: int) -> None:
        """Run many queries with faults, and check the outcome of each."""
        self.begin(f"{count} calls of query() with faults")
        ends: collections.Counter[tuple[str, str]] = collections.Counter()
        slowest: dict[str, float] = collections.defaultdict(float)
        for number in range(count + 1):
            fault, after = self.chance.choice([*ENDS]), self.chance.randint(1, 8)
            began = time.monotonic()
            end = await self._with_fault(fault, after)
            ends[fault, end] += 1
            slowest[fault] = max(slowest[fault], time.monotonic() - began)
            if end not in ENDS[fault]:
                self.fail(f"{number}: {fault} after {after} chunks ended with {end}")
            await self.expect(f"after {fault}", [])
            self.note(number, 50)
        for (fault, end), times in sorted(ends.items()):
            print(f"  {fault:15} -> {end:22}{times:5}   (slowest: {slowest[fault]:.1f} s)")

    async def _with_fault(self, fault: str, after: int) -> str:
        more = {"idle_timeout": 4.0, "load_timeout_ms": 5000}
        options = ClaudeCodeOptions(**{**vars(self.options), **more})
        transport = FaultyTransport(Launch.of(options).transport(options), fault, after)
        patience = (
            self.chance.uniform(0.05, LONGEST_SECONDS) if fault == "cancel" else BOUND_SECONDS
        )
        result = "no result"
        with anyio.move_on_after(patience) as scope:
            try:
                async for message in query(prompt="hello", options=options, transport=transport):
                    result = "result" if isinstance(message, ResultMessage) else result
            except ClaudeSDKError as error:
                return type(error).__name__
        if scope.cancelled_caught:
            return "cancelled" if fault == "cancel" else "too late"
        return result

    async def cancelled(self, count: int) -> None:
        """Run many turns that are abandoned at random points."""
        self.begin(f"{count} turns abandoned at random points")
        options = ClaudeCodeOptions(
            **{**vars(self.options), "allowed_tools": ["Bash"], "include_partial_messages": True}
        )
        for number in range(count + 1):
            way, seconds = self.chance.choice(WAYS), self.chance.uniform(0, LONGEST_SECONDS)
            await way(options, seconds)
            await self.expect(f"{number}: {way.__name__} after {seconds:.3f} s", [])
            self.note(number, 25)

    async def cancelled_turns(self, count: int) -> None:
        """Run many turns on one client, and cancel them at random points."""
        self.begin(f"{count} turns of one client, cancelled at random points")
        options = ClaudeCodeOptions(
            **{**vars(self.options), "allowed_tools": ["Bash"], "include_partial_messages": True}
        )
        async with ClaudeSDKClient(options) as client:
            alone = living_at(self.home)
            for number in range(count + 1):
                seconds = self.chance.uniform(0, LONGEST_SECONDS)
                await cancelled_turn(client, seconds)
                await self.expect(f"{number}: cancelled after {seconds:.3f} s", alone)
                self.note(number, 25)
        await self.expect("after the client", [])


@contextlib.contextmanager
def scripted_api() -> Iterator[str]:
    """Yield the address of a scripted Messages API in another process."""
    command = [sys.executable, "-m", "claude_notebook.testing.scripted_api"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip().partition("=")[2]
        finally:
            process.kill()


async def run(soak: Soak, part: Callable[[int], Awaitable[None]], count: int) -> None:
    """Run a part and check for leftover tasks."""
    await part(count)
    await anyio.sleep(0.5)
    tasks = [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    if tasks:
        soak.fail(f"leftover tasks: {tasks}")


def main() -> int:
    """Run all parts; return 0 without failures, otherwise 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, count in (("turns", 2000), ("queries", 500), ("faults", 300), ("cancelled", 200)):
        parser.add_argument(f"--{name}", type=int, default=count)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    for name in [name for name in os.environ if name.startswith(("ANTHROPIC_", "CLAUDE"))]:
        del os.environ[name]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home, scripted_api() as url:
        options = ClaudeCodeOptions(env=clean_environment(url, Path(home)), cwd=home)
        soak = Soak(options, random.Random(arguments.seed))
        handles = psutil.Process().num_fds()
        parts = [
            (soak.turns, arguments.turns),
            (soak.queries, arguments.queries),
            (soak.faults, arguments.faults),
            (soak.cancelled, arguments.cancelled * 3 // 4),
            (soak.cancelled_turns, arguments.cancelled // 4),
        ]
        for part, count in parts:
            if count:
                anyio.run(run, soak, part, count)
        if psutil.Process().num_fds() > handles:
            soak.fail(f"{psutil.Process().num_fds()} file handles, {handles} before")
    print(f"\n{len(soak.failures)} failures", *soak.failures, sep="\n")
    return 1 if soak.failures else 0


if __name__ == "__main__":
    sys.exit(main())
