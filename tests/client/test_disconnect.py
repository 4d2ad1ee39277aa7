"""Disconnecting during a turn: the turn is interrupted, and the CLI ends even if unresponsive."""

import json
from pathlib import Path

import anyio
import psutil
import pytest
from peer import Peer, connected
from processes import until
from turns import texts, turn

from claude_notebook import ClaudeSDKClient, ResultMessage
from claude_notebook.testing import Hang, Step, Use, script

pytestmark = pytest.mark.anyio
ON_ASYNCIO = pytest.mark.parametrize("anyio_backend", ["asyncio"])

STREAM = Step("word " * 3000, chunk=5, delay=0.02)
TOOL = Use("Bash", {"command": "touch begun; sleep 61"})
SILENT = Step("x", fails=Hang(after="start"))


def last_words(home: str) -> str:
    """Return the last message of the only transcript in a home folder."""
    (path,) = Path(home, ".claude", "projects").rglob("*.jsonl")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    contents = [
        line["message"]["content"] for line in lines if line["type"] in ("user", "assistant")
    ]
    return str(contents[-1])


@pytest.mark.parametrize(
    ("step", "anyio_backend"),
    [(STREAM, "trio"), (TOOL, "asyncio"), (SILENT, "asyncio")],
    ids=["stream", "tool", "silence"],
)
async def test_disconnect_interrupts_the_turn(
    step, real_options, scripted_api, project, claude_env, no_process_left
):
    allowed = real_options(allowed_tools=["Bash"], include_partial_messages=True)
    async with ClaudeSDKClient(allowed) as client:
        await client.query(script(step, "never said"))
        await anyio.to_thread.run_sync(scripted_api.wait_for, lambda api: api.turns, 30)
        if step is TOOL:
            await anyio.to_thread.run_sync(until, (project / "begun").exists, 30)
        pid = client.pid

    assert not psutil.pid_exists(pid)
    # A turn without an interrupt would end with its full script.
    assert "[Request interrupted by user" in last_words(claude_env["HOME"])
    assert not client.alive
    assert await no_process_left()


@ON_ASYNCIO
async def test_disconnect_leaves_a_conversation_that_can_be_resumed(real_options, scripted_api):
    async with ClaudeSDKClient(real_options()) as client:
        first = (await turn(client, "The word is plum."))[-1]
        await client.query(script(SILENT))
        await anyio.to_thread.run_sync(scripted_api.wait_for, lambda api: len(api.turns) > 1, 30)

    async with ClaudeSDKClient(real_options(resume=first.session_id)) as again:
        assert texts(await turn(again, "And now?")) == ["You said: And now?"]
    request = str(scripted_api.turns[-1].body["messages"])
    assert "The word is plum." in request
    assert "[Request interrupted by user]" in request


def interrupts(peer: Peer) -> int:
    requests = [line["request"] for line in peer.heard if line["type"] == "control_request"]
    return [request["subtype"] for request in requests].count("interrupt")


async def test_disconnect_ends_a_cli_that_does_not_respond():
    peer = Peer()
    with anyio.fail_after(30):
        client = connected(peer)
        await client.connect()
        await client.query("hello")
        await client.disconnect()

    assert interrupts(peer) == 1
    assert peer.life[:2] == ["open", "aclose 2"]


async def test_disconnect_ends_a_waiting_reader():
    peer = Peer()
    peer.on_line = lambda line: "interrupt" in str(line) and peer.answer(line)
    seen = []

    async def read() -> None:
        seen.extend([message async for message in client.receive_messages()])
        seen.append("end")

    client = connected(peer)
    await client.connect()
    async with anyio.create_task_group() as group:
        await client.query("hello")
        group.start_soon(read)
        await anyio.wait_all_tasks_blocked()
        await client.disconnect()

    assert seen == ["end"]


@pytest.mark.parametrize("way", ["answered", "at once", "over", "failed"])
async def test_disconnect_without_a_turn_or_grace_sends_no_interrupt(way):
    peer = Peer(exit_code=0)
    client = connected(peer)
    await client.connect()
    if way != "failed":
        await client.query("hello")
    if way == "answered":
        peer.say(ResultMessage(session_id="s"))
        assert [type(m) async for m in client.receive_response()] == [ResultMessage]
    if way == "over":
        peer.end()
        with pytest.raises(Exception, match=r"Run the prompt again|ended"):
            await anext(client.receive_messages())
    if way == "failed":
        with pytest.raises(KeyError, match="a fault of the caller"):
            await _fail_inside(client)
    else:
        await client.disconnect(grace=0 if way == "at once" else 2)

    assert interrupts(peer) == 0
    assert peer.life[-1].startswith("aclose")


async def _fail_inside(client: ClaudeSDKClient) -> None:
    try:
        await client.query("hello")
        raise KeyError("a fault of the caller")
    except KeyError as error:
        await client.__aexit__(type(error), error, None)
        raise


async def test_disconnect_with_a_cancelled_caller_leaves_no_process():
    peer = Peer()
    with anyio.CancelScope() as scope:
        async with connected(peer) as client:
            await client.query("hello")
            peer.on_line = lambda line: scope.cancel()

    assert interrupts(peer) == 1
    assert peer.life[:2] == ["open", "aclose 0"]
