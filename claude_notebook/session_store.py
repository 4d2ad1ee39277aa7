"""Session stores: a second home for transcripts, outside of this machine.

The CLI writes every transcript to its own folder. With `session_store=` in the options each line
goes to a store as well, and `resume` finds there what this machine does not have. A store of your
own is a class with `append` and `load`; the other methods it may leave out. `InMemorySessionStore`
is one to begin with.
"""

from __future__ import annotations

from typing import Literal, Protocol, TypedDict

from typing_extensions import Required

from .messages import JSONObject, SessionKey

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
"""When lines go to the store: "batched" at the end of a turn, or when 500 of them or 1 MiB wait;
"eager" as soon as they come. In either mode a slow store does not hold up the messages of a turn,
only its `ResultMessage`."""


class SessionListSubkeysKey(TypedDict):
    """A conversation, as `list_subkeys` is asked about it."""

    project_key: str
    session_id: str


class SessionStoreEntry(TypedDict, total=False):
    """A line of a transcript. A store keeps all of its fields, also those that are not named here.

    Most have a `uuid`; `timestamp` is ISO 8601.
    """

    type: Required[str]
    uuid: str
    timestamp: str


class SessionStoreListEntry(TypedDict):
    """A conversation in a store; `mtime` is when it was last written, in ms since the epoch."""

    session_id: str
    mtime: int


class SessionSummaryEntry(TypedDict):
    """What `fold_session_summary` has gathered of a conversation.

    A store keeps `data` as it is, and sets `mtime` (ms since the epoch) when it has written it, by
    the same clock as in `list_sessions`.
    """

    session_id: str
    mtime: int
    data: JSONObject


class SessionStore(Protocol):
    """Keeps transcripts. It need not be a subclass; what it leaves out is not used.

    Nothing is ever deleted but by `delete_session_via_store`.
    """

    async def append(self, key: SessionKey, entries: list[SessionStoreEntry]) -> None:
        """Add lines behind those that are there.

        Calls come one after the other, in order. A call that raises is repeated (three tries in
        all), so a line may come twice: one with a known `uuid` should be left out, one without a
        uuid be added. A call that takes too long is not repeated.
        """
        ...

    async def load(self, key: SessionKey) -> list[SessionStoreEntry] | None:
        """All lines in their order; None if nothing was ever written under `key`."""
        ...

    async def list_sessions(self, project_key: str) -> list[SessionStoreListEntry]:
        """The conversations of a project in any order, without those of sub-agents.

        May be left out; then `continue_conversation` does not work with this store.
        """
        raise NotImplementedError

    async def list_session_summaries(self, project_key: str) -> list[SessionSummaryEntry]:
        """The summaries of a project's conversations, kept up to date by `append`.

        May be left out; then listing loads every conversation. Appends to one conversation that
        can come at the same time need a lock or a transaction around reading, folding and writing.
        """
        raise NotImplementedError

    async def delete(self, key: SessionKey) -> None:
        """Delete a conversation with its sub-agents; with a `subpath`, that one alone.

        May be left out, where nothing is ever deleted.
        """
        raise NotImplementedError

    async def list_subkeys(self, key: SessionListSubkeysKey) -> list[str]:
        """The subpaths of a conversation: its sub-agents'.

        May be left out; then a resumed conversation does not have them.
        """
        raise NotImplementedError


def implements(store: SessionStore, method: str) -> bool:
    """Whether a store has a method of its own, not only the one that raises NotImplementedError."""
    own = getattr(type(store), method, None) or getattr(store, method, None)
    return callable(own) and own is not getattr(SessionStore, method)
