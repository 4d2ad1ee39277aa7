"""Benchmark of the official SDK and this one, side by side.

    python tests/benchmarks/bench_sdk.py [--repeat 5] [--only ROW ...]

Each figure is the median of several runs; the SDKs alternate, and each run has its own process.
Except for "first message", the rows use a fake CLI that writes as fast as the pipe accepts, so they
measure the reader. "pipe" is the lower limit: the same bytes, read from a bare pipe and decoded
into the same typed values.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

import fast_cli  # noqa: E402  found through the line above

FOLDER = tempfile.TemporaryDirectory()
FAST_CLI = fast_cli.install(Path(FOLDER.name, "claude"))
SDKS = ("ours", "official")

# row -> (prompt, unit)
ROWS = {
    "stream events": ("events 100000", "100,000 events"),
    "messages": ("assistants 10000", "10,000 messages of 2 KB"),
    "long line": ("line 10000000", "one line of 10 MB"),
    "permission": ("ask 1000", "1,000 round trips"),
    "hook": ("hook 1000", "1,000 round trips"),
    "MCP tool": ("tool 1000", "1,000 round trips"),
}
# The clock starts after the handshake of the tools and, for this SDK, after the import of the mcp
# package, which the official SDK does in its own import.
WARM_UP = {"MCP tool": "tool 1"}


def sdk_module(sdk: str) -> Any:
    """Import the module of an SDK."""
    if sdk == "ours":
        import claude_notebook

        return claude_notebook
    import claude_agent_sdk

    return claude_agent_sdk


def options_for(module: Any, row: str, **more: Any) -> Any:
    """Build options with the callbacks of a row."""
    make = module.ClaudeAgentOptions
    common = {"cli_path": FAST_CLI, "include_partial_messages": True, **more}
    if row == "permission":

        async def allow(tool: str, tool_input: Any, context: Any) -> Any:
            return module.PermissionResultAllow()

        return make(can_use_tool=allow, **common)
    if row == "hook":

        async def hook(hook_input: Any, tool_use_id: Any, context: Any) -> Any:
            return {}

        return make(hooks={"PreToolUse": [module.HookMatcher(hooks=[hook])]}, **common)
    if row == "MCP tool":

        @module.tool("echo", "Repeat a text", {"text": str})
        async def echo(arguments: Any) -> Any:
            return {"content": [{"type": "text", "text": arguments["text"]}]}

        server = module.create_sdk_mcp_server("nb", tools=[echo])
        return make(mcp_servers={"nb": server}, **common)
    return make(**common, max_buffer_size=64 * 1024 * 1024)


async def turn(module: Any, row: str) -> float:
    """Return the seconds from the prompt to the result, without the start of the process."""
    async with module.ClaudeSDKClient(options_for(module, row)) as client:
        for prompt in filter(None, [WARM_UP.get(row), ROWS[row][0]]):
            await client.query(prompt)
            started = time.perf_counter()
            async for _ in client.receive_response():
                pass
        return time.perf_counter() - started


async def through_query(module: Any, row: str) -> float:
    """Return the seconds of a whole `query()`, from its first message on."""
    started = None
    async for _ in module.query(prompt=ROWS[row][0], options=options_for(module, row)):
        started = started or time.perf_counter()
    return time.perf_counter() - (started or 0)


async def logged(module: Any) -> float:
    """Seconds of the stream events of a turn that is logged, as in a notebook."""
    from claude_notebook.recording.turn_log import LogFolder, TurnLog

    row = "stream events"
    with tempfile.TemporaryDirectory() as folder:
        log = TurnLog(LogFolder(Path(folder, "state", "turns", "log")))
        client = module.ClaudeSDKClient(options_for(module, row))
        client.add_observer(log)
        async with client:
            with log.turn({"prompt": row, "cwd": "/"}):
                await client.query(ROWS[row][0])
                started = time.perf_counter()
                async for _ in client.receive_response():
                    pass
                return time.perf_counter() - started


async def unread(module: Any) -> float:
    """Return the seconds that `interrupt()` takes with 5,000 unread messages."""
    async with module.ClaudeSDKClient(options_for(module, "unread")) as client:
        await client.query("unread 5000")
        await asyncio.sleep(1.0)
        started = time.perf_counter()
        try:
            await asyncio.wait_for(client.interrupt(), 20)
        except Exception:  # noqa: BLE001  each SDK raises its own exception
            return float("inf")
        return time.perf_counter() - started


async def first_message(module: Any) -> float:
    """Return the seconds from `query()` to the first message, with the real CLI."""
    from claude_notebook.cli.discovery import find_cli
    from claude_notebook.testing.environment import clean_environment
    from claude_notebook.testing.scripted_api import ScriptedAPI

    with tempfile.TemporaryDirectory() as home, ScriptedAPI() as api:
        env = clean_environment(api.url, Path(home))
        cli = find_cli().path
        os.environ.update(env)
        options = module.ClaudeAgentOptions(cli_path=cli, cwd=home, env=env)
        started, elapsed = time.perf_counter(), 0.0
        async for _ in module.query(prompt="hello", options=options):
            elapsed = elapsed or time.perf_counter() - started
        return elapsed


def pipe() -> float:
    """Return the seconds to read and decode the stream events without an SDK."""
    from claude_notebook.protocol.connection import Connection

    process = subprocess.Popen([FAST_CLI], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    assert process.stdin
    assert process.stdout
    connection = Connection(64 * 1024 * 1024)
    process.stdin.write(connection.send_user(ROWS["stream events"][0]))
    started = None
    while chunk := os.read(process.stdout.fileno(), 256 * 1024):
        started = started or time.perf_counter()
        connection.receive_data(chunk)
        while (event := connection.next_event()) is not None:
            if type(event).__name__ == "ResultMessage":
                process.stdin.close()
                process.wait()
                return time.perf_counter() - started
    return float("inf")


def import_time(sdk: str) -> float:
    """Return the seconds to import everything that a first query needs."""
    started = time.perf_counter()
    module = sdk_module(sdk)
    _ = module.query, module.ClaudeSDKClient, module.ClaudeAgentOptions
    return time.perf_counter() - started


MEASURES: dict[str, Callable[[str], Awaitable[float] | float]] = {
    **{row: lambda sdk, row=row: turn(sdk_module(sdk), row) for row in ROWS},
    "stream events, query()": lambda sdk: through_query(sdk_module(sdk), "stream events"),
    "stream events, logged": lambda sdk: logged(sdk_module(sdk)) if sdk == "ours" else float("nan"),
    "interrupt, 5,000 unread": lambda sdk: unread(sdk_module(sdk)),
    "first message (real CLI)": lambda sdk: first_message(sdk_module(sdk)),
    "import": import_time,
    "pipe": lambda sdk: pipe() if sdk == "ours" else float("nan"),
}


def work(sdk: str, row: str) -> None:
    """Measure once, in this process, and print seconds and peak memory."""
    if row != "import":
        sdk_module(sdk)
    value = MEASURES[row](sdk)
    seconds = value if isinstance(value, float) else asyncio.run(_awaited(value))
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


async def _awaited(value: Awaitable[float]) -> float:
    return await value


def measure(sdk: str, row: str) -> tuple[float, float]:
    """Measure one run in a new process; return its seconds and peak MB."""
    keep = ("PATH", "LANG", "VIRTUAL_ENV")
    with tempfile.TemporaryDirectory() as home:
        env = {name: os.environ[name] for name in keep if name in os.environ}
        env |= {"HOME": home, "CLAUDE_AGENT_SDK_SKIP_VERSION_CHECK": "1"}
        done = subprocess.run(
            [sys.executable, __file__, "--work", sdk, row],
            capture_output=True, text=True, timeout=180, env=env, check=False,
        )  # fmt: skip
    if done.returncode:
        print(f"{sdk}, {row}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return float("inf"), float("nan")
    seconds, megabytes = json.loads(done.stdout.strip().splitlines()[-1])
    return seconds, megabytes


def main() -> None:
    """Run the benchmark and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=list(MEASURES))
    parser.add_argument("--work", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        work(*arguments.work)
        return
    print(f"{'':26}{'ours':>10}{'official':>12}{'ratio':>9}{'MB ours':>10}{'official':>10}")
    for row in arguments.only:
        runs: dict[str, list[tuple[float, float]]] = {sdk: [] for sdk in SDKS}
        for _ in range(arguments.repeat):
            for sdk in SDKS:
                runs[sdk].append(measure(sdk, row))
        ours, official = (statistics.median(run[0] for run in runs[sdk]) for sdk in SDKS)
        memory = [statistics.median(run[1] for run in runs[sdk]) for sdk in SDKS]
        print(
            f"{row:26}{ours * 1000:8.1f}ms{official * 1000:10.1f}ms{official / ours:8.1f}x"
            f"{memory[0]:10.0f}{memory[1]:10.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
