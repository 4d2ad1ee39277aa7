"""In-memory session store, intended for tests and as an example."""

from __future__ import annotations

import time
from collections.abc import Callable

from ...session_store import (
    SessionKey,
    SessionListSubkeysKey,
    SessionStore,
    SessionStoreEntry,
    SessionStoreListEntry,
    SessionSummaryEntry,
)
from .summaries import fold_session_summary

_Place = tuple[str, str, str]


class InMemorySessionStore(SessionStore):
    """Stores transcripts in a dictionary.

    :param clock: a function that returns seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._last = 0
        self._entries: dict[_Place, list[SessionStoreEntry]] = {}
        self._known: dict[_Place, set[str]] = {}
        self._times: dict[_Place, int] = {}
        self._summaries: dict[_Place, SessionSummaryEntry] = {}

    async def append(self, key: SessionKey, entries: list[SessionStoreEntry]) -> None:
        """Add lines, except those whose `uuid` is already known."""
        place = _place(key)
        known = self._known.setdefault(place, set())
        new = [entry for entry in entries if _uuid_of(entry) not in known]
        known.update(uuid for entry in new if (uuid := _uuid_of(entry)) is not None)
        self._entries.setdefault(place, []).extend(new)
        # Timestamps are unique, so that they reflect the order of writes.
        self._last = max(int(self._clock() * 1000), self._last + 1)
        self._times[place] = self._last
        if not place[2]:
            summary = fold_session_summary(self._summaries.get(place), key, new)
            self._summaries[place] = {**summary, "mtime": self._last}

    async def load(self, key: SessionKey) -> list[SessionStoreEntry] | None:
        """Return all lines under `key`, or None if there are none."""
        entries = self._entries.get(_place(key))
        return None if entries is None else list(entries)

    async def list_sessions(self, project_key: str) -> list[SessionStoreListEntry]:
        """List a project's conversations."""
        return [
            {"session_id": session_id, "mtime": mtime}
            for (project, session_id, subpath), mtime in self._times.items()
            if project == project_key and not subpath
        ]

    async def list_session_summaries(self, project_key: str) -> list[SessionSummaryEntry]:
        """Return the summaries of a project's conversations."""
        return [entry for place, entry in self._summaries.items() if place[0] == project_key]

    async def delete(self, key: SessionKey) -> None:
        """Delete a conversation with its subagents, or only the transcript at `subpath`."""
        project, session_id, subpath = _place(key)
        for place in list(self._entries):
            if place[:2] == (project, session_id) and subpath in ("", place[2]):
                del self._entries[place], self._known[place], self._times[place]
                self._summaries.pop(place, None)

    async def list_subkeys(self, key: SessionListSubkeysKey) -> list[str]:
        """List a conversation's subpaths."""
        wanted = (key["project_key"], key["session_id"])
        return [place[2] for place in self._entries if place[:2] == wanted and place[2]]

    # --- for tests -------------------------------------------------------------------------------

    def get_entries(self, key: SessionKey) -> list[SessionStoreEntry]:
        """Return all lines under `key` synchronously, or an empty list if there are none."""
        return list(self._entries.get(_place(key), []))

    @property
    def size(self) -> int:
        """The number of conversations, not counting those of subagents."""
        return sum(not place[2] for place in self._entries)

    def clear(self) -> None:
        """Delete all conversations."""
        for table in (self._entries, self._known, self._times, self._summaries):
            table.clear()


def _place(key: SessionKey) -> _Place:
    return key["project_key"], key["session_id"], key.get("subpath") or ""


def _uuid_of(entry: SessionStoreEntry) -> str | None:
    """Return a line's id.

    Return None if the line has no usable id, in which case it is always added.
    """
    uuid = entry.get("uuid")
    return uuid if isinstance(uuid, str) else None
