"""Edits local conversations in the CLI's own format: rename, tag, delete and fork."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ...errors import ClaudeSDKError, OptionsError, SessionNotFoundError
from ...files import Replacement, open_append
from ...messages import JSONObject
from ...messages.json_fields import Fields
from .entries import Index, Row, as_line, load_line, load_rows, open_transcript, read_lines
from .listing import read_info
from .paths import (
    StrPath,
    Transcript,
    find_transcript,
    is_session_id,
    session_folder,
)
from .session_info import SDKSessionInfo

_LONGEST_LABEL = 500
_REFERENCES = ("logicalParentUuid", "sourceToolAssistantUUID")
"""Fields of an entry that contain another entry's id."""

_COPIED = frozenset({"user", "assistant", "attachment", "system"})


@dataclass(frozen=True)
class ForkSessionResult:
    """A forked conversation.

    :param session_id: the id to use for resuming it.
    """

    session_id: str


def rename_session(
    session_id: str,
    title: str,
    directory: StrPath | None = None,
    *,
    config_dir: StrPath | None = None,
) -> None:
    """Set a conversation's title, as `/rename` does. The CLI can also resume by title.

    See `get_session_messages` for `directory` and `config_dir`.

    :raises OptionsError: if the title is empty
    :raises SessionNotFoundError: if the conversation does not exist
    """
    title = label(title, "title")
    transcript = _find_existing(session_id, directory, config_dir)
    _append(transcript, {"type": "custom-title", "customTitle": title})


def tag_session(
    session_id: str,
    tag: str | None,
    directory: StrPath | None = None,
    *,
    config_dir: StrPath | None = None,
) -> None:
    """Set a conversation's tag, or remove it if None; see `rename_session`."""
    tag = "" if tag is None else label(tag, "tag")
    _append(_find_existing(session_id, directory, config_dir), {"type": "tag", "tag": tag})


def delete_session(
    session_id: str, directory: StrPath | None = None, *, config_dir: StrPath | None = None
) -> None:
    """Delete a conversation's transcript, along with its subagents and large results.

    Other conversations, including forks of this one, are not affected.

    :raises SessionNotFoundError: if the conversation does not exist
    """
    transcript = _find_existing(session_id, directory, config_dir)
    folder = session_folder(transcript)
    with _sdk_errors(transcript.path):
        # Delete the transcript last, so that a call that fails can be repeated.
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder)
        os.unlink(transcript.path)


def fork_session(
    session_id: str,
    directory: StrPath | None = None,
    up_to_message_id: str | None = None,
    title: str | None = None,
    *,
    new_session_id: str | None = None,
    config_dir: StrPath | None = None,
) -> ForkSessionResult:
    """Fork a conversation at its end or after one of its messages.

    The fork contains the messages up to this point, with new ids. It leaves out rewound messages,
    the subagents' work, request records, file checkpoints and costs.

    :param session_id: the conversation to fork, which is not changed.
    :param directory: the conversation's folder; None searches all folders.
    :param up_to_message_id: the `uuid` of the last message to keep; None keeps all.
    :param title: the fork's title; if None, the original title followed by " (fork)".
    :param new_session_id: the fork's id, a UUID; a random one if None.
    :param config_dir: Claude Code's folder; CLAUDE_CONFIG_DIR or ~/.claude if None.
    :raises OptionsError: if the message does not exist, or the new id is invalid or in use
    :raises SessionNotFoundError: if the conversation does not exist or has no messages
    """
    transcript = _find_existing(session_id, directory, config_dir)
    new_id = str(uuid.uuid4()) if new_session_id is None else new_session_id
    target = Path(transcript.path).parent / f"{new_id}.jsonl"
    if not is_session_id(new_id) or target.exists():
        raise OptionsError(
            f"{new_id} cannot be the id of the fork. Use a UUID that no conversation has.",
            field="new_session_id",
        )
    fork = Fork(transcript.session_id, new_id, up_to_message_id, title)
    with _sdk_errors(transcript.path), open_transcript(transcript.path) as file:
        _write_new(target, fork.of(file, transcript.path, read_info(transcript)))
    return ForkSessionResult(new_id)


# --- forks ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fork:
    """A fork to be created; the fields are the arguments of `fork_session`."""

    old_id: str
    new_id: str
    up_to_message_id: str | None = None
    title: str | None = None

    def of(self, file: IO[bytes], name: str, info: SDKSessionInfo | None) -> list[JSONObject]:
        """Build the fork's entries.

        :param file: the transcript.
        :param name: the transcript's name, for use in warnings.
        :param info: the conversation's description.
        :returns: the entries.
        :raises OptionsError: if the message `up_to_message_id` does not exist
        :raises SessionNotFoundError: if the conversation has no messages
        """
        index = Index.read(file, name)
        chain = index.chain(_last_row(index, self.up_to_message_id))
        if not any(row.spoken for row in chain):
            raise SessionNotFoundError(
                f"Conversation {self.old_id} has no messages to fork. Send a prompt first."
            )
        labels = _labels(info, None if self.title is None else label(self.title, "title"))
        entries = [*self._entries(file, index, chain), *labels]
        return [{**entry, "sessionId": self.new_id} for entry in entries]

    def _entries(self, file: IO[bytes], index: Index, chain: list[Row]) -> Iterator[JSONObject]:
        """Yield the copied entries with new ids, updating references to match."""
        rows = [row for row in chain if row.kind in _COPIED]
        ids = {row.uuid: str(uuid.uuid4()) for row in rows}
        for row, entry in load_rows(file, rows):
            fields = Fields(entry)
            old = {name: fields.text(name) for name in _REFERENCES}
            references = {name: ids[value] for name, value in old.items() if value in ids}
            yield {
                **entry,
                **references,
                "uuid": ids[row.uuid],
                "parentUuid": ids.get(_parent_in(index, row, ids) or ""),
                "isSidechain": False,
                "forkedFrom": {"sessionId": self.old_id, "messageUuid": row.uuid},
            }
        yield from self._replacements(file)

    def _replacements(self, file: IO[bytes]) -> Iterator[JSONObject]:
        """Yield the records that make the fork show large results in shortened form."""
        file.seek(0)
        for _, line in read_lines(file):
            if line.startswith(b'{"type":"content-replacement"'):
                entry = load_line(line)
                if isinstance(entry, dict) and "agentId" not in entry:
                    yield entry


def _parent_in(index: Index, row: Row, copied: Container[str]) -> str | None:
    """Return the closest ancestor that was copied."""
    seen: set[str] = set()
    parent = index.parent(row)
    while parent is not None and parent.uuid not in copied and parent.uuid not in seen:
        seen.add(parent.uuid)
        parent = index.parent(parent)
    return parent.uuid if parent is not None and parent.uuid in copied else None


def _last_row(index: Index, message_id: str | None) -> Row | None:
    if message_id is None:
        return index.leaf()
    row = index.by_uuid.get(message_id)
    if row is None or not row.spoken or row.sidechain:
        raise OptionsError(
            f"The conversation has no message {message_id!r}. Use the `uuid` of a message from "
            "get_session_messages().",
            field="up_to_message_id",
        )
    return row


def _labels(info: SDKSessionInfo | None, title: str | None) -> Iterator[JSONObject]:
    old = (info.custom_title or info.first_prompt or "") if info else ""
    yield {"type": "custom-title", "customTitle": title or f"{old} (fork)".strip()}
    if info and info.tag:
        yield {"type": "tag", "tag": info.tag}


def _write_new(target: Path, entries: list[JSONObject]) -> None:
    """Write the file atomically, so that only its owner can read it."""
    with Replacement(target) as new:
        new.file.writelines(as_line(entry) for entry in entries)


# --- helpers --------------------------------------------------------------------------------------


def check_session_id(session_id: str) -> None:
    """Raise an error unless `session_id` is a session id.

    :raises OptionsError: if it is not a session id
    """
    if not is_session_id(session_id):
        raise OptionsError(
            f"{session_id!r} is not a session id. Use a UUID from list_sessions().",
            field="session_id",
        )


def _find_existing(
    session_id: str, directory: StrPath | None, config_dir: StrPath | None
) -> Transcript:
    check_session_id(session_id)
    transcript = find_transcript(session_id, directory, config_dir)
    if transcript is None:
        folder = "any folder" if directory is None else os.fspath(directory)
        raise SessionNotFoundError(
            f"Conversation {session_id} is not in {folder}. Call list_sessions() for a list."
        )
    return transcript


def label(text: str, field: str) -> str:
    """Normalize a title or tag to a single line of visible characters.

    :raises OptionsError: if there are no visible characters
    """
    if not isinstance(text, str):
        raise OptionsError(f"The {field} must be a string, not {text!r}.", field=field)
    visible = "".join(char for char in text if char.isprintable() or char.isspace())
    line = " ".join(visible.split())[:_LONGEST_LABEL]
    if not line:
        raise OptionsError(
            f"The {field} is empty. Use at least one visible character.", field=field
        )
    return line


def _append(transcript: Transcript, entry: JSONObject) -> None:
    """Append a line in a single write, and preserve the file's modification time.

    `claude --continue` resumes the most recent conversation, so adding a label must not update an
    old conversation's timestamp.
    """
    line = as_line({**entry, "sessionId": transcript.session_id})
    with _sdk_errors(transcript.path), open_append(transcript.path) as file:
        before = os.fstat(file.fileno())
        if before.st_size:
            file.seek(-1, os.SEEK_END)
            # Keep the new line separate from an unfinished last line.
            line = line if file.read(1) == b"\n" else b"\n" + line
        file.write(line)
        times = (before.st_atime_ns, before.st_mtime_ns)
        os.utime(file.fileno() if os.utime in os.supports_fd else transcript.path, ns=times)


@contextlib.contextmanager
def _sdk_errors(path: str) -> Iterator[None]:
    """Convert operating system errors to `ClaudeSDKError`."""
    try:
        yield
    except ClaudeSDKError:
        raise  # some of these are also OSErrors
    except OSError as error:
        raise ClaudeSDKError(
            f"{path} cannot be changed: {error.strerror or error}. Check who owns it and its "
            "folder, and that the disk is not full."
        ) from error
