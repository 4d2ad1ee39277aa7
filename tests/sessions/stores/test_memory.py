"""In-memory session store."""

import pytest

from claude_notebook import InMemorySessionStore

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]
KEY = {"project_key": "p", "session_id": "s"}
AGENT = {**KEY, "subpath": "subagents/agent-1"}


def line(uuid: str | None = None, **fields: object) -> dict:
    return {"type": "x", **({"uuid": uuid} if uuid else {}), **fields}


async def test_memory_store_passes_official_conformance_suite():
    testing = pytest.importorskip("claude_agent_sdk.testing", reason="the official SDK is absent")
    stores = []

    def make() -> InMemorySessionStore:
        stores.append(InMemorySessionStore())
        return stores[-1]

    await testing.run_session_store_conformance(make)
    assert any(store.size for store in stores)


async def test_memory_store_ignores_repeated_lines():
    store = InMemorySessionStore()
    await store.append(KEY, [line("a"), line()])
    await store.append(KEY, [line("a"), line("b"), line()])
    assert await store.load(KEY) == [line("a"), line(), line("b"), line()]


@pytest.mark.parametrize("uuid", [None, ["x"], {"a": 1}, 5])
async def test_memory_store_keeps_lines_without_a_usable_uuid(uuid):
    store = InMemorySessionStore()
    entries = [{"type": "user", "uuid": uuid}, {"type": "user"}]
    await store.append(KEY, entries)
    await store.append(KEY, entries)
    assert await store.load(KEY) == entries * 2


async def test_memory_store_times_are_unique():
    store = InMemorySessionStore(clock=lambda: 5.0)
    for session_id in "abc":
        await store.append({**KEY, "session_id": session_id}, [line()])
    assert [row["mtime"] for row in await store.list_sessions("p")] == [5000, 5001, 5002]


async def test_memory_store_helpers_for_tests():
    store = InMemorySessionStore()
    await store.append(KEY, [line("a")])
    await store.append(AGENT, [line("b")])
    assert store.size == 1
    assert store.get_entries(AGENT) == [line("b")]
    store.clear()
    assert (store.size, store.get_entries(KEY), await store.load(KEY)) == (0, [], None)
    assert await store.list_session_summaries("p") == []
