"""Rename, tag, delete and fork a conversation, so that the CLI takes it up as if it had done it."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ...errors import ClaudeSDKError, OptionsError, SessionNotFoundError
from ...files import Replacement, open_append
from ...messages import JSONObject
from .entries import Index, Row, as_line, load_line, load_rows, open_transcript, read_lines
from .listing import read_info
from .paths import (
    StrPath,
    Transcript,
    find_transcript,
    is_session_id,
    session_folder,
)
from .titles import SDKSessionInfo

_LONGEST_LABEL = 500
_COPIED = frozenset({"user", "assistant", "attachment", "system"})


@dataclass(frozen=True)
class ForkSessionResult:
    """A forked conversation.

    :param session_id: the id to resume it with.
    """

    session_id: str


def rename_session(
    session_id: str,
    title: str,
    directory: StrPath | None = None,
    *,
    config_dir: StrPath | None = None,
) -> None:
    """Give a conversation a title, as `/rename` does. The CLI also resumes it by that title.

    `directory` and `config_dir` are those of `get_session_messages`.

    :raises OptionsError: the title is empty
    :raises SessionNotFoundError: there is no such conversation
    """
    title = label(title, "title")
    transcript = _existing(session_id, directory, config_dir)
    _append(transcript, {"type": "custom-title", "customTitle": title})


def tag_session(
    session_id: str,
    tag: str | None,
    directory: StrPath | None = None,
    *,
    config_dir: StrPath | None = None,
) -> None:
    """Put a label on a conversation; None takes it off. Otherwise like `rename_session`."""
    tag = "" if tag is None else label(tag, "tag")
    _append(_existing(session_id, directory, config_dir), {"type": "tag", "tag": tag})


def delete_session(
    session_id: str, directory: StrPath | None = None, *, config_dir: StrPath | None = None
) -> None:
    """Delete a conversation's transcript, and the folder of its sub-agents and large results.

    Nothing else is touched: no other conversation, and no forks of this one.

    :raises SessionNotFoundError: there is no such conversation
    """
    transcript = _existing(session_id, directory, config_dir)
    folder = session_folder(transcript)
    with _told(transcript.path):
        # The transcript last: if something goes wrong before, it can be tried again.
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
    """Begin another conversation where one is now, or was after one of its messages.

    The messages that lead there are copied; what was taken back, the work of sub-agents, the record
    of requests, checkpoints of files and the bill are not.

    :param session_id: the conversation to fork. It stays as it is.
    :param directory: the folder in which it was held; looked for in all folders when None.
    :param up_to_message_id: the `uuid` of the last message to keep; all when None.
    :param title: of the fork; that of the original with " (fork)" when None.
    :param new_session_id: the id of the fork, a UUID; a random one when None.
    :param config_dir: Claude Code's folder; CLAUDE_CONFIG_DIR or ~/.claude when None.
    :raises OptionsError: there is no such message, or the new id is none or is taken
    :raises SessionNotFoundError: there is no such conversation, or nothing was said in it
    """
    transcript = _existing(session_id, directory, config_dir)
    new_id = str(uuid.uuid4()) if new_session_id is None else new_session_id
    target = Path(transcript.path).parent / f"{new_id}.jsonl"
    if not is_session_id(new_id) or target.exists():
        raise OptionsError(
            f"{new_id} cannot be the id of the fork: give a UUID that no conversation has.",
            field="new_session_id",
        )
    fork = Fork(transcript.session_id, new_id, up_to_message_id, title)
    with _told(transcript.path), open_transcript(transcript.path) as file:
        _write_new(target, fork.of(file, transcript.path, read_info(transcript)))
    return ForkSessionResult(new_id)


# --- the fork -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fork:
    """A fork that is to be made; its fields are the arguments of `fork_session`."""

    old_id: str
    new_id: str
    up_to_message_id: str | None = None
    title: str | None = None

    def of(self, file: IO[bytes], name: str, info: SDKSessionInfo | None) -> list[JSONObject]:
        """The fork's entries.

        :param file: the transcript.
        :param name: what to call it in a warning.
        :param info: what is known of the conversation.
        :raises OptionsError: there is no message `up_to_message_id`
        :raises SessionNotFoundError: nothing was said in it
        """
        index = Index.read(file, name)
        chain = index.chain(_last_row(index, self.up_to_message_id))
        if not any(row.spoken for row in chain):
            raise SessionNotFoundError(
                f"Nothing was said in {self.old_id} yet, so there is nothing to fork."
            )
        labels = _labels(info, None if self.title is None else label(self.title, "title"))
        entries = [*self._entries(file, index, chain), *labels]
        return [{**entry, "sessionId": self.new_id} for entry in entries]

    def _entries(self, file: IO[bytes], index: Index, chain: list[Row]) -> Iterator[JSONObject]:
        """The conversation's own. Their ids stay: nothing that refers to them has to change."""
        rows = [row for row in chain if row.kind in _COPIED]
        copied = {row.uuid for row in rows}
        for row, entry in load_rows(file, rows):
            origin = {"sessionId": self.old_id, "messageUuid": row.uuid}
            parent = _parent_in(index, row, copied)
            yield {**entry, "parentUuid": parent, "isSidechain": False, "forkedFrom": origin}
        yield from self._replacements(file)

    def _replacements(self, file: IO[bytes]) -> Iterator[JSONObject]:
        """Where the model sees a large result shortened: without it the fork would see it whole."""
        file.seek(0)
        for _, line in read_lines(file):
            if line.startswith(b'{"type":"content-replacement"'):
                entry = load_line(line)
                if isinstance(entry, dict) and "agentId" not in entry:
                    yield entry


def _parent_in(index: Index, row: Row, copied: set[str]) -> str | None:
    """The nearest entry before this one that is copied as well."""
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
            f"The conversation has no message {message_id!r}. Take the `uuid` of one that "
            "get_session_messages() returns.",
            field="up_to_message_id",
        )
    return row


def _labels(info: SDKSessionInfo | None, title: str | None) -> Iterator[JSONObject]:
    old = (info.custom_title or info.first_prompt or "") if info else ""
    yield {"type": "custom-title", "customTitle": title or f"{old} (fork)".strip()}
    if info and info.tag:
        yield {"type": "tag", "tag": info.tag}


def _write_new(target: Path, entries: list[JSONObject]) -> None:
    """The whole file or none, readable by its owner alone."""
    with Replacement(target) as new:
        new.file.writelines(as_line(entry) for entry in entries)


# --- small things ---------------------------------------------------------------------------------


def check_session_id(session_id: str) -> None:
    """Whether it is one.

    :raises OptionsError: it is not
    """
    if not is_session_id(session_id):
        raise OptionsError(
            f"{session_id!r} is not a session id. It is a UUID, such as list_sessions() returns.",
            field="session_id",
        )


def _existing(session_id: str, directory: StrPath | None, config_dir: StrPath | None) -> Transcript:
    check_session_id(session_id)
    transcript = find_transcript(session_id, directory, config_dir)
    if transcript is None:
        where = "any folder" if directory is None else os.fspath(directory)
        raise SessionNotFoundError(
            f"There is no conversation {session_id} in {where}. list_sessions() says which are."
        )
    return transcript


def label(text: str, field: str) -> str:
    """A title or tag: one line of visible characters.

    :raises OptionsError: there are none
    """
    if not isinstance(text, str):
        raise OptionsError(f"The {field} must be a string, not {text!r}.", field=field)
    visible = "".join(each for each in text if each.isprintable() or each.isspace())
    line = " ".join(visible.split())[:_LONGEST_LABEL]
    if not line:
        raise OptionsError(f"The {field} is empty. Give it at least one character.", field=field)
    return line


def _append(transcript: Transcript, entry: JSONObject) -> None:
    """Add a line in one write, and leave the file's time as it was.

    `claude --continue` takes up the conversation that changed last: a label must not make an old
    one the latest.
    """
    line = as_line({**entry, "sessionId": transcript.session_id})
    with _told(transcript.path), open_append(transcript.path) as file:
        before = os.fstat(file.fileno())
        if before.st_size:
            file.seek(-1, os.SEEK_END)
            # A line that was never finished must not swallow this one.
            line = line if file.read(1) == b"\n" else b"\n" + line
        file.write(line)
        times = (before.st_atime_ns, before.st_mtime_ns)
        os.utime(file.fileno() if os.utime in os.supports_fd else transcript.path, ns=times)


@contextlib.contextmanager
def _told(path: str) -> Iterator[None]:
    """Whatever the system refuses becomes an error of ours."""
    try:
        yield
    except ClaudeSDKError:
        raise  # some are an OSError as well
    except OSError as error:
        raise ClaudeSDKError(
            f"{path} cannot be changed: {error.strerror or error}. Check who owns it and its "
            "folder, and that the disk is not full."
        ) from error
