"""Conversations in a session store: bring them there, rename, tag, delete and fork them."""

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
    """Give a conversation a title; see `rename_session`. Whether it exists is not asked.

    :raises OptionsError: the id is none, or the title is empty
    """
    entry = {"type": "custom-title", "customTitle": label(title, "title")}
    await _say(session_store, session_id, directory, entry)


async def tag_session_via_store(
    session_store: SessionStore,
    session_id: str,
    tag: str | None,
    directory: StrPath | None = None,
) -> None:
    """Put a label on a conversation; None takes it off. Otherwise as `rename_session_via_store`."""
    tag = "" if tag is None else label(tag, "tag")
    await _say(session_store, session_id, directory, {"type": "tag", "tag": tag})


async def _say(
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
    """Delete a conversation; nothing happens where the store has no `delete`.

    :raises OptionsError: the id is none
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
    """Begin another conversation where one is now, or was after a message; see `fork_session`.

    :raises OptionsError: an id is none, or there is no such message
    :raises SessionNotFoundError: there is no such conversation, or nothing was said in it
    """
    check_session_id(session_id)
    new_id = new_session_id or str(uuid.uuid4())
    check_session_id(new_id)
    key = key_of(session_id, directory)
    entries = await session_store.load(key)
    if not entries:
        raise SessionNotFoundError(
            f"There is no conversation {session_id} in the store under {key['project_key']}. "
            "list_sessions_from_store() says which are."
        )
    info = await get_session_info_from_store(session_store, session_id, directory)
    fork = Fork(session_id, new_id, up_to_message_id, title)
    forked = fork.of(as_file(entries), session_id, info)
    await session_store.append({**key, "session_id": new_id}, [_entry(each) for each in forked])
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
    """Bring a conversation of this machine to a store, from where it can be resumed elsewhere.

    Lines that cannot be read are left out. What the store raises comes through; it may have a part
    then.

    :param session_id: the conversation.
    :param store: where it is to go.
    :param directory: the folder in which it was held; looked for in all folders when None.
    :param include_subagents: bring what its sub-agents did too.
    :param batch_size: lines that the store is given at once, and 1 MiB at most; 500 if 0 or less.
    :param config_dir: Claude Code's folder; CLAUDE_CONFIG_DIR or ~/.claude when None.
    :raises OptionsError: the id is none
    :raises SessionNotFoundError: there is no such conversation
    """
    check_session_id(session_id)
    transcript = find_transcript(session_id, directory, config_dir)
    if transcript is None:
        raise SessionNotFoundError(
            f"There is no conversation {session_id} here. list_sessions() says which are."
        )
    path = Path(transcript.path)
    key: SessionKey = {"project_key": path.parent.name, "session_id": session_id}
    size = batch_size if batch_size > 0 else BATCH_ENTRIES
    await _bring(path, key, store, size)
    for _, agent in agent_files(transcript) if include_subagents else ():
        subpath = agent.relative_to(path.with_suffix("")).with_suffix("").as_posix()
        await _bring(agent, {**key, "subpath": subpath}, store, size)
        if meta := agent_meta(agent):
            await store.append({**key, "subpath": subpath}, [_entry({**meta, "type": METADATA})])


async def _bring(path: Path, key: SessionKey, store: SessionStore, size: int) -> None:
    batches = _batches(path, size)
    # A transcript may be large, and its folder on a slow disk.
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
