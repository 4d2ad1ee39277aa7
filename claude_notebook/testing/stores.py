"""A conformance test for custom session stores.

Each rule is a function that receives a new, empty store. `RULES` lists the optional methods that
each rule needs.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Collection
from typing import cast

from ..messages import JSONObject, SessionKey
from ..session_store import (
    SessionListSubkeysKey,
    SessionStore,
    SessionStoreEntry,
    implements,
)

__all__ = ["run_session_store_conformance"]

_YEAR_2001_MS = 10**12
_HERE: SessionKey = {"project_key": "one", "session_id": "a"}
_OTHER: SessionKey = {"project_key": "one", "session_id": "b"}
_ELSEWHERE: SessionKey = {"project_key": "two", "session_id": "a"}
_AGENT: SessionKey = {**_HERE, "subpath": "subagents/agent-1"}
_SECOND: SessionKey = {**_HERE, "subpath": "subagents/deeper/agent-2"}
_CONVERSATION: SessionListSubkeysKey = {"project_key": "one", "session_id": "a"}

Rule = Callable[[SessionStore], Awaitable[None]]


async def run_session_store_conformance(
    make_store: Callable[[], SessionStore | Awaitable[SessionStore]],
    *,
    skip_optional: Collection[str] = frozenset(),
) -> None:
    """Check a store against all rules, except for rules about methods that it lacks.

    :param make_store: creates an empty store, possibly asynchronously. It is called once per rule.
    :param skip_optional: optional methods to skip even though the store has them.
    :raises AssertionError: if the store breaks a rule; the message names the rule
    """
    unknown = set(skip_optional) - {method for _, needs in RULES for method in needs}
    assert not unknown, f"unknown optional methods {sorted(unknown)}"
    for rule, needs in RULES:
        result = make_store()
        store = await result if inspect.isawaitable(result) else result
        skipped = any(name in skip_optional or not implements(store, name) for name in needs)
        if not skipped:
            await rule(store)


def _lines(*names: str) -> list[SessionStoreEntry]:
    entries: list[JSONObject] = [
        {"type": "x", "uuid": name, "more": {"nested": [1, None, "é"]}} for name in names
    ]
    return cast("list[SessionStoreEntry]", entries)


async def _keeps_order(store: SessionStore) -> None:
    await store.append(_HERE, _lines("c", "a"))
    await store.append(_HERE, _lines("b"))
    await store.append(_HERE, [])
    loaded = await store.load(_HERE)
    assert loaded == _lines("c", "a", "b"), "load() must return all complete lines in order"


async def _returns_none_for_unknown_key(store: SessionStore) -> None:
    assert await store.load(_HERE) is None, "load() of an unwritten key must return None"
    await store.append(_HERE, _lines("a"))
    for key in (_AGENT, _OTHER, _ELSEWHERE):
        assert await store.load(key) is None, f"load() of the unwritten {key} must return None"


async def _keeps_keys_apart(store: SessionStore) -> None:
    keys = (_HERE, _AGENT, _OTHER, _ELSEWHERE)
    for number, key in enumerate(keys):
        await store.append(key, _lines(str(number)))
    for number, key in enumerate(keys):
        assert await store.load(key) == _lines(str(number)), (
            f"{key} must not have lines of another key"
        )


async def _lists_sessions(store: SessionStore) -> None:
    assert await store.list_sessions("one") == [], "an empty store must list nothing"
    for key in (_HERE, _OTHER, _ELSEWHERE, _AGENT):
        await store.append(key, _lines("a"))
    listed = await store.list_sessions("one")
    ids = sorted(row["session_id"] for row in listed)
    assert ids == ["a", "b"], "list_sessions() must list each conversation once, without subagents"
    assert all(row["mtime"] > _YEAR_2001_MS for row in listed), "mtime must be milliseconds"


async def _summarizes(store: SessionStore) -> None:
    title = cast("list[SessionStoreEntry]", [{"type": "custom-title", "customTitle": "T"}])
    for key in (_HERE, _ELSEWHERE):
        await store.append(key, title)
    (before,) = await store.list_session_summaries("one")
    assert before["session_id"] == "a"
    assert before["data"].get("custom_title") == "T", "append() must call fold_session_summary()"
    assert before["mtime"] > _YEAR_2001_MS, "mtime must be the time of writing, in milliseconds"
    await store.append(_AGENT, title)
    (after,) = await store.list_session_summaries("one")
    assert after["data"] == before["data"], "a subagent's lines must not be folded"
    await store.append(_HERE, _lines("a"))
    (later,) = await store.list_session_summaries("one")
    assert later["data"].get("custom_title") == "T", "append() must continue the existing summary"


async def _summarizes_with_same_clock(store: SessionStore) -> None:
    await store.append(_HERE, _lines("a"))
    (summary,) = await store.list_session_summaries("one")
    (listed,) = await store.list_sessions("one")
    assert summary["mtime"] >= listed["mtime"], "a current summary must not be older than its lines"


async def _lists_subkeys(store: SessionStore) -> None:
    assert await store.list_subkeys(_CONVERSATION) == [], "an empty store must have no subkeys"
    for key in (_HERE, _AGENT, _SECOND, {**_OTHER, "subpath": "subagents/agent-3"}):
        await store.append(cast("SessionKey", key), _lines("a"))
    subkeys = sorted(await store.list_subkeys(_CONVERSATION))
    assert subkeys == ["subagents/agent-1", "subagents/deeper/agent-2"], (
        "list_subkeys() must return only this conversation's"
    )


async def _deletes_conversation(store: SessionStore) -> None:
    await store.delete(_HERE)  # deleting an unknown key must not fail
    keys = (_HERE, _AGENT, _SECOND, _OTHER, _ELSEWHERE)
    for key in keys:
        await store.append(key, _lines("a"))
    await store.delete(_HERE)
    left = [key for key in keys if await store.load(key) is not None]
    assert left == [_OTHER, _ELSEWHERE], "delete() must delete a conversation with its subagents"


async def _deletes_subkey(store: SessionStore) -> None:
    keys = (_HERE, _AGENT, _SECOND)
    for key in keys:
        await store.append(key, _lines("a"))
    await store.delete(_AGENT)
    left = [key for key in keys if await store.load(key) is not None]
    assert left == [_HERE, _SECOND], "delete() with a subpath must delete only this one"


async def _does_not_list_deleted_session(store: SessionStore) -> None:
    await store.append(_HERE, _lines("a"))
    await store.delete(_HERE)
    assert await store.list_sessions("one") == [], "a deleted conversation must not be listed"


RULES: tuple[tuple[Rule, tuple[str, ...]], ...] = (
    (_keeps_order, ()),
    (_returns_none_for_unknown_key, ()),
    (_keeps_keys_apart, ()),
    (_lists_sessions, ("list_sessions",)),
    (_summarizes, ("list_session_summaries",)),
    (_summarizes_with_same_clock, ("list_session_summaries", "list_sessions")),
    (_lists_subkeys, ("list_subkeys",)),
    (_deletes_conversation, ("delete",)),
    (_deletes_subkey, ("delete",)),
    (_does_not_list_deleted_session, ("delete", "list_sessions")),
)
"""Each rule, with the optional methods that it needs."""
