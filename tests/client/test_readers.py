"""Readers of a conversation: one at a time, in one event loop, and no call hangs."""

import threading
from functools import partial

import anyio
import pytest
from peer import Peer, connected, has_no_running_tasks

from claude_notebook import ClaudeCodeOptions, ClaudeSDKClient, ResultMessage, query
from claude_notebook.errors import ClaudeSDKError, CLIConnectionError, TransportClosedError
from claude_notebook.messages import SystemMessage

pytestmark = pytest.mark.anyio

STATUS = SystemMessage("status")
RESULT = ResultMessage(result="done")
READS = ("receive_messages", "receive_response")


class Reader:
    """A task that reads a stream and keeps its messages and outcome."""

    def __init__(self, stream):
        self.stream = stream
        self.messages = []
        self.error = None
        self.done = anyio.Event()

    async def run(self):
        try:
            async for message in self.stream:
                self.messages.append(message)
        except ClaudeSDKError as error:
            self.error = error
        finally:
            self.done.set()


async def start(tasks, stream):
    reader = Reader(stream)
    tasks.start_soon(reader.run)
    await anyio.wait_all_tasks_blocked()
    return reader


@pytest.mark.parametrize("second", READS)
@pytest.mark.parametrize("first", READS)
async def test_client_refuses_a_second_reader_and_serves_the_first(first, second):
    peer = Peer()
    with anyio.fail_after(10):
        async with connected(peer) as client, anyio.create_task_group() as tasks:
            reader = await start(tasks, getattr(client, first)())
            two = await start(tasks, getattr(client, second)())
            assert "one task" in str(two.error)

            peer.say(STATUS, RESULT)
            await anyio.wait_all_tasks_blocked()
            assert [type(m).__name__ for m in reader.messages] == ["StatusMessage", "ResultMessage"]
            await client.disconnect()
            await reader.done.wait()
            assert reader.error is None


async def test_client_lets_a_refused_reader_read_later():
    peer = Peer()
    with anyio.fail_after(10):
        async with connected(peer) as client, anyio.create_task_group() as tasks:
            reader = await start(tasks, client.receive_response())
            two = await start(tasks, client.receive_response())
            assert two.error is not None
            peer.say(RESULT)
            await reader.done.wait()
            peer.say(RESULT)
            three = await start(tasks, client.receive_response())
            await three.done.wait()
            assert len(three.messages) == 1


async def test_client_lets_readers_change_between_messages():
    peer = Peer()
    async with connected(peer) as client:
        peer.say(STATUS, STATUS, RESULT)
        first, second = client.receive_messages(), client.receive_messages()
        kinds = [type(await anext(stream)).__name__ for stream in (first, second, first)]
    assert kinds == ["StatusMessage", "StatusMessage", "ResultMessage"]


async def test_client_releases_a_cancelled_reader():
    peer = Peer()
    with anyio.fail_after(10):
        async with connected(peer) as client, anyio.create_task_group() as tasks:
            with anyio.move_on_after(0.01):
                await anext(client.receive_messages())
            reader = await start(tasks, client.receive_response())
            peer.say(STATUS, RESULT)
            await reader.done.wait()
            assert len(reader.messages) == 2


@pytest.mark.parametrize("read", READS)
async def test_disconnect_ends_a_reader(read):
    with anyio.fail_after(10):
        async with connected(Peer()) as client, anyio.create_task_group() as tasks:
            reader = await start(tasks, getattr(client, read)())
            await client.disconnect()
            await reader.done.wait()
            assert (reader.messages, reader.error) == ([], None)
            with pytest.raises(CLIConnectionError, match="Not connected"):
                await anext(getattr(client, read)())
    assert await has_no_running_tasks()


@pytest.mark.parametrize("read", READS)
async def test_reader_of_a_closed_conversation_does_not_read_the_next(read):
    first, second = Peer(), Peer()
    with anyio.fail_after(10):
        client = connected(first)
        await client.connect()
        first.say(STATUS)
        stream = getattr(client, read)()
        await anext(stream)
        await client.disconnect()
        client._transport = second
        await client.connect()
        second.say(RESULT)
        assert [m async for m in stream] == []
        assert [type(m) async for m in client.receive_response()] == [ResultMessage]
        await client.disconnect()


async def test_concurrent_disconnects_return():
    with anyio.fail_after(10):
        client = connected(Peer())
        await client.connect()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.disconnect)
            tasks.start_soon(client.disconnect)
        await client.disconnect()
    assert await has_no_running_tasks()


async def test_connect_refuses_a_concurrent_call():
    peer = Peer(greets=False)
    client = connected(peer)
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.connect)
            hello = await peer.hear("initialize")
            with pytest.raises(CLIConnectionError, match="already connecting"):
                await client.connect()
            peer.answer(hello, {})
        assert client.alive
        await client.disconnect()
    assert await has_no_running_tasks()


async def test_disconnect_cancels_a_connect():
    peer = Peer(greets=False)
    client = connected(peer)
    errors = []

    async def connect():
        try:
            await client.connect()
        except CLIConnectionError as error:
            errors.append(str(error))

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(connect)
            await peer.hear("initialize")
            await client.disconnect()
            assert not client.alive
    assert "while the client was connecting" in errors[0]
    assert await has_no_running_tasks()


async def test_client_accepts_prompts_and_interrupts_from_many_tasks():
    peer = Peer()
    peer.on_line = lambda line: line["type"] == "control_request" and peer.answer(line, {})
    with anyio.fail_after(10):
        async with connected(peer) as client, anyio.create_task_group() as tasks:
            reader = await start(tasks, client.receive_response())
            for number in range(20):
                tasks.start_soon(client.query, f"prompt {number}")
                tasks.start_soon(client.interrupt)
            await peer.hear("user", 20)
            peer.say(RESULT)
            await reader.done.wait()
    prompts = {line["message"]["content"] for line in peer.heard if line["type"] == "user"}
    assert prompts == {f"prompt {number}" for number in range(20)}


# --- another event loop ---------------------------------------------------------------------------


async def in_another_loop(backend, call):
    """Await `call()` in a new thread's event loop and return its exception."""
    raised = []

    def run():
        try:
            anyio.run(call, backend=backend)
        except ClaudeSDKError as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    await anyio.to_thread.run_sync(thread.join)
    return raised[0] if raised else None


@pytest.mark.parametrize("name", ["read", "query", "interrupt"])
async def test_client_refuses_calls_from_another_event_loop(name, anyio_backend):
    peer = Peer()
    with anyio.fail_after(10):
        async with connected(peer) as client:
            calls = {
                "read": lambda: anext(client.receive_messages()),
                "query": partial(client.query, "hi"),
                "interrupt": client.interrupt,
            }

            async def call():
                await calls[name]()

            error = await in_another_loop(anyio_backend, call)
            assert isinstance(error, TransportClosedError)
            assert "another event loop" in str(error)
            peer.say(RESULT)
            assert [type(m) async for m in client.receive_response()] == [ResultMessage]


async def test_disconnect_from_another_event_loop_ends_the_conversation(
    real_options, no_process_left
):
    client = ClaudeSDKClient(real_options())
    with anyio.fail_after(30):
        await client.connect()
        async with anyio.create_task_group() as tasks:
            reader = await start(tasks, client.receive_messages())
            assert await in_another_loop("asyncio", client.disconnect) is None
            await reader.done.wait()
        assert not client.alive
        assert await no_process_left()


# --- query() --------------------------------------------------------------------------------------


async def test_query_refuses_a_second_reader():
    peer = Peer()
    with anyio.fail_after(10):
        async with (
            query(prompt="hi", transport=peer) as stream,
            anyio.create_task_group() as tasks,
        ):
            reader = await start(tasks, stream)
            two = await start(tasks, stream)
            assert "one task" in str(two.error)
            peer.say(STATUS, RESULT)
            await anyio.wait_all_tasks_blocked()
            peer.end()
            await reader.done.wait()
            assert len(reader.messages) == 2
            assert len(peer.heard) == 2  # one conversation, one prompt


@pytest.mark.parametrize("greets", [True, False], ids=["reading", "starting"])
async def test_query_aclose_ends_a_reader(greets):
    peer = Peer(greets=greets)
    with anyio.fail_after(10):
        stream = query(prompt="hi", transport=peer)
        async with anyio.create_task_group() as tasks:
            reader = await start(tasks, stream)
            await stream.aclose()
            await reader.done.wait()
            assert (reader.messages, reader.error) == ([], None)
            assert [m async for m in stream] == []
    assert await has_no_running_tasks()


async def test_query_continues_in_a_second_loop():
    peer = Peer()
    peer.on_line = lambda line: line["type"] == "user" and peer.say(STATUS, STATUS, RESULT)
    with anyio.fail_after(10):
        async with query(prompt="hi", transport=peer) as stream:
            async for _ in stream:
                break
            peer.end()
            rest = [m async for m in stream]
    assert [type(m).__name__ for m in rest] == ["StatusMessage", "ResultMessage"]


async def test_query_closed_before_its_start_starts_nothing():
    peer = Peer()
    stream = query(prompt="hi", transport=peer, options=ClaudeCodeOptions())
    await stream.aclose()

    assert [m async for m in stream] == []
    assert peer.life == []
