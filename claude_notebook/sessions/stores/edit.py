"""Edits of conversations in a session store: import, rename, tag, delete and fork."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import cast

import anyio.to_thread

from ...errors import SessionNotFoundError
from ...messages import JSONObject, SessionKey
from ...session_store import SessionStore, SessionStoreEntry, implements
from ..transcripts.edit import (
    Fork,
    ForkSessionResult,
    check_session_id,
    label,
)
from ..transcripts.entries import (
    as_file,
    load_line,
    open_transcript,
    read_lines,
)
from ..transcripts.paths import StrPath, find_transcript
from ..transcripts.reading import agent_files, agent_meta
from .reading import METADATA, get_session_info_from_store, key_of

BATCH_ENTRIES = 500
BATCH_BYTES = 1024 * 1024


async def rename_session_via_store(
    session_store: SessionStore,
    session_id: str,
    title: str,
    directory: StrPath | None = None,
) -> None:
    """Set a conversation's title without checking that it exists; see `rename_session`.

    :raises OptionsError: if the id is not a session id, or the title is empty
    """
    entry: JSONObject = {"type": "custom-title", "customTitle": label(title, "title")}
    await _append(session_store, session_id, directory, entry)


async def tag_session_via_store(
    session_store: SessionStore,
    session_id: str,
    tag: str | None,
    directory: StrPath | None = None,
) -> None:
    """Set a conversation's tag, or remove it if None; see `rename_session_via_store`."""
    tag = "" if tag is None else label(tag, "tag")
    await _append(session_store, session_id, directory, {"type": "tag", "tag": tag})


async def _append(
    store: SessionStore,
    session_id: str,
    directory: StrPath | None,
    entry: JSONObject,
) -> None:
    check_session_id(session_id)
    entry = {
        **entry,
        "sessionId": session_id,
        "uuid": str(uuid.uuid4()),
        "timestamp": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
    }
    await store.append(key_of(session_id, directory), [_entry(entry)])


async def delete_session_via_store(
    session_store: SessionStore, session_id: str, directory: StrPath | None = None
) -> None:
    """Delete a conversation, provided that the store supports `delete`.

    :raises OptionsError: if the id is not a session id
    """
    check_session_id(session_id)
    if implements(session_store, "delete"):
        await session_store.delete(key_of(session_id, directory))


async def fork_session_via_store(
    session_store: SessionStore,
    session_id: str,
    directory: StrPath | None = None,
    up_to_message_id: str | None = None,
    title: str | None = None,
    *,
    new_session_id: str | None = None,
) -> ForkSessionResult:
    """Fork a conversation at its end or after a message; see `fork_session`.

    :raises OptionsError: if an id is not a session id, or the message does not exist
    :raises SessionNotFoundError: if the conversation does not exist or has no messages
    """
    check_session_id(session_id)
    new_id = new_session_id or str(uuid.uuid4())
    check_session_id(new_id)
    key = key_of(session_id, directory)
    entries = await session_store.load(key)
    if not entries:
        raise SessionNotFoundError(
            f"Conversation {session_id} is not in the store under {key['project_key']}. "
            "Call list_sessions_from_store() for a list."
        )
    info = await get_session_info_from_store(session_store, session_id, directory)
    fork = Fork(session_id, new_id, up_to_message_id, title)
    forked = fork.of(as_file(entries), session_id, info)
    await session_store.append({**key, "session_id": new_id}, [_entry(entry) for entry in forked])
    return ForkSessionResult(new_id)


async def import_session_to_store(
    session_id: str,
    store: SessionStore,
    *,
    directory: StrPath | None = None,
    include_subagents: bool = True,
    batch_size: int = BATCH_ENTRIES,
    config_dir: StrPath | None = None,
) -> None:
    """Copy a conversation from this machine to a store, so that it can be resumed elsewhere.

    Unreadable lines are skipped. Store errors propagate, possibly after a partial copy.

    :param session_id: the conversation to copy.
    :param store: the store to copy it to.
    :param directory: the conversation's folder; None searches all folders.
    :param include_subagents: also copy the transcripts of its subagents.
    :param batch_size: lines per `append` call, each of which is also limited to 1 MiB; 500 if 0 or
        less.
    :param config_dir: Claude Code's folder; CLAUDE_CONFIG_DIR or ~/.claude if None.
    :raises OptionsError: if the id is not a session id
    :raises SessionNotFoundError: if the conversation does not exist
    """
    check_session_id(session_id)
    transcript = find_transcript(session_id, directory, config_dir)
    if transcript is None:
        raise SessionNotFoundError(
            f"Conversation {session_id} does not exist. Call list_sessions() for a list."
        )
    path = Path(transcript.path)
    key: SessionKey = {"project_key": path.parent.name, "session_id": session_id}
    size = batch_size if batch_size > 0 else BATCH_ENTRIES
    await _copy(path, key, store, size)
    for _, agent in agent_files(transcript) if include_subagents else ():
        subpath = agent.relative_to(path.with_suffix("")).with_suffix("").as_posix()
        await _copy(agent, {**key, "subpath": subpath}, store, size)
        if meta := agent_meta(agent):
            await store.append({**key, "subpath": subpath}, [_entry({**meta, "type": METADATA})])


async def _copy(path: Path, key: SessionKey, store: SessionStore, size: int) -> None:
    batches = _batches(path, size)
    # Read in a thread, because a transcript may be large and the disk slow.
    while batch := await anyio.to_thread.run_sync(next, batches, None):
        await store.append(key, batch)


def _batches(path: Path, size: int) -> Iterator[list[SessionStoreEntry]]:
    batch: list[SessionStoreEntry] = []
    length = 0
    with open_transcript(str(path)) as file:
        for _, line in read_lines(file):
            entry = load_line(line)
            if not isinstance(entry, dict):
                continue
            batch.append(_entry(entry))
            length += len(line)
            if len(batch) >= size or length >= BATCH_BYTES:
                yield batch
                batch, length = [], 0
    if batch:
        yield batch


def _entry(entry: JSONObject) -> SessionStoreEntry:
    return cast("SessionStoreEntry", entry)
