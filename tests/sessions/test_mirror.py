"""What goes to a session store while a conversation runs, without a CLI."""

import asyncio
import logging

import anyio
import pytest
from peer import Peer, connected, nothing_runs

from claude_notebook import InMemorySessionStore, MirrorErrorMessage, ResultMessage
from claude_notebook.messages import TranscriptMirrorMessage
from claude_notebook.sessions.mirror import Mirror, key_of_file

pytestmark = pytest.mark.anyio
ASYNCIO = pytest.mark.parametrize("anyio_backend", ["asyncio"])
SESSION = "0f0f0f0f-0000-4000-8000-000000000000"
PATH = f"/home/user/.claude/projects/-a/{SESSION}.jsonl"
KEY = {"project_key": "-a", "session_id": SESSION}
RESULT = {"type": "result", "subtype": "success", "session_id": SESSION}


class Store(InMemorySessionStore):
    """Remembers what came in one piece; `meets` decides what becomes of each call."""

    def __init__(self, *meets: object) -> None:
        super().__init__()
        self.meets = list(meets)
        self.calls: list[list] = []

    async def append(self, key, entries):
        self.calls.append(entries)
        fate = self.meets.pop(0) if self.meets else None
        if isinstance(fate, BaseException):
            raise fate
        if fate is not None:
            await fate()
        await super().append(key, entries)


def added(*names: str, path: str = PATH) -> dict:
    entries = [{"type": "x", "uuid": name} for name in names]
    return {"type": "transcript_mirror", "filePath": path, "entries": entries}


def message(*names: str, path: str = PATH) -> TranscriptMirrorMessage:
    return TranscriptMirrorMessage(path, [{"type": "x", "uuid": name} for name in names])


def names(entries: list) -> str:
    return "".join(entry["uuid"] for entry in entries)


def told(messages: list) -> list[str]:
    return [one.error if isinstance(one, MirrorErrorMessage) else one.subtype for one in messages]


async def read(client) -> list:
    return [one async for one in client.receive_response()]


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (PATH, KEY),
        (PATH.replace("/", "\\"), KEY),
        ("C:\\Users\\x\\.claude" + PATH.replace("/", "\\"), KEY),
        ("/projects/b" + PATH, KEY),
        (PATH.replace(".jsonl", "/subagents/agent-1.jsonl"),
         {**KEY, "subpath": "subagents/agent-1"}),
        (PATH.replace(".jsonl", "/subagents/workflows/2/agent-1.jsonl"),
         {**KEY, "subpath": "subagents/workflows/2/agent-1"}),
        (PATH.replace(".jsonl", ".json"), None),
        (PATH.replace("projects", "elsewhere"), None),
        (f"/projects/{SESSION}.jsonl", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_file_says_what_it_is_the_transcript_of(path, key, anyio_backend):
    assert key_of_file(path) == key


async def test_a_turn_goes_to_the_store_before_its_result_is_read():
    peer, store = Peer(), Store()
    async with connected(peer, session_store=store) as client:
        peer.say(added("a", "b"), added("c"))
        await anyio.wait_all_tasks_blocked()
        assert store.calls == []
        peer.say(added("d"), RESULT)
        assert told(await read(client)) == ["success"]
        assert names(store.get_entries(KEY)) == "abcd"
        assert len(store.calls) == 1
        peer.say(added("e"))
        await anyio.wait_all_tasks_blocked()
    assert names(store.get_entries(KEY)) == "abcde"
    assert await nothing_runs()


async def test_eagerly_it_goes_at_once():
    peer, store = Peer(), Store()
    async with connected(peer, session_store=store, session_store_flush="eager"):
        peer.say(added("a"))
        await anyio.wait_all_tasks_blocked()
        peer.say(added("b"))
        await anyio.wait_all_tasks_blocked()
        assert [names(call) for call in store.calls] == ["a", "b"]


@ASYNCIO
async def test_too_much_does_not_wait_for_the_end_of_the_turn():
    peer, store = Peer(), Store()
    async with connected(peer, session_store=store):
        peer.say(added(*(str(number) for number in range(501))))
        await anyio.wait_all_tasks_blocked()
        assert len(store.calls) == 1
        peer.say(added("x" * 1024 * 1024))
        await anyio.wait_all_tasks_blocked()
        assert len(store.calls) == 2


async def test_a_slow_store_holds_up_nothing_but_the_result():
    peer, ready = Peer(), anyio.Event()
    store = Store(ready.wait)
    async with connected(peer, session_store=store, session_store_flush="eager") as client:
        peer.say(added("a"))
        await anyio.wait_all_tasks_blocked()
        peer.say(added("b"), {"type": "system", "subtype": "status"}, added("c"), RESULT)
        messages = client.receive_response()
        assert (await messages.__anext__()).subtype == "status"
        rest: list = []

        async def read_on() -> None:
            rest.extend([one async for one in messages])

        async with anyio.create_task_group() as group:
            group.start_soon(read_on)
            await anyio.wait_all_tasks_blocked()
            assert not rest
            peer.on_line = lambda line: "interrupt" in str(line) and peer.answer(line, {})
            await client.interrupt()
            ready.set()
        assert told(rest) == ["success"]
        # What came while it was busy goes in one piece.
        assert [names(call) for call in store.calls] == ["a", "bc"]


async def test_two_files_are_two_calls_and_nothing_is_no_call():
    peer, store = Peer(), Store()
    other = PATH.replace(".jsonl", "/subagents/agent-1.jsonl")
    async with connected(peer, session_store=store) as client:
        peer.say(added("a"), added("b", path=other), added(path=other), added("c"), RESULT)
        await read(client)
    assert [names(call) for call in store.calls] == ["ac", "b"]
    assert await store.list_subkeys(KEY) == ["subagents/agent-1"]


@ASYNCIO
@pytest.mark.parametrize(
    ("fates", "tries", "says"),
    [
        ([OSError("gone")], 2, ["success"]),
        ([OSError("gone"), OSError()], 3, ["success"]),
        ([OSError("1"), OSError("2"), ValueError("3")], 3, ["ValueError: 3", "success"]),
        ([TimeoutError()], 1, ["append() took longer than 0.05 s.", "success"]),
        ([anyio.sleep_forever], 1, ["append() took longer than 0.05 s.", "success"]),
    ],
)
async def test_a_store_that_fails_is_tried_again_and_then_told_of(fates, tries, says, caplog):
    peer, store = Peer(), Store(*fates)
    options = {"session_store": store, "session_store_timeout": 0.05}
    async with connected(peer, **options) as client:
        peer.say(added("a"), RESULT)
        messages = await read(client)
        assert told(messages) == says
        assert len(store.calls) == tries
        peer.say(added("b"), RESULT)
        assert told(await read(client)) == ["success"]
    if len(says) > 1:
        failure = messages[0]
        assert (failure.key, failure.data["session_id"]) == (KEY, SESSION)
        assert failure.data["error"] == failure.error
        assert names(store.get_entries(KEY)) == "b"
        assert "lacks a part" in caplog.text


@ASYNCIO
async def test_no_secret_of_a_store_is_told(caplog):
    secret = "sk-ant-" + "api03-" + "a" * 40
    peer, store = Peer(), Store(*[ValueError(f"bad key {secret}")] * 3)
    with caplog.at_level(logging.DEBUG):
        async with connected(peer, session_store=store) as client:
            peer.say(added("a"), RESULT)
            (failure, _) = await read(client)
    assert "bad key" in failure.error
    assert secret not in failure.error + caplog.text


@ASYNCIO
async def test_a_store_that_cancels_us_is_tried_again_later():
    peer, store = Peer(), Store(asyncio.CancelledError())
    async with connected(peer, session_store=store) as client:
        peer.say(added("a"), RESULT)
        assert told(await read(client)) == ["success"]
        peer.say(added("b"), RESULT)
        assert told(await read(client)) == ["success"]
    assert names(store.get_entries(KEY)) == "ab"
    assert await nothing_runs()


@ASYNCIO
async def test_a_store_that_does_not_let_go_is_left_alone():
    ready = anyio.Event()

    async def clings() -> None:
        with anyio.CancelScope(shield=True):
            await ready.wait()

    one = Mirror(Store(clings), last=0.02)
    one.see(message("a"))
    await one.aclose()
    ready.set()
    assert await nothing_runs()


@ASYNCIO
async def test_nothing_is_no_call():
    peer, store = Peer(), Store()
    async with connected(peer, session_store=store) as client:
        peer.say(added(), RESULT)
        await read(client)
    assert store.calls == []


@ASYNCIO
async def test_what_is_no_transcript_is_told():
    peer, store = Peer(), Store()
    async with connected(peer, session_store=store) as client:
        peer.say(added("a", path="/tmp/x.jsonl"), RESULT)
        failure, result = await read(client)
    assert (failure.key, failure.error) == (None, "/tmp/x.jsonl is no transcript.")
    assert isinstance(result, ResultMessage)


@ASYNCIO
async def test_a_failure_within_a_turn_is_told_when_it_happens():
    peer, store = Peer(), Store(TimeoutError())
    async with connected(peer, session_store=store, session_store_flush="eager") as client:
        peer.say(added("a"))
        messages = client.receive_messages()
        assert isinstance(await messages.__anext__(), MirrorErrorMessage)


@ASYNCIO
async def test_without_a_store_such_messages_come_through():
    peer = Peer()
    async with connected(peer) as client:
        peer.say(added("a"), RESULT)
        assert [type(one) for one in await read(client)] == [TranscriptMirrorMessage, ResultMessage]


# --- the end --------------------------------------------------------------------------------------


async def test_at_the_end_a_store_is_waited_for():
    seen, ready, ended = [], anyio.Event(), []
    store = Store(ready.wait)
    one = Mirror(store, finish=ended.append)
    one.report = seen.append
    one.see(message("a"))
    async with anyio.create_task_group() as group:
        group.start_soon(one.aclose)
        await anyio.wait_all_tasks_blocked()
        one.see(message("b"))
        assert not ended
        ready.set()
    await one.aclose()
    assert names(store.get_entries(KEY)) == "ab"
    assert (seen, ended) == ([], [False])


async def test_at_the_end_a_store_that_hangs_is_not_waited_for_long():
    seen: list = []
    one = Mirror(Store(anyio.sleep_forever), seconds=0.02, pauses=())
    one.report = seen.append
    for _ in range(3):
        one.see(message("a"))
        one.hand_on()
    await one.aclose()
    assert "append() took longer" in seen[0].error


@ASYNCIO
async def test_what_was_not_ready_in_time_is_told():
    seen: list = []
    one = Mirror(Store(anyio.sleep_forever), last=0.02)
    one.see(message("a"))
    await one.aclose()  # nobody is told: not an error
    one = Mirror(Store(anyio.sleep_forever), last=0.02)
    one.report = seen.append
    one.see(message("a"))
    result = ResultMessage()
    assert not await one.holds(result)
    one.see(result)
    async with anyio.create_task_group() as group:
        group.start_soon(one.aclose)
        assert await one.holds(result)
    assert [failure.error for failure in seen] == ["it was not ready in time."]
    assert not await one.holds(result)


@ASYNCIO
async def test_what_is_cancelled_on_its_way_is_handed_on_again():
    store = Store(anyio.sleep_forever)
    one = Mirror(store)
    one.see(message("a"))
    one.hand_on()
    await anyio.wait_all_tasks_blocked()
    one._task.cancel()
    await one.aclose()
    assert names(store.get_entries(KEY)) == "a"


@ASYNCIO
async def test_the_last_lines_of_a_cli_that_is_ended_are_kept():
    peer, store = Peer(), Store()
    client = connected(peer, session_store=store)
    await client.connect()
    connection = client._session.connection
    one = Mirror(store)
    one.hear(connection, b'{"type":"system","subtype":"status"}\nno json\n')
    line = '{"type":"transcript_mirror","filePath":"%s","entries":[{"type":"x","uuid":"z"}]}\n'
    one.hear(connection, (line % PATH).encode())
    await one.aclose()
    await client.disconnect()
    assert names(store.get_entries(KEY)) == "z"
