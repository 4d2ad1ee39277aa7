"""Interface of session stores, which keep transcripts outside of this machine.

The CLI writes each transcript to its own folder. With `session_store=` in the options, each line
also goes to a store, and `resume` finds conversations there that this machine lacks. A custom store
is a class with `append` and `load`; the other methods are optional. `InMemorySessionStore` is an
example.
"""

from __future__ import annotations

from typing import Literal, Protocol, TypedDict

from typing_extensions import Required

from .messages import OpenObject, SessionKey

__all__ = [
    "SessionKey",
    "SessionListSubkeysKey",
    "SessionStore",
    "SessionStoreEntry",
    "SessionStoreFlushMode",
    "SessionStoreListEntry",
    "SessionSummaryEntry",
    "implements",
]

SessionStoreFlushMode = Literal["batched", "eager"]
"""Time of writes to the store.

"batched" writes at the end of a turn, or when 500 lines or 1 MiB are waiting; "eager" writes each
line at once. In both modes a slow store delays only the `ResultMessage` of a turn, not its other
messages.
"""


class SessionListSubkeysKey(TypedDict):
    """A conversation in a call of `list_subkeys`."""

    project_key: str
    session_id: str


class SessionStoreEntry(TypedDict, total=False):
    """A line of a transcript. A store preserves all fields, including unlisted ones.

    Most lines have a `uuid`; `timestamp` is ISO 8601.
    """

    type: Required[str]
    uuid: str
    timestamp: str


class SessionStoreListEntry(TypedDict):
    """A conversation in a store.

    :param mtime: the time of the last write, in ms since the epoch.
    """

    session_id: str
    mtime: int


class SessionSummaryEntry(TypedDict):
    """A conversation's summary from `fold_session_summary`.

    A store saves `data` unchanged, and sets `mtime` (ms since the epoch) at each write, with the
    same clock as in `list_sessions`.
    """

    session_id: str
    mtime: int
    data: OpenObject


class SessionStore(Protocol):
    """Keeps transcripts. Subclassing is optional, and missing methods are not used.

    Only `delete_session_via_store` deletes conversations.
    """

    async def append(self, key: SessionKey, entries: list[SessionStoreEntry]) -> None:
        """Append lines.

        Calls come one after the other, in order. A call that raises is repeated (three attempts in
        total), so a line may arrive twice: skip lines with a known `uuid`, and add lines without
        one. A call that times out is not repeated.
        """
        ...

    async def load(self, key: SessionKey) -> list[SessionStoreEntry] | None:
        """Return all lines in order, or None if `key` was never written."""
        ...

    async def list_sessions(self, project_key: str) -> list[SessionStoreListEntry]:
        """List the conversations of a project in any order, without subagents.

        Optional; `continue_conversation` requires it.
        """
        raise NotImplementedError

    async def list_session_summaries(self, project_key: str) -> list[SessionSummaryEntry]:
        """Return the summaries of a project's conversations, which `append` updates.

        Optional; without it, listing loads every conversation. Concurrent appends to one
        conversation require a lock or transaction around reading, folding and writing.
        """
        raise NotImplementedError

    async def delete(self, key: SessionKey) -> None:
        """Delete a conversation with its subagents, or only the one at `subpath`.

        Optional; without it, nothing is ever deleted.
        """
        raise NotImplementedError

    async def list_subkeys(self, key: SessionListSubkeysKey) -> list[str]:
        """List the subpaths of a conversation's subagents.

        Optional; without it, a resumed conversation lacks its subagents.
        """
        raise NotImplementedError


def implements(store: object, method: str) -> bool:
    """Test for a method that is more than the placeholder in `SessionStore`."""
    own = getattr(type(store), method, None) or getattr(store, method, None)
    return callable(own) and own is not getattr(SessionStore, method)
