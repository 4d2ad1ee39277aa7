"""Conversations in a session store: list and read them.

The same as for transcripts on this machine, but asynchronous, and for the folder `directory` alone
(this process's when None): a store knows no worktrees. What a store raises comes through.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import AsyncIterator
from itertools import islice

import anyio

from ...errors import OptionsError
from ...logs import get_logger, log_failure
from ...messages import JSON, JSONObject, SessionKey
from ...session_store import (
    SessionListSubkeysKey,
    SessionStore,
    SessionStoreEntry,
    implements,
)
from ..transcripts.entries import as_file
from ..transcripts.paths import StrPath, is_session_id, project_name
from ..transcripts.reading import Page, SessionMessage
from ..transcripts.titles import SDKSessionInfo, milliseconds
from .summaries import fold, summary_info

log = get_logger(__name__)

_AT_A_TIME = 16
METADATA = "agent_metadata"
"""The type of the entry that says what a sub-agent is; on this machine it is a file of its own."""


def project_key_for_directory(directory: StrPath | None = None) -> str:
    """The `project_key` of what is said in a folder; None is this process's.

    It is the name that the CLI gives to the folder with its transcripts.
    """
    return project_name(_real(directory))


def _real(directory: StrPath | None) -> str:
    # macOS may spell the same name composed or decomposed.
    return unicodedata.normalize("NFC", os.path.realpath(directory or os.curdir))


def key_of(session_id: str, directory: StrPath | None) -> SessionKey:
    """The key of a conversation that was held in a folder."""
    return {"project_key": project_key_for_directory(directory), "session_id": session_id}


def conversation_of(key: SessionKey) -> SessionListSubkeysKey:
    """The conversation that a key belongs to."""
    return {"project_key": key["project_key"], "session_id": key["session_id"]}


# --- listing --------------------------------------------------------------------------------------


async def list_sessions_from_store(
    session_store: SessionStore,
    directory: StrPath | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[SDKSessionInfo]:
    """The conversations of a folder, the latest first; see `list_sessions`.

    Where the store keeps summaries that are up to date, no conversation is loaded. One that cannot
    be loaded is listed without a summary, with a warning in the log.

    :raises OptionsError: the store has neither `list_sessions` nor `list_session_summaries`
    """
    listing = _Listing(session_store, _real(directory))
    rows = sorted(await listing.rows(), key=lambda row: -row[0])
    start = max(offset, 0)
    end = None if limit is None else start + max(limit, 0)
    found: list[SDKSessionInfo] = []
    for first in range(0, len(rows), _AT_A_TIME):
        if end is not None and len(found) >= end:
            break
        infos = await listing.infos(rows[first : first + _AT_A_TIME])
        found += [info for info in infos if info is not None]
    return list(islice(found, start, end))


_Row = tuple[int, str, JSONObject | None]
"""(time of the last change in ms, session id, the summary's data if that is up to date)"""


class _Listing:
    """What a store knows of the conversations in the folder `cwd`."""

    def __init__(self, store: SessionStore, cwd: str) -> None:
        self._store = store
        self._cwd = cwd
        self._project = project_name(cwd)

    async def rows(self) -> list[_Row]:
        summaries = await self._summaries()
        if not implements(self._store, "list_sessions"):
            if summaries is None:
                raise OptionsError(
                    "The store cannot list conversations: give it a list_sessions() method.",
                    field="session_store",
                )
            return [(mtime, one, data) for one, (mtime, data) in summaries.items()]
        rows: list[_Row] = []
        for each in await self._store.list_sessions(self._project):
            mtime, data = (summaries or {}).get(each["session_id"], (0, {}))
            # A summary that is older than the conversation lacks something.
            fresh = data if mtime >= each["mtime"] else None
            rows.append((each["mtime"], each["session_id"], fresh))
        return rows

    async def _summaries(self) -> dict[str, tuple[int, JSONObject]] | None:
        if not implements(self._store, "list_session_summaries"):
            return None
        try:
            summaries = await self._store.list_session_summaries(self._project)
        except NotImplementedError:
            return None
        return {each["session_id"]: (each["mtime"], each["data"]) for each in summaries}

    async def infos(self, rows: list[_Row]) -> list[SDKSessionInfo | None]:
        """What is known of each; those without a summary are loaded at the same time."""
        found: list[SDKSessionInfo | None] = [None] * len(rows)

        async def describe(number: int, row: _Row) -> None:
            found[number] = await self._info(*row)

        async with anyio.create_task_group() as group:
            for number, row in enumerate(rows):
                group.start_soon(describe, number, row)
        return found

    async def _info(
        self, modified: int, session_id: str, data: JSONObject | None
    ) -> SDKSessionInfo | None:
        try:
            if data is None:
                data = {}
                key: SessionKey = {"project_key": self._project, "session_id": session_id}
                fold(data, await self._store.load(key) or [])
        except Exception as error:  # noqa: BLE001  a store's, and one broken row must not hide all
            log_failure(log, f"The session store, asked for {session_id},", error)
            return SDKSessionInfo(session_id, "", modified)
        return summary_info(session_id, data, modified, self._cwd)


async def get_session_info_from_store(
    session_store: SessionStore, session_id: str, directory: StrPath | None = None
) -> SDKSessionInfo | None:
    """One conversation; None if there is none with that id."""
    entries = await _load(session_store, session_id, directory)
    if not entries:
        return None
    data: JSONObject = {}
    fold(data, entries)
    return summary_info(session_id, data, _last_time(entries), _real(directory))


def _last_time(entries: list[SessionStoreEntry]) -> int:
    times = (milliseconds(entry.get("timestamp")) for entry in reversed(entries))
    return next((each for each in times if each is not None), 0)


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
    """The messages of a conversation as it is now; see `get_session_messages`."""
    entries = await _load(session_store, session_id, directory)
    file = as_file(entries)
    return Page(limit, offset).take(file, session_id, session_id, whole=compacted)


async def list_subagents_from_store(
    session_store: SessionStore, session_id: str, directory: StrPath | None = None
) -> list[str]:
    """The ids of the sub-agents that worked in a conversation.

    :raises OptionsError: the store has no `list_subkeys`
    """
    if not is_session_id(session_id):
        return []
    if not implements(session_store, "list_subkeys"):
        raise OptionsError(
            "The store cannot list sub-agents: give it a list_subkeys() method.",
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
    """The messages of one sub-agent; see `get_subagent_messages`."""
    if not is_session_id(session_id) or not agent_id:
        return []
    key = key_of(session_id, directory)
    subpath = f"subagents/agent-{agent_id}"
    if implements(session_store, "list_subkeys"):
        found = [path async for agent, path in _agents(session_store, key) if agent == agent_id]
        if not found:
            return []
        subpath = found[0]
    meta, entries = split_metadata(await session_store.load({**key, "subpath": subpath}) or [])
    page = Page(limit, offset, _text(meta.get("toolUseId")), _text(meta.get("parentAgentId")))
    return page.take(as_file(entries), subpath, session_id, sidechain=True)


async def _agents(store: SessionStore, key: SessionKey) -> AsyncIterator[tuple[str, str]]:
    """(id, subpath) of each sub-agent, wherever below "subagents" it is."""
    for subpath in await store.list_subkeys(conversation_of(key)):
        folder, _, name = subpath.rpartition("/")
        if folder.split("/")[0] == "subagents" and name.startswith("agent-"):
            yield name.removeprefix("agent-"), subpath


def split_metadata(entries: list[SessionStoreEntry]) -> tuple[JSONObject, list[JSON]]:
    """(what is said of a sub-agent, the lines of its transcript); what was said last counts."""
    meta: JSONObject = {}
    lines: list[JSON] = []
    for entry in entries:
        if isinstance(entry, dict) and entry.get("type") == METADATA:
            meta = {name: value for name, value in entry.items() if name != "type"}
        else:
            lines.append(entry)
    return meta, lines


async def _load(
    store: SessionStore, session_id: str, directory: StrPath | None
) -> list[SessionStoreEntry]:
    if not is_session_id(session_id):
        return []
    return await store.load(key_of(session_id, directory)) or []


def _text(value: JSON) -> str | None:
    return value if isinstance(value, str) else None
