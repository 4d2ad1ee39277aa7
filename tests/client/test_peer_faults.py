"""Nine faults that measurements found in other SDKs of this kind; this package has none of them.

The tests work with any module that has the common names, to confirm the faults elsewhere:

    SDK_UNDER_TEST=claude_agent_sdk pytest --tb=line tests/client/test_peer_faults.py
"""

import asyncio
import gc
import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import fake_cli
import fast_cli
import psutil
import pytest
from processes import living_at, until

pytestmark = [
    pytest.mark.anyio,
    # The other SDKs run on asyncio.
    pytest.mark.parametrize("anyio_backend", ["asyncio"]),
]

NAME = os.environ.get("SDK_UNDER_TEST", "claude_notebook")
OURS = NAME == "claude_notebook"


@pytest.fixture(scope="module")
def sdk() -> ModuleType:
    return importlib.import_module(NAME)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[str]:
    """Yield a home folder that marks the processes of a test, then kill the survivors."""
    yield str(tmp_path)
    for process in psutil.process_iter():
        try:
            if process.environ().get("HOME") == str(tmp_path):
                process.send_signal(signal.SIGKILL)
        except psutil.Error:
            continue


@pytest.fixture
def fast(sdk, home, tmp_path):
    """Build options for a CLI that writes as fast as a pipe accepts it."""
    return sdk.ClaudeAgentOptions(
        cli_path=fast_cli.install(tmp_path / "fast"),
        env={"HOME": home},
        include_partial_messages=True,
    )


@pytest.fixture
def bad(sdk, home, tmp_path):
    """Build options for a CLI that misbehaves as its prompt says."""
    return sdk.ClaudeAgentOptions(
        cli_path=fake_cli.install(tmp_path / "claude"), cwd=str(tmp_path), env={"HOME": home}
    )


def words(messages: list) -> str:
    """Return the texts of messages, and their other blocks."""
    return " ".join(repr(block) for m in messages for block in getattr(m, "content", ()) or ())


async def test_fault_1_interrupt_does_not_wait_behind_unread_messages(sdk, fast):
    """Fault: with 101 unread messages, `interrupt()` times out, and so does a Stop button."""
    async with sdk.ClaudeSDKClient(options=fast) as client:
        await client.query("unread 5000")
        await asyncio.wait_for(client.interrupt(), 30)

        messages = [message async for message in client.receive_response()]
    assert sum(type(message).__name__ == "AssistantMessage" for message in messages) == 5000


async def test_fault_2_break_leaves_no_process(sdk, bad, home):
    """Fault: the CLI keeps running, or is orphaned if it ignores EOF; its children survive."""
    async for message in sdk.query(prompt="holds_on", options=bad):
        if type(message).__name__ == "AssistantMessage":
            living = living_at(home)
            break

    assert "sleep" in living
    assert len(living) >= 2
    gc.collect()
    gone = await asyncio.to_thread(until, lambda: not living_at(home), 20)
    assert gone, f"left behind: {living_at(home)}"


async def test_fault_3_cancelled_query_returns_at_once(sdk, bad, home):
    """Fault: `wait_for(..., 1)` returns after 6 s if the CLI does not exit on its own."""

    async def read() -> None:
        async for _ in sdk.query(prompt="holds_on", options=bad):
            pass

    started = time.monotonic()
    task = asyncio.ensure_future(read())
    await asyncio.to_thread(until, lambda: "sleep" in living_at(home), 30)
    cancelled = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - cancelled < 5, f"started {cancelled - started:.1f} s before"
    assert await asyncio.to_thread(until, lambda: not living_at(home), 20)


async def test_fault_4_client_reads_a_long_line_and_continues(sdk, fast):
    """Fault: a line of 1.2 MB raises, and the next turn yields neither messages nor an error."""
    async with sdk.ClaudeSDKClient(options=fast) as client:
        turns = []
        for prompt in ("line 1200000", "events 3"):
            await client.query(prompt)
            turns.append([message async for message in client.receive_response()])

    (message,) = (m for m in turns[0] if type(m).__name__ == "AssistantMessage")
    assert len(message.content[0].text) == 1_200_000
    assert [type(m).__name__ for m in turns[1]].count("StreamEvent") == 3
    assert type(turns[1][-1]).__name__ == "ResultMessage"


async def test_fault_5_unknown_messages_are_passed_on(sdk, bad):
    """Fault: one frame without `subtype` ends the query; unknown content blocks vanish."""
    messages = [message async for message in sdk.query(prompt="odd_frames", options=bad)]

    assert "before the novelty" in words(messages)
    assert "a block of tomorrow" in words(messages)
    assert messages[-1].subtype == "success"


async def test_fault_6_failures_raise_informative_sdk_exceptions(sdk, bad):
    """Fault: `ProcessError.stderr` is a placeholder; a control timeout is a bare `Exception`."""
    with pytest.raises(sdk.ProcessError) as died:
        [message async for message in sdk.query(prompt="dies", options=bad)]
    assert died.value.exit_code == 3
    assert "out of luck" in died.value.stderr

    async with sdk.ClaudeSDKClient(options=bad) as client:
        await client.query("deaf")
        with pytest.raises(sdk.ClaudeSDKError) as silent:
            await client.interrupt(**({"seconds": 0.5} if OURS else {}))
    assert isinstance(silent.value, TimeoutError)


async def test_fault_7_query_starts_one_process(sdk, home, tmp_path):
    """Fault: every query spawns a version probe first. (Some SDKs have fixed that since.)"""
    program, starts = tmp_path / "claude", tmp_path / "starts"
    fast = fast_cli.install(tmp_path / "fast")
    program.write_text(f'#!/bin/sh\necho started >> "{starts}"\nexec "{fast}" "$@"\n')
    program.chmod(0o755)
    options = sdk.ClaudeAgentOptions(cli_path=str(program), env={"HOME": home})

    for _ in range(3):
        assert [message async for message in sdk.query(prompt="events 1", options=options)]
    assert starts.read_text().split() == ["started"] * 3


def test_fault_8_import_loads_only_required_packages(anyio_backend):
    """Fault: the import spends 0.5 s on `mcp` and `jsonschema`, which most programs do not use."""
    code = (
        f"import sys, {NAME} as sdk; sdk.query, sdk.ClaudeSDKClient, sdk.ClaudeAgentOptions; "
        "print(*{'mcp', 'jsonschema', 'pydantic', 'starlette', 'httpx'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []


async def test_fault_9_messages_are_delivered_by_the_chunk(sdk, fast):
    """Fault: each message takes a hop through the event loop, two thirds of the total time."""
    loop, turned, hops, count = asyncio.get_running_loop(), [True], 0, 0

    async for _ in sdk.query(prompt="events 20000", options=fast):
        count += 1
        if turned:  # the loop has run since the last message
            turned.clear()
            hops += 1
            loop.call_soon(turned.append, True)

    assert count > 20_000
    assert hops < count / 3, f"{hops} hops for {count} messages"
