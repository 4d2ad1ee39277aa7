"""Nine faults that an SDK of this kind can have, found in others by measuring: none is here.

Each test is written for any module with the common names, so that it can be seen to fail elsewhere:

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
import fast_cli_path
import psutil
import pytest
from processes import living_at, until

pytestmark = [
    pytest.mark.anyio,
    # What is compared runs on asyncio.
    pytest.mark.parametrize("anyio_backend", ["asyncio"]),
]

NAME = os.environ.get("SDK_UNDER_TEST", "claude_notebook")
OURS = NAME == "claude_notebook"


@pytest.fixture(scope="module")
def sdk() -> ModuleType:
    return importlib.import_module(NAME)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[str]:
    """A home folder that marks the processes of a test; those that are left are ended."""
    yield str(tmp_path)
    for process in psutil.process_iter():
        try:
            if process.environ().get("HOME") == str(tmp_path):
                process.send_signal(signal.SIGKILL)
        except psutil.Error:
            continue


@pytest.fixture
def fast(sdk, home):
    """Options for a CLI that writes as fast as a pipe takes it."""
    return sdk.ClaudeAgentOptions(
        cli_path=fast_cli_path.PATH, env={"HOME": home}, include_partial_messages=True
    )


@pytest.fixture
def bad(sdk, home, tmp_path):
    """Options for a CLI that misbehaves as its prompt says."""
    return sdk.ClaudeAgentOptions(
        cli_path=fake_cli.install(tmp_path / "claude"), cwd=str(tmp_path), env={"HOME": home}
    )


def words(messages: list) -> str:
    """What was said in messages, and whatever else their blocks are."""
    return " ".join(repr(block) for m in messages for block in getattr(m, "content", ()) or ())


async def test_1_a_control_reply_does_not_wait_behind_unread_messages(sdk, fast):
    """The fault: with 101 messages unread, `interrupt()` times out. That is the Stop button."""
    async with sdk.ClaudeSDKClient(options=fast) as client:
        await client.query("unread 5000")
        await asyncio.wait_for(client.interrupt(), 30)

        messages = [message async for message in client.receive_response()]
    assert sum(type(message).__name__ == "AssistantMessage" for message in messages) == 5000


async def test_2_break_leaves_no_process(sdk, bad, home):
    """The fault: the CLI lives on, or is orphaned when it ignores EOF; its children survive."""
    async for message in sdk.query(prompt="holds_on", options=bad):
        if type(message).__name__ == "AssistantMessage":
            living = living_at(home)
            break

    assert "sleep" in living
    assert len(living) >= 2
    gc.collect()
    gone = await asyncio.to_thread(until, lambda: not living_at(home), 20)
    assert gone, f"left behind: {living_at(home)}"


async def test_3_a_cancelled_query_returns_at_once(sdk, bad, home):
    """The fault: `wait_for(..., 1)` returns after 6 s, when the CLI does not leave by itself."""

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


async def test_4_a_long_line_is_read_and_the_client_goes_on(sdk, fast):
    """The fault: 1.2 MB in one line raise, and the next turn yields nothing and no error."""
    async with sdk.ClaudeSDKClient(options=fast) as client:
        found = []
        for prompt in ("line 1200000", "events 3"):
            await client.query(prompt)
            found.append([message async for message in client.receive_response()])

    (said,) = (m for m in found[0] if type(m).__name__ == "AssistantMessage")
    assert len(said.content[0].text) == 1_200_000
    assert [type(m).__name__ for m in found[1]].count("StreamEvent") == 3
    assert type(found[1][-1]).__name__ == "ResultMessage"


async def test_5_what_is_not_known_is_passed_on(sdk, bad):
    """The fault: one frame without `subtype` ends the query; unknown content blocks vanish."""
    messages = [message async for message in sdk.query(prompt="odd_frames", options=bad)]

    assert "before the novelty" in words(messages)
    assert "a block of tomorrow" in words(messages)
    assert messages[-1].subtype == "success"


async def test_6_failures_say_what_happened_in_exceptions_of_the_sdk(sdk, bad):
    """The fault: `ProcessError.stderr` is a placeholder, a control time-out a bare `Exception`."""
    with pytest.raises(sdk.ProcessError) as died:
        [message async for message in sdk.query(prompt="dies", options=bad)]
    assert died.value.exit_code == 3
    assert "out of luck" in died.value.stderr

    async with sdk.ClaudeSDKClient(options=bad) as client:
        await client.query("deaf")
        with pytest.raises(sdk.ClaudeSDKError) as silent:
            await client.interrupt(**({"seconds": 0.5} if OURS else {}))
    assert isinstance(silent.value, TimeoutError)


async def test_7_a_query_starts_one_process(sdk, home, tmp_path):
    """The fault: a version probe is spawned before every query. (Some have mended that since.)"""
    program, starts = tmp_path / "claude", tmp_path / "starts"
    program.write_text(f'#!/bin/sh\necho started >> "{starts}"\nexec {fast_cli_path.PATH} "$@"\n')
    program.chmod(0o755)
    options = sdk.ClaudeAgentOptions(cli_path=str(program), env={"HOME": home})

    for _ in range(3):
        assert [message async for message in sdk.query(prompt="events 1", options=options)]
    assert starts.read_text().split() == ["started"] * 3


def test_8_an_import_loads_what_is_needed(anyio_backend):
    """The fault: half a second for `mcp` and `jsonschema`, which most programs do not use."""
    code = (
        f"import sys, {NAME} as sdk; sdk.query, sdk.ClaudeSDKClient, sdk.ClaudeAgentOptions; "
        "print(*{'mcp', 'jsonschema', 'pydantic', 'starlette', 'httpx'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []


async def test_9_messages_are_handed_over_by_the_chunk(sdk, fast):
    """The fault: one hop through the event loop for each message, two thirds of all the time."""
    loop, turned, hops, count = asyncio.get_running_loop(), [True], 0, 0

    async for _ in sdk.query(prompt="events 20000", options=fast):
        count += 1
        if turned:  # the loop has run since the last message
            turned.clear()
            hops += 1
            loop.call_soon(turned.append, True)

    assert count > 20_000
    assert hops < count / 3, f"{hops} hops for {count} messages"
