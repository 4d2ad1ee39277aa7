"""Lists the conversations in a session store, and reads their messages.

The functions match those for local transcripts, but they are asynchronous, and they are limited to
the folder `directory` (by default the current one) because a store knows nothing about worktrees.
Store errors propagate.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import AsyncIterator

import anyio

from ...errors import OptionsError
from ...logs import get_logger, log_failure
from ...messages import JSONObject, SessionKey
from ...messages.json_fields import as_object
from ...session_store import (
    SessionListSubkeysKey,
    SessionStore,
    SessionStoreEntry,
    implements,
)
from ..transcripts.entries import as_file
from ..transcripts.paths import StrPath, is_session_id, project_name
from ..transcripts.reading import Page, SessionMessage
from ..transcripts.session_info import SDKSessionInfo, milliseconds
from .summaries import fold, summary_info

log = get_logger(__name__)

_CONCURRENCY = 16
METADATA = "agent_metadata"
"""Type of the entry that describes a subagent. Locally, the description is a separate file."""


def project_key_for_directory(directory: StrPath | None = None) -> str:
    """Return the `project_key` for conversations in a folder (by default the current one).

    The key is the name of the folder in which the CLI stores their transcripts.
    """
    return project_name(_resolved_folder(directory))


def _resolved_folder(directory: StrPath | None) -> str:
    # macOS may return the same name in composed or decomposed form.
    return unicodedata.normalize("NFC", os.path.realpath(directory or os.curdir))


def key_of(session_id: str, directory: StrPath | None) -> SessionKey:
    """Return the key for a conversation in a folder."""
    return {"project_key": project_key_for_directory(directory), "session_id": session_id}


def conversation_of(key: SessionKey) -> SessionListSubkeysKey:
    """Return the conversation that a key belongs to."""
    return {"project_key": key["project_key"], "session_id": key["session_id"]}


# --- listing --------------------------------------------------------------------------------------


async def list_sessions_from_store(
    session_store: SessionStore,
    directory: StrPath | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[SDKSessionInfo]:
    """List the conversations in a folder, most recent first; see `list_sessions`.

    If the store has an up-to-date summary of a conversation, the conversation is not loaded. A
    conversation that fails to load is listed without a summary, and a warning is logged.

    :raises OptionsError: if the store has neither `list_sessions` nor `list_session_summaries`
    """
    listing = _Listing(session_store, _resolved_folder(directory))
    rows = sorted(await listing.rows(), key=lambda row: -row[0])
    page = Page(limit, offset)
    sessions: list[SDKSessionInfo] = []
    first = 0
    while first < len(rows) and (page.end is None or len(sessions) < page.end):
        missing = _CONCURRENCY if page.end is None else page.end - len(sessions)
        chunk = rows[first : first + min(missing, _CONCURRENCY)]
        sessions += [info for info in await listing.infos(chunk) if info is not None]
        first += len(chunk)
    return page.cut(sessions)


_Row = tuple[int, str, JSONObject | None]
"""(time of the last change in ms, session id, data of an up-to-date summary or None)"""


class _Listing:
    """The conversations in a store that belong to the folder `cwd`."""

    def __init__(self, store: SessionStore, cwd: str) -> None:
        self._store = store
        self._cwd = cwd
        self._project = project_name(cwd)

    async def rows(self) -> list[_Row]:
        summaries = await self._summaries()
        if not implements(self._store, "list_sessions"):
            if summaries is None:
                raise OptionsError(
                    "The store cannot list conversations. Add a list_sessions() method to it.",
                    field="session_store",
                )
            return [(mtime, session_id, data) for session_id, (mtime, data) in summaries.items()]
        rows: list[_Row] = []
        for entry in await self._store.list_sessions(self._project):
            mtime, data = (summaries or {}).get(entry["session_id"], (0, {}))
            # A summary older than its conversation is incomplete.
            fresh = data if mtime >= entry["mtime"] else None
            rows.append((entry["mtime"], entry["session_id"], fresh))
        return rows

    async def _summaries(self) -> dict[str, tuple[int, JSONObject]] | None:
        if not implements(self._store, "list_session_summaries"):
            return None
        try:
            summaries = await self._store.list_session_summaries(self._project)
        except NotImplementedError:
            return None
        return {entry["session_id"]: (entry["mtime"], entry["data"]) for entry in summaries}

    async def infos(self, rows: list[_Row]) -> list[SDKSessionInfo | None]:
        """Describe each row, loading those without a summary concurrently."""
        infos: list[SDKSessionInfo | None] = [None] * len(rows)

        async def describe(number: int, row: _Row) -> None:
            infos[number] = await self._info(*row)

        async with anyio.create_task_group() as group:
            for number, row in enumerate(rows):
                group.start_soon(describe, number, row)
        return infos

    async def _info(
        self, modified: int, session_id: str, data: JSONObject | None
    ) -> SDKSessionInfo | None:
        try:
            if data is None:
                data = {}
                key: SessionKey = {"project_key": self._project, "session_id": session_id}
                fold(data, await self._store.load(key) or [])
        except Exception as error:  # noqa: BLE001  one broken row must not hide the others
            log_failure(log, f"The session store, loading {session_id},", error)
            return SDKSessionInfo(session_id, "", modified)
        return summary_info(session_id, data, modified, self._cwd)


async def get_session_info_from_store(
    session_store: SessionStore, session_id: str, directory: StrPath | None = None
) -> SDKSessionInfo | None:
    """Describe one conversation; return None if it does not exist."""
    entries = await _load(session_store, session_id, directory)
    if not entries:
        return None
    data: JSONObject = {}
    fold(data, entries)
    return summary_info(session_id, data, _last_time(entries), _resolved_folder(directory))


def _last_time(entries: list[SessionStoreEntry]) -> int:
    times = (milliseconds(entry.get("timestamp")) for entry in reversed(entries))
    return next((time for time in times if time is not None), 0)


# --- reading --------------------------------------------------------------------------------------


async def get_session_messages_from_store(
    session_store: SessionStore,
    session_id: str,
    directory: StrPath | None = None,
    limit: int | None = None,
    offset: int = 0,
    *,
    compacted: bool = False,
) -> list[SessionMessage]:
    """Return a conversation's current messages; see `get_session_messages`."""
    entries = await _load(session_store, session_id, directory)
    file = as_file(entries)
    return Page(limit, offset).take(file, session_id, session_id, whole=compacted)


async def list_subagents_from_store(
    session_store: SessionStore, session_id: str, directory: StrPath | None = None
) -> list[str]:
    """List the ids of a conversation's subagents.

    :raises OptionsError: if the store has no `list_subkeys`
    """
    if not is_session_id(session_id):
        return []
    if not implements(session_store, "list_subkeys"):
        raise OptionsError(
            "The store cannot list subagents. Add a list_subkeys() method to it.",
            field="session_store",
        )
    key = key_of(session_id, directory)
    return list(dict.fromkeys([agent async for agent, _ in _agents(session_store, key)]))


async def get_subagent_messages_from_store(
    session_store: SessionStore,
    session_id: str,
    agent_id: str,
    directory: StrPath | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[SessionMessage]:
    """Return one subagent's messages; see `get_subagent_messages`."""
    if not is_session_id(session_id) or not agent_id:
        return []
    key = key_of(session_id, directory)
    subpath = f"subagents/agent-{agent_id}"
    if implements(session_store, "list_subkeys"):
        subpaths = [path async for agent, path in _agents(session_store, key) if agent == agent_id]
        if not subpaths:
            return []
        subpath = subpaths[0]
    meta, entries = split_metadata(await session_store.load({**key, "subpath": subpath}) or [])
    page = Page.of_agent(meta, limit, offset)
    return page.take(as_file(entries), subpath, session_id, sidechain=True)


async def _agents(store: SessionStore, key: SessionKey) -> AsyncIterator[tuple[str, str]]:
    """Yield the id and subpath of each subagent, at any depth below "subagents"."""
    for subpath in await store.list_subkeys(conversation_of(key)):
        folder, _, name = subpath.rpartition("/")
        if folder.split("/")[0] == "subagents" and name.startswith("agent-"):
            yield name.removeprefix("agent-"), subpath


def split_metadata(entries: list[SessionStoreEntry]) -> tuple[JSONObject, list[SessionStoreEntry]]:
    """Split entries into a subagent's description (the last one) and transcript."""
    meta: JSONObject = {}
    lines: list[SessionStoreEntry] = []
    for entry in entries:
        if isinstance(entry, dict) and entry.get("type") == METADATA:
            meta = {name: value for name, value in as_object(entry).items() if name != "type"}
        else:
            lines.append(entry)
    return meta, lines


async def _load(
    store: SessionStore, session_id: str, directory: StrPath | None
) -> list[SessionStoreEntry]:
    if not is_session_id(session_id):
        return []
    return await store.load(key_of(session_id, directory)) or []
