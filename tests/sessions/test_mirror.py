"""Mirror of a running conversation to a session store, without a CLI."""

import asyncio
import logging

import anyio
import pytest
from peer import Peer, connected, has_no_running_tasks

from claude_notebook import InMemorySessionStore, MirrorErrorMessage, ResultMessage
from claude_notebook.messages import SystemMessage, TranscriptMirrorMessage
from claude_notebook.sessions.mirror import Mirror, key_of_file

pytestmark = pytest.mark.anyio
ASYNCIO = pytest.mark.parametrize("anyio_backend", ["asyncio"])
SESSION = "0f0f0f0f-0000-4000-8000-000000000000"
PATH = f"/home/user/.claude/projects/-a/{SESSION}.jsonl"
KEY = {"project_key": "-a", "session_id": SESSION}
RESULT = ResultMessage(session_id=SESSION)


class Store(InMemorySessionStore):
    """Records each batch; `outcomes` sets the result of each call."""

    def __init__(self, *outcomes: object) -> None:
        super().__init__()
        self.outcomes = list(outcomes)
        self.calls: list[list] = []

    async def append(self, key, entries):
        self.calls.append(entries)
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if isinstance(outcome, BaseException):
            raise outcome
        if outcome is not None:
            await outcome()
        await super().append(key, entries)


def added(*names: str, path: str = PATH) -> TranscriptMirrorMessage:
    return TranscriptMirrorMessage(path, [{"type": "x", "uuid": name} for name in names])


def names(entries: list) -> str:
    return "".join(entry["uuid"] for entry in entries)


def outline(messages: list) -> list[str]:
    return [
        item.error if isinstance(item, MirrorErrorMessage) else item.subtype for item in messages
    ]


async def read(client) -> list:
    return [message async for message in client.receive_response()]


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
def test_key_of_file_parses_path(path, key, anyio_backend):
    assert key_of_file(path) == key


async def test_mirror_stores_turn_before_its_result():
    peer, store = Peer(), Store()
    async with connected(peer, session_store=store) as client:
        peer.say(added("a", "b"), added("c"))
        await anyio.wait_all_tasks_blocked()
        assert store.calls == []
        peer.say(added("d"), RESULT)
        assert outline(await read(client)) == ["success"]
        assert names(store.get_entries(KEY)) == "abcd"
        assert len(store.calls) == 1
        peer.say(added("e"))
        await anyio.wait_all_tasks_blocked()
    assert names(store.get_entries(KEY)) == "abcde"
    assert await has_no_running_tasks()


async def test_mirror_eager_stores_at_once():
    peer, store = Peer(), Store()
    async with connected(peer, session_store=store, session_store_flush="eager"):
        peer.say(added("a"))
        await anyio.wait_all_tasks_blocked()
        peer.say(added("b"))
        await anyio.wait_all_tasks_blocked()
        assert [names(call) for call in store.calls] == ["a", "b"]


@ASYNCIO
async def test_mirror_flushes_large_batches_early():
    peer, store = Peer(), Store()
    async with connected(peer, session_store=store):
        peer.say(added(*(str(number) for number in range(501))))
        await anyio.wait_all_tasks_blocked()
        assert len(store.calls) == 1
        peer.say(added("x" * 1024 * 1024))
        await anyio.wait_all_tasks_blocked()
        assert len(store.calls) == 2


async def test_mirror_with_slow_store_delays_only_result():
    peer, ready = Peer(), anyio.Event()
    store = Store(ready.wait)
    async with connected(peer, session_store=store, session_store_flush="eager") as client:
        peer.say(added("a"))
        await anyio.wait_all_tasks_blocked()
        peer.say(added("b"), SystemMessage("status"), added("c"), RESULT)
        messages = client.receive_response()
        assert (await messages.__anext__()).subtype == "status"
        rest: list = []

        async def read_on() -> None:
            rest.extend([message async for message in messages])

        async with anyio.create_task_group() as group:
            group.start_soon(read_on)
            await anyio.wait_all_tasks_blocked()
            assert not rest
            peer.on_line = lambda line: "interrupt" in str(line) and peer.answer(line, {})
            await client.interrupt()
            ready.set()
        assert outline(rest) == ["success"]
        # Entries that arrive while the store is busy form one batch.
        assert [names(call) for call in store.calls] == ["a", "bc"]


async def test_mirror_appends_once_per_file():
    peer, store = Peer(), Store()
    other = PATH.replace(".jsonl", "/subagents/agent-1.jsonl")
    async with connected(peer, session_store=store) as client:
        peer.say(added("a"), added("b", path=other), added(path=other), added("c"), RESULT)
        await read(client)
    assert [names(call) for call in store.calls] == ["ac", "b"]
    assert await store.list_subkeys(KEY) == ["subagents/agent-1"]


@ASYNCIO
@pytest.mark.parametrize(
    ("outcomes", "attempts", "expected"),
    [
        ([OSError("gone")], 2, ["success"]),
        ([OSError("gone"), OSError()], 3, ["success"]),
        ([OSError("1"), OSError("2"), ValueError("3")], 3, ["ValueError: 3", "success"]),
        ([TimeoutError()], 1, ["append() took longer than 0.05 s.", "success"]),
        ([anyio.sleep_forever], 1, ["append() took longer than 0.05 s.", "success"]),
    ],
)
async def test_mirror_retries_and_then_reports_failure(outcomes, attempts, expected, caplog):
    peer, store = Peer(), Store(*outcomes)
    options = {"session_store": store, "session_store_timeout": 0.05}
    async with connected(peer, **options) as client:
        peer.say(added("a"), RESULT)
        messages = await read(client)
        assert outline(messages) == expected
        assert len(store.calls) == attempts
        peer.say(added("b"), RESULT)
        assert outline(await read(client)) == ["success"]
    if len(expected) > 1:
        failure = messages[0]
        assert (failure.key, failure.data["session_id"]) == (KEY, SESSION)
        assert failure.data["error"] == failure.error
        assert names(store.get_entries(KEY)) == "b"
        assert "is incomplete for" in caplog.text


@ASYNCIO
async def test_mirror_hides_secrets_in_errors(caplog):
    secret = "sk-ant-" + "api03-" + "a" * 40
    peer, store = Peer(), Store(*[ValueError(f"bad key {secret}")] * 3)
    with caplog.at_level(logging.DEBUG):
        async with connected(peer, session_store=store) as client:
            peer.say(added("a"), RESULT)
            (failure, _) = await read(client)
    assert "bad key" in failure.error
    assert secret not in failure.error + caplog.text


@ASYNCIO
async def test_mirror_survives_cancellation_by_store():
    peer, store = Peer(), Store(asyncio.CancelledError())
    async with connected(peer, session_store=store) as client:
        peer.say(added("a"), RESULT)
        assert outline(await read(client)) == ["success"]
        peer.say(added("b"), RESULT)
        assert outline(await read(client)) == ["success"]
    assert names(store.get_entries(KEY)) == "ab"
    assert await has_no_running_tasks()


@ASYNCIO
async def test_mirror_close_abandons_uncancellable_store():
    ready = anyio.Event()

    async def resist_cancellation() -> None:
        with anyio.CancelScope(shield=True):
            await ready.wait()

    mirror = Mirror(Store(resist_cancellation), last=0.02)
    mirror.take_entries(added("a"))
    await mirror.aclose()
    ready.set()
    assert await has_no_running_tasks()


@ASYNCIO
async def test_mirror_skips_empty_entries():
    peer, store = Peer(), Store()
    async with connected(peer, session_store=store) as client:
        peer.say(added(), RESULT)
        await read(client)
    assert store.calls == []


@ASYNCIO
async def test_mirror_reports_path_that_is_not_a_transcript():
    peer, store = Peer(), Store()
    async with connected(peer, session_store=store) as client:
        peer.say(added("a", path="/tmp/x.jsonl"), RESULT)
        failure, result = await read(client)
    assert (failure.key, failure.error) == (None, "/tmp/x.jsonl is not a transcript.")
    assert isinstance(result, ResultMessage)


@ASYNCIO
async def test_mirror_reports_failure_during_turn():
    peer, store = Peer(), Store(TimeoutError())
    async with connected(peer, session_store=store, session_store_flush="eager") as client:
        peer.say(added("a"))
        messages = client.receive_messages()
        assert isinstance(await messages.__anext__(), MirrorErrorMessage)


@ASYNCIO
async def test_client_without_store_receives_transcript_messages():
    peer = Peer()
    async with connected(peer) as client:
        peer.say(added("a"), RESULT)
        assert [type(item) for item in await read(client)] == [
            TranscriptMirrorMessage,
            ResultMessage,
        ]


# --- shutdown -------------------------------------------------------------------------------------


async def test_mirror_close_waits_for_store():
    failures, ready, results = [], anyio.Event(), []
    store = Store(ready.wait)
    mirror = Mirror(store, finish=results.append)
    mirror.report = failures.append
    mirror.take_entries(added("a"))
    async with anyio.create_task_group() as group:
        group.start_soon(mirror.aclose)
        await anyio.wait_all_tasks_blocked()
        mirror.take_entries(added("b"))
        assert not results
        ready.set()
    await mirror.aclose()
    assert names(store.get_entries(KEY)) == "ab"
    assert (failures, results) == ([], [False])


async def test_mirror_close_limits_wait_for_hanging_store():
    failures: list = []
    mirror = Mirror(Store(anyio.sleep_forever), seconds=0.02, pauses=())
    mirror.report = failures.append
    for _ in range(3):
        mirror.take_entries(added("a"))
        mirror.flush()
    await mirror.aclose()
    assert "append() took longer" in failures[0].error


@ASYNCIO
async def test_mirror_close_reports_unsaved_entries():
    failures: list = []
    mirror = Mirror(Store(anyio.sleep_forever), last=0.02)
    mirror.take_entries(added("a"))
    await mirror.aclose()  # no error without a `report` callback
    mirror = Mirror(Store(anyio.sleep_forever), last=0.02)
    mirror.report = failures.append
    mirror.take_entries(added("a"))
    result = ResultMessage()
    assert not await mirror.wait_before(result)
    mirror.take_entries(result)
    async with anyio.create_task_group() as group:
        group.start_soon(mirror.aclose)
        assert await mirror.wait_before(result)
    assert [failure.error for failure in failures] == ["the store was not ready in time."]
    assert not await mirror.wait_before(result)


@ASYNCIO
async def test_mirror_sends_cancelled_entries_again():
    store = Store(anyio.sleep_forever)
    mirror = Mirror(store)
    mirror.take_entries(added("a"))
    mirror.flush()
    await anyio.wait_all_tasks_blocked()
    mirror._task.cancel()
    await mirror.aclose()
    assert names(store.get_entries(KEY)) == "a"


@ASYNCIO
async def test_mirror_keeps_last_output_of_cli():
    peer, store = Peer(), Store()
    client = connected(peer, session_store=store)
    await client.connect()
    connection = client._session.connection
    mirror = Mirror(store)
    mirror.receive_last(connection, b'{"type":"system","subtype":"status"}\nno json\n')
    line = '{"type":"transcript_mirror","filePath":"%s","entries":[{"type":"x","uuid":"z"}]}\n'
    mirror.receive_last(connection, (line % PATH).encode())
    await mirror.aclose()
    await client.disconnect()
    assert names(store.get_entries(KEY)) == "z"
