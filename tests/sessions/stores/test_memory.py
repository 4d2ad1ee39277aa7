"""The session store in memory."""

import pytest

from claude_notebook import InMemorySessionStore

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]
KEY = {"project_key": "p", "session_id": "s"}
AGENT = {**KEY, "subpath": "subagents/agent-1"}


def line(uuid: str | None = None, **fields: object) -> dict:
    return {"type": "x", **({"uuid": uuid} if uuid else {}), **fields}


async def test_it_does_what_the_official_conformance_suite_asks_for():
    testing = pytest.importorskip("claude_agent_sdk.testing", reason="the official SDK is absent")
    await testing.run_session_store_conformance(InMemorySessionStore)


async def test_a_line_that_comes_again_is_not_added_again():
    store = InMemorySessionStore()
    await store.append(KEY, [line("a"), line()])
    await store.append(KEY, [line("a"), line("b"), line()])
    assert await store.load(KEY) == [line("a"), line(), line("b"), line()]


async def test_no_two_writes_have_the_same_time():
    store = InMemorySessionStore(clock=lambda: 5.0)
    for session_id in "abc":
        await store.append({**KEY, "session_id": session_id}, [line()])
    assert [each["mtime"] for each in await store.list_sessions("p")] == [5000, 5001, 5002]


async def test_what_it_tells_a_test():
    store = InMemorySessionStore()
    await store.append(KEY, [line("a")])
    await store.append(AGENT, [line("b")])
    assert store.size == 1
    assert store.get_entries(AGENT) == [line("b")]
    store.clear()
    assert (store.size, store.get_entries(KEY), await store.load(KEY)) == (0, [], None)
    assert await store.list_session_summaries("p") == []
