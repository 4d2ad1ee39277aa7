"""A misbehaving CLI, as a real process: one clear exception for each fault, and cleanup."""

import random

import anyio
import fake_cli
import psutil
import pytest
from processes import living_at, until
from turns import texts, turn

from claude_notebook import (
    ClaudeCodeOptions,
    ClaudeSDKClient,
    ResultMessage,
    UnknownMessage,
    query,
)
from claude_notebook.errors import ClaudeSDKError, LineTooLongError, ProcessError

pytestmark = pytest.mark.anyio
ASYNCIO = pytest.mark.parametrize("anyio_backend", ["asyncio"])


@pytest.fixture
def options(tmp_path):
    """Return a function that builds options for a CLI that misbehaves as its prompt says."""
    path = fake_cli.install(tmp_path / "claude")
    return lambda **more: ClaudeCodeOptions(cli_path=path, env={"HOME": str(tmp_path)}, **more)


SURVIVED = {
    "stray_line": ["after stray_line"],
    "large_line": ["0123456789" * fake_cli.MEGABYTE],
    "split_lines": ["naïve 🎉 \u2028 split"],
    "bad_utf8": ["before \ufffd\ufffd\ufffd after"],
    "nul_bytes": ["after nul_bytes"],
    "strange_messages": ["after strange messages"],
}


async def test_client_survives_each_misbehavior(options):
    async with ClaudeSDKClient(options()) as client:
        unknown = {}
        for prompt, reason in SURVIVED.items():
            messages = await turn(client, prompt)
            assert texts(messages) == reason
            unknown[prompt] = [m.raw for m in messages if isinstance(m, UnknownMessage)]

    assert unknown.pop("stray_line") == ["Warning: this does not belong here"]
    assert unknown.pop("nul_bytes") == ["\x00\x00\x00"]
    assert len(unknown.pop("strange_messages")) == 8
    assert all(raws == [] for raws in unknown.values())


@ASYNCIO
async def test_client_raises_an_oversized_line_and_continues(options):
    async with ClaudeSDKClient(options()) as client:
        with pytest.raises(LineTooLongError, match="Increase max_buffer_size"):
            await turn(client, "too_large_line")
        assert isinstance([m async for m in client.receive_response()][-1], ResultMessage)
        assert texts(await turn(client, "hello")) == ["You said: hello"]


@pytest.mark.parametrize(
    ("prompt", "code", "stderr"), [("dies", 3, "out of luck\n"), ("leaves", 0, "")]
)
async def test_receive_response_raises_an_exit_during_the_turn(prompt, code, stderr, options):
    seen = []

    async def read() -> None:
        async for message in query(prompt=prompt, options=options()):
            seen.append(message)

    with pytest.raises(ProcessError, match="exited") as caught:
        await read()

    assert (caught.value.exit_code, caught.value.stderr) == (code, stderr)
    assert texts(seen) == (["last words"] if code else [])


@ASYNCIO
async def test_many_conversations_with_random_faults_leave_no_process(options, tmp_path):
    me, chance = psutil.Process(), random.Random(7)
    ends = []

    async def converse(prompt: str, patience: float) -> None:
        with anyio.move_on_after(patience) as scope:
            try:
                async for _ in query(prompt=prompt, options=options()):
                    if chance.random() < 0.1:
                        ends.append("left")
                        break
                else:
                    ends.append("answered")
            except ClaudeSDKError as error:
                ends.append(type(error).__name__)
        if scope.cancelled_caught:
            ends.append("cancelled")

    await converse("hello", 10)
    before = me.num_fds()
    for _ in range(10):
        async with anyio.create_task_group() as group:
            for _ in range(4):
                prompt = chance.choice([*fake_cli.SCENARIOS, "hello"])
                group.start_soon(converse, prompt, chance.choice([0.0, 0.05, 0.1, 0.3, 2]))

    assert len(ends) == 41
    assert {"answered", "cancelled", "left"} <= set(ends)
    assert set(ends) <= {"answered", "cancelled", "left", "ProcessError", "LineTooLongError"}
    assert await anyio.to_thread.run_sync(until, lambda: not living_at(str(tmp_path)))
    await anyio.sleep(0.3)
    assert me.num_fds() <= before + 2  # the thread pool may have grown by one or two threads
    assert not [c for c in me.children(recursive=True) if c.status() != psutil.STATUS_ZOMBIE]


@ASYNCIO
async def test_connect_does_not_probe_the_version(tmp_path):
    calls = tmp_path / "calls"
    fake = fake_cli.install(tmp_path / "fake")
    path = tmp_path / "claude"
    path.write_text(f'#!/bin/sh\necho "$1" >> {calls}\nexec {fake} "$@"\n')
    path.chmod(0o755)

    for _ in range(2):
        messages = [
            m async for m in query(prompt="hello", options=ClaudeCodeOptions(cli_path=path))
        ]
        assert texts(messages) == ["You said: hello"]

    assert calls.read_text() == "--output-format=stream-json\n" * 2
