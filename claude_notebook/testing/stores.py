"""Does a session store of one's own do what is asked of it? A check for its tests.

Each rule is a function that gets a new, empty store; `RULES` says which optional methods it needs.
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
    """Check a store against all rules; those of methods that it does not have are left out.

    :param make_store: makes an empty store; may be asynchronous. Called once for each rule.
    :param skip_optional: optional methods to leave out although the store has them.
    :raises AssertionError: it breaks a rule; the message says which
    """
    unknown = set(skip_optional) - {method for _, needs in RULES for method in needs}
    assert not unknown, f"there are no optional methods {sorted(unknown)}"
    for rule, needs in RULES:
        made = make_store()
        store = await made if inspect.isawaitable(made) else made
        left_out = any(one in skip_optional or not implements(store, one) for one in needs)
        if not left_out:
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
    assert loaded == _lines("c", "a", "b"), "load() must return all lines whole, in their order"


async def _knows_nothing_of_others(store: SessionStore) -> None:
    assert await store.load(_HERE) is None, "load() of what was never written must be None"
    await store.append(_HERE, _lines("a"))
    for key in (_AGENT, _OTHER, _ELSEWHERE):
        assert await store.load(key) is None, f"{key} was never written"


async def _keeps_keys_apart(store: SessionStore) -> None:
    keys = (_HERE, _AGENT, _OTHER, _ELSEWHERE)
    for number, key in enumerate(keys):
        await store.append(key, _lines(str(number)))
    for number, key in enumerate(keys):
        assert await store.load(key) == _lines(str(number)), f"{key} has another one's lines"


async def _lists(store: SessionStore) -> None:
    assert await store.list_sessions("one") == [], "an empty store must list nothing"
    for key in (_HERE, _OTHER, _ELSEWHERE, _AGENT):
        await store.append(key, _lines("a"))
    listed = await store.list_sessions("one")
    ids = sorted(each["session_id"] for each in listed)
    assert ids == ["a", "b"], "list_sessions() must list conversations once, and no sub-agents"
    assert all(each["mtime"] > _YEAR_2001_MS for each in listed), "mtime must be milliseconds"


async def _sums_up(store: SessionStore) -> None:
    title = cast("list[SessionStoreEntry]", [{"type": "custom-title", "customTitle": "T"}])
    for key in (_HERE, _ELSEWHERE):
        await store.append(key, title)
    (before,) = await store.list_session_summaries("one")
    assert before["session_id"] == "a"
    assert before["data"].get("custom_title") == "T", "append() must fold_session_summary()"
    assert before["mtime"] > _YEAR_2001_MS, "mtime must be the time of writing, in milliseconds"
    await store.append(_AGENT, title)
    (after,) = await store.list_session_summaries("one")
    assert after["data"] == before["data"], "a sub-agent's lines must not be folded"
    await store.append(_HERE, _lines("a"))
    (later,) = await store.list_session_summaries("one")
    assert later["data"].get("custom_title") == "T", "append() must go on with the summary so far"


async def _sums_up_by_the_same_clock(store: SessionStore) -> None:
    await store.append(_HERE, _lines("a"))
    (summary,) = await store.list_session_summaries("one")
    (listed,) = await store.list_sessions("one")
    assert summary["mtime"] >= listed["mtime"], "a fresh summary must not look older than its lines"


async def _lists_subkeys(store: SessionStore) -> None:
    assert await store.list_subkeys(_CONVERSATION) == [], "an empty store has no subkeys"
    for key in (_HERE, _AGENT, _SECOND, {**_OTHER, "subpath": "subagents/agent-3"}):
        await store.append(cast("SessionKey", key), _lines("a"))
    subkeys = sorted(await store.list_subkeys(_CONVERSATION))
    assert subkeys == ["subagents/agent-1", "subagents/deeper/agent-2"], "subkeys of this one alone"


async def _deletes_all_of_one(store: SessionStore) -> None:
    await store.delete(_HERE)  # nothing is there: not an error
    keys = (_HERE, _AGENT, _SECOND, _OTHER, _ELSEWHERE)
    for key in keys:
        await store.append(key, _lines("a"))
    await store.delete(_HERE)
    left = [key for key in keys if await store.load(key) is not None]
    assert left == [_OTHER, _ELSEWHERE], "delete() takes a conversation with its sub-agents"


async def _deletes_one_subkey(store: SessionStore) -> None:
    keys = (_HERE, _AGENT, _SECOND)
    for key in keys:
        await store.append(key, _lines("a"))
    await store.delete(_AGENT)
    left = [key for key in keys if await store.load(key) is not None]
    assert left == [_HERE, _SECOND], "delete() with a subpath takes that one alone"


async def _does_not_list_what_is_deleted(store: SessionStore) -> None:
    await store.append(_HERE, _lines("a"))
    await store.delete(_HERE)
    assert await store.list_sessions("one") == [], "what is deleted must not be listed"


RULES: tuple[tuple[Rule, tuple[str, ...]], ...] = (
    (_keeps_order, ()),
    (_knows_nothing_of_others, ()),
    (_keeps_keys_apart, ()),
    (_lists, ("list_sessions",)),
    (_sums_up, ("list_session_summaries",)),
    (_sums_up_by_the_same_clock, ("list_session_summaries", "list_sessions")),
    (_lists_subkeys, ("list_subkeys",)),
    (_deletes_all_of_one, ("delete",)),
    (_deletes_one_subkey, ("delete",)),
    (_does_not_list_what_is_deleted, ("delete", "list_sessions")),
)
"""Each rule, and the optional methods that it needs."""
