"""Tests of the session: handshake, control requests, unreadable lines, and shutdown."""

from dataclasses import replace

import anyio
import pytest
from peer import INFO, Peer, connected, has_no_running_tasks

from claude_notebook import (
    PermissionResultAllow,
)
from claude_notebook.errors import (
    CassetteError,
    CLIConnectionError,
    CLIJSONDecodeError,
    ControlRequestError,
    ControlTimeoutError,
    OptionsError,
    ProcessError,
    ResultError,
    SessionNotFoundError,
    TransportClosedError,
)
from claude_notebook.messages import ResultMessage, SystemMessage, UserMessage
from claude_notebook.protocol.control import ControlResponse

pytestmark = pytest.mark.anyio

RESULT = ResultMessage(result="done")


# --- start ----------------------------------------------------------------------------------------


async def test_session_start_performs_the_handshake():
    peer = Peer()
    async with connected(peer) as client:
        assert client.alive
        assert await client.get_server_info() == INFO
        assert (client.pid, client.total_cost_usd) == (None, 0.0)
    assert client.alive is False
    assert peer.heard[0]["request"]["subtype"] == "initialize"
    assert peer.life == ["open", "aclose 2", "aclose 0.2"]
    assert await has_no_running_tasks()


async def test_session_start_ends_a_silent_cli(monkeypatch):
    monkeypatch.setattr("claude_notebook.client.connect.START_SECONDS", 0.05)
    peer = Peer(greets=False)
    client = connected(peer, load_timeout_ms=0)

    with pytest.raises(ControlTimeoutError, match=r"'initialize' within 0.05 s") as caught:
        await client.connect()

    assert (caught.value.request, caught.value.seconds) == ("initialize", 0.05)
    assert isinstance(caught.value, TimeoutError)
    assert peer.life[:2] == ["open", "aclose 0"]
    assert await has_no_running_tasks()


async def test_session_start_ends_a_cli_that_refuses():
    peer = Peer(greets=False)
    peer.on_line = lambda line: peer.answer(line, error="not today")

    with pytest.raises(ControlRequestError, match="refused 'initialize': not today") as caught:
        await connected(peer).connect()

    assert caught.value.request == "initialize"
    assert await has_no_running_tasks()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (0, "exited before it had answered"),
        (1, "failed"),
        (-9, "killed"),
        (-15, "terminated by another process"),
        (143, "terminated by another process"),
        (7, "Claude Code exited"),
        (None, "exited before it had answered"),
    ],
)
async def test_session_start_reports_the_exit_of_the_cli(code, reason):
    peer = Peer(greets=False, exit_code=code, stderr="last words")
    peer.on_line = lambda line: peer.end()

    with pytest.raises(ProcessError, match=reason) as caught:
        await connected(peer).connect()

    assert (caught.value.exit_code, caught.value.stderr) == (code, "last words")
    assert "last words" in str(caught.value)
    assert await has_no_running_tasks()


async def test_session_start_raises_on_an_unknown_conversation():
    peer = Peer(greets=False, exit_code=1)
    error = "No conversation found with session ID: x"

    def answer(line: dict) -> None:
        peer.say(ResultMessage("error_during_execution", errors=[error]))
        peer.end()

    peer.on_line = answer

    with pytest.raises(SessionNotFoundError, match="Leave out `resume`"):
        await connected(peer, resume="0" * 8 + "-0000-4000-8000-" + "0" * 12).connect()


async def test_session_start_raises_the_reason_of_a_failed_start():
    peer = Peer(greets=False, exit_code=1)
    errors = ["Resume rejected by --resume-drops-turn: x"]
    result = ResultMessage("error_during_execution", is_error=True, errors=errors)

    def answer(line: dict) -> None:
        peer.say(result)
        peer.end()

    peer.on_line = answer

    with pytest.raises(ResultError, match="could not start: Resume rejected by") as caught:
        await connected(peer).connect()

    assert caught.value.exit_code == 1
    assert caught.value.result_message.subtype == caught.value.subtype == result.subtype


@pytest.mark.parametrize(
    ("usage", "before", "cost"),
    [
        ({"session": {"total_cost_usd": 1.5}}, 1.5, 0.25),
        ({"session": {}}, None, None),
        (None, None, None),
    ],
)
async def test_connect_requests_the_earlier_cost(usage, before, cost):
    peer = Peer()
    peer.on_line = lambda line: "get_usage" in str(line) and peer.answer(line, usage)
    async with connected(peer, continue_conversation=True) as client:
        assert client.total_cost_usd == before
        peer.say(replace(RESULT, total_cost_usd=1.75))
        result = [message async for message in client.receive_response()][-1]

    assert (result.cost_usd, client.total_cost_usd) == (cost, 1.75)


async def test_connect_raises_if_the_cli_exits_during_the_cost_request():
    peer = Peer(exit_code=-9)
    peer.on_line = lambda line: "get_usage" in str(line) and peer.end()
    client = connected(peer, continue_conversation=True)

    with pytest.raises(ProcessError):
        await client.connect()

    assert client.alive is False
    assert await has_no_running_tasks()


async def test_connect_cancelled_during_the_cost_request_leaves_no_process():
    peer = Peer()
    client = connected(peer, continue_conversation=True)

    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(_cancel_when_heard, scope, peer, "get_usage")
            await client.connect()

    assert peer.life[-1].startswith("aclose")
    assert await has_no_running_tasks()


async def _cancel_when_heard(scope: anyio.CancelScope, peer: Peer, kind: str) -> None:
    await peer.hear(kind)
    scope.cancel()


# --- control requests -----------------------------------------------------------------------------


async def test_session_unread_messages_do_not_delay_control_responses():
    peer = Peer()
    peer.on_line = lambda line: "interrupt" in str(line) and peer.answer(line)
    async with connected(peer) as client:
        for _ in range(100):
            peer.say(*[SystemMessage("status")] * 100)
        await client.interrupt()
        peer.say(RESULT)

        messages = [message async for message in client.receive_response()]

    assert len(messages) == 10_001
    assert all(isinstance(message, SystemMessage) for message in messages[:-1])


async def test_session_request_matches_responses_in_any_order():
    peer = Peer()
    async with connected(peer) as client:
        responses = {}

        async def ask(name: str) -> None:
            responses[name] = await client._connected.request(name)

        async with anyio.create_task_group() as group:
            for name in "abc":
                group.start_soon(ask, name)
            for name in "abc":
                await peer.hear(name)
            for name in "cab":
                peer.answer(await peer.hear(name), {"for": name})
            peer.say(ControlResponse("unknown", 1))

    assert responses == {name: {"for": name} for name in "abc"}


async def test_session_request_forgets_a_timeout():
    peer = Peer()
    async with connected(peer) as client:
        with pytest.raises(ControlTimeoutError, match="disconnect"):
            await client.interrupt(seconds=0.05)
        peer.answer(await peer.hear("interrupt"))
        peer.say(RESULT)
        assert isinstance(await anext(client.receive_messages()), ResultMessage)

        session = client._connected
        assert len(session._pending) == 0
        assert len(session.connection.requests_sent) == 0


async def test_session_request_forgets_a_cancelled_caller():
    peer = Peer()
    async with connected(peer) as client:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(_cancel_when_heard, scope, peer, "interrupt")
                await client.interrupt()

        assert len(client._connected._pending) == 0
        assert len(client._connected.connection.requests_sent) == 0


async def test_session_rejects_values_that_json_cannot_represent():
    peer = Peer()
    async with connected(peer) as client:
        with pytest.raises(OptionsError, match="cannot be sent as JSON"):
            await client.set_model(object())
        with pytest.raises(OptionsError, match="cannot be sent as JSON"):
            await client.query([{"type": "text", "text": object()}])

        assert len(peer.heard) == 1
        assert len(client._connected._pending) == 0


# --- unreadable lines -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"type": "assistant"', "not JSON"),
        (b'\x00{"type": "result"}', "not JSON"),
        (b'{"x":"' + b"y" * 5000 + b'"}', "max_buffer_size, 2000 bytes"),
    ],
)
async def test_session_raises_an_unreadable_line_and_continues(line, reason):
    peer = Peer()
    async with connected(peer, max_buffer_size=2000) as client:
        peer.say(UserMessage("a"), line, RESULT)
        seen = []

        async def read() -> None:
            async for message in client.receive_response():
                seen.append(message)

        with pytest.raises(CLIJSONDecodeError, match=reason):
            await read()
        await read()

    assert [type(message) for message in seen] == [UserMessage, ResultMessage]


# --- end ------------------------------------------------------------------------------------------


async def test_session_calls_after_the_end_raise_its_reason():
    peer = Peer(exit_code=-9, stderr="oom")
    async with connected(peer) as client:
        messages = client.receive_messages()
        peer.say(RESULT)
        assert isinstance(await anext(messages), ResultMessage)
        peer.end()
        with pytest.raises(ProcessError, match="killed"):
            await anext(messages)

        assert client.alive is False
        calls = [client.query("more?"), client.interrupt(), anext(client.receive_response())]
        for call in calls:
            with pytest.raises(ProcessError, match="killed") as caught:
                await call
            assert caught.value.exit_code == -9


async def test_session_end_fails_pending_requests():
    peer = Peer(exit_code=1)
    async with connected(peer) as client, anyio.create_task_group() as group:
        group.start_soon(_end_when_heard, peer, "interrupt")
        with pytest.raises(ProcessError):
            await client.interrupt()


async def _end_when_heard(peer: Peer, kind: str) -> None:
    await peer.hear(kind)
    peer.end()


async def test_session_close_fails_pending_requests():
    peer = Peer()
    client = connected(peer)
    await client.connect()
    errors = []

    async def ask() -> None:
        with pytest.raises(TransportClosedError) as caught:
            await client.interrupt()
        errors.append(str(caught.value))

    async with anyio.create_task_group() as group:
        group.start_soon(ask)
        await peer.hear("interrupt")
        await client.disconnect()

    assert errors == ["The conversation was closed before a response arrived."]


async def test_session_close_wakes_pending_readers():
    peer = Peer()
    client = connected(peer)
    await client.connect()
    seen = []

    async def read() -> None:
        seen.extend([message async for message in client.receive_messages()])
        seen.append("ended")

    async with anyio.create_task_group() as group:
        group.start_soon(read)
        await anyio.wait_all_tasks_blocked()
        await client.disconnect()

    assert seen == ["ended"]
    await client.disconnect()
    with pytest.raises(CLIConnectionError, match="connect\\(\\) first"):
        await client.query("x")


async def test_session_raises_a_transport_failure():
    class Full(Peer):
        async def receive(self) -> bytes:
            data = await super().receive()
            if b"result" in data:
                raise CassetteError("the disk is full")
            return data

    peer = Full()
    async with connected(peer) as client:
        peer.say(RESULT)
        with pytest.raises(CassetteError, match="the disk is full"):
            await anext(client.receive_messages())
        with pytest.raises(CassetteError, match="the disk is full"):
            await client.interrupt()


async def test_session_explains_a_broken_pipe_by_the_exit():
    class Broken(Peer):
        async def send(self, data: bytes) -> None:
            if b'"user"' in data:
                self.end()
                raise TransportClosedError("broken pipe")
            await super().send(data)

    peer = Broken(exit_code=1, stderr="why")
    async with connected(peer) as client:
        with pytest.raises(ProcessError, match="why"):
            await client.query("hello")


async def test_session_raises_a_broken_pipe_without_an_exit():
    class Broken(Peer):
        async def send(self, data: bytes) -> None:
            if b'"user"' in data:
                raise TransportClosedError("broken pipe")
            await super().send(data)

    peer = Broken()
    async with connected(peer) as client:
        with pytest.raises(TransportClosedError, match="broken pipe"):
            await client.query("hello")


async def test_session_drops_an_answer_after_the_end():
    release = anyio.Event()

    async def handler(*_):
        with anyio.CancelScope(shield=True):
            await release.wait()
        return PermissionResultAllow()

    peer = Peer()
    async with connected(peer, can_use_tool=handler) as client:
        peer.ask("q1", "can_use_tool", tool_name="Bash", input={})
        await anyio.wait_all_tasks_blocked()
        peer.eof = True
        release.set()
        await anyio.wait_all_tasks_blocked()
        assert not client._connected.has_open_requests

    assert [line["type"] for line in peer.heard] == ["control_request"]


async def test_client_deletion_kills_its_process():
    peer = Peer()
    client = connected(peer)
    await client.connect()

    del client

    assert peer.life[1] == "kill"
    assert await has_no_running_tasks()


def test_session_ends_with_its_event_loop(anyio_backend):
    peers = []

    async def main() -> None:
        peer = Peer()
        peers.extend([peer, connected(peer)])
        await peers[1].connect()

    anyio.run(main, backend=anyio_backend)

    assert peers[0].life == ["open", "aclose 0.2"]
