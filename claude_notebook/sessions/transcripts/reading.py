"""Reads the messages of local conversations and of their subagents."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, TypeVar, cast

from ...displayable import Convertible
from ...files import read_file
from ...logs import get_logger
from ...messages import JSONObject, Message
from ...messages.json_fields import Fields, as_object
from ...protocol.codec.encoder import encode_json
from ...protocol.codec.lines import decode_message
from .entries import Index, load_line, load_rows, open_transcript
from .paths import (
    StrPath,
    Transcript,
    find_transcript,
    session_folder,
)

log = get_logger(__name__)

T = TypeVar("T")

_MAX_META_BYTES = 1024 * 1024
_AGENT_FILE = re.compile(r"agent-([A-Za-z0-9_-]+)\.jsonl")


@dataclass(frozen=True)
class SessionMessage(Convertible):
    """A message from a past conversation, which notebooks and `messages_to_html` can display.

    :param type: the role of its author.
    :param uuid: the message's id, as used for `up_to_message_id` in `fork_session`.
    :param session_id: the conversation's id.
    :param message: the message in the format of the model's API.
    :param parent_tool_use_id: for a subagent's message, the tool call that started the subagent.
    :param parent_agent_id: for a subagent's message, the subagent that started it, if any.
    """

    type: Literal["user", "assistant"]
    uuid: str
    session_id: str
    message: JSONObject
    parent_tool_use_id: str | None = None
    parent_agent_id: str | None = None

    def to_message(self) -> Message:
        """Return the `UserMessage` or `AssistantMessage` that has this content."""
        wire = {
            "type": self.type,
            "message": self.message,
            "uuid": self.uuid,
            "session_id": self.session_id,
            "parent_tool_use_id": self.parent_tool_use_id,
        }
        return decode_message(encode_json(wire)[:-1])


def get_session_messages(
    session_id: str,
    directory: StrPath | None = None,
    limit: int | None = None,
    offset: int = 0,
    *,
    compacted: bool = False,
    config_dir: StrPath | None = None,
) -> list[SessionMessage]:
    """Return a conversation's current messages, oldest first.

    Rewound messages and the CLI's internal notes are left out. Unreadable lines are skipped, and a
    warning is logged.

    :param session_id: the conversation.
    :param directory: the conversation's folder; None searches all folders.
    :param limit: the maximum number of messages; None or 0 returns all.
    :param offset: the number of messages to skip.
    :param compacted: start at the original beginning, before any compaction summary; otherwise
        start where the model's view starts.
    :param config_dir: Claude Code's folder; CLAUDE_CONFIG_DIR or ~/.claude if None.
    :returns: the messages, or an empty list if the conversation does not exist.
    """
    transcript = find_transcript(session_id, directory, config_dir)
    if transcript is None:
        return []
    page = Page(limit, offset)
    return page.read(transcript.path, transcript.session_id, whole=compacted)


def list_subagents(
    session_id: str, directory: StrPath | None = None, *, config_dir: StrPath | None = None
) -> list[str]:
    """List the ids of a conversation's subagents.

    The list is empty if the conversation does not exist.
    """
    return sorted({agent for agent, _ in _agent_files(session_id, directory, config_dir)})


def get_subagent_messages(
    session_id: str,
    agent_id: str,
    directory: StrPath | None = None,
    limit: int | None = None,
    offset: int = 0,
    *,
    config_dir: StrPath | None = None,
) -> list[SessionMessage]:
    """Return one subagent's messages; see `get_session_messages` for the parameters."""
    for agent, path in _agent_files(session_id, directory, config_dir):
        if agent == agent_id:
            page = Page.of_agent(agent_meta(path), limit, offset)
            return page.read(str(path), session_id, sidechain=True)
    return []


@dataclass(frozen=True)
class Page:
    """A range of messages, and the fields to set in each of them."""

    limit: int | None
    offset: int
    parent_tool_use_id: str | None = None
    parent_agent_id: str | None = None

    @classmethod
    def of_agent(cls, meta: JSONObject, limit: int | None, offset: int) -> Page:
        """Create a page of a subagent's messages.

        :param meta: the subagent's description.
        """
        fields = Fields(meta)
        parents = fields.text("toolUseId"), fields.text("parentAgentId")
        return cls(limit, offset, *(parent or None for parent in parents))

    def read(
        self, path: str, session_id: str, *, whole: bool = False, sidechain: bool = False
    ) -> list[SessionMessage]:
        """Return a transcript's messages.

        If it is unreadable, the list is empty and a warning is logged.
        """
        try:
            with open_transcript(path) as file:
                return self.take(file, path, session_id, whole=whole, sidechain=sidechain)
        except OSError as error:
            log.warning("%s cannot be read: %s", path, error)
            return []

    def take(
        self,
        file: IO[bytes],
        name: str,
        session_id: str,
        *,
        whole: bool = False,
        sidechain: bool = False,
    ) -> list[SessionMessage]:
        """Return the messages of an open transcript.

        :param file: the transcript.
        :param name: the transcript's name, for use in warnings.
        :param session_id: the conversation's id.
        :param whole: continue past a compaction.
        :param sidechain: whether this is a subagent's transcript.
        """
        index = Index.read(file, name)
        chain = index.chain(index.leaf(sidechain=sidechain), whole=whole)
        rows = self.cut([row for row in chain if row.spoken and not row.meta])
        return [
            SessionMessage(
                cast("Literal['user', 'assistant']", row.kind),
                row.uuid,
                session_id,
                as_object(entry["message"]),
                self.parent_tool_use_id,
                self.parent_agent_id,
            )
            for row, entry in load_rows(file, rows)
            if _has_content(entry)
        ]

    @property
    def start(self) -> int:
        """The position of the first item."""
        return max(self.offset, 0)

    @property
    def end(self) -> int | None:
        """The position after the last item; None if there is no limit."""
        return self.start + self.limit if self.limit and self.limit > 0 else None

    def cut(self, items: Iterable[T]) -> list[T]:
        """Return the items in the range."""
        return list(itertools.islice(items, self.start, self.end))


def _has_content(entry: JSONObject) -> bool:
    """Return whether the entry contains a message, which a damaged entry may lack."""
    message = entry.get("message")
    return isinstance(message, dict) and "content" in message


def _agent_files(
    session_id: str, directory: StrPath | None, config_dir: StrPath | None
) -> Iterator[tuple[str, Path]]:
    transcript = find_transcript(session_id, directory, config_dir)
    if transcript is not None:
        yield from agent_files(transcript)


def agent_files(transcript: Transcript) -> Iterator[tuple[str, Path]]:
    """Yield the id and transcript of each of a conversation's subagents."""
    for folder, _, names in os.walk(session_folder(transcript) / "subagents"):
        for name in sorted(names):
            match = _AGENT_FILE.fullmatch(name)
            path = Path(folder, name)
            if match and path.is_file() and not path.is_symlink():
                yield match.group(1), path


def agent_meta(path: Path) -> JSONObject:
    """Read a subagent's description (type, parent, ...); {} if there is none."""
    try:
        meta = load_line(read_file(path.with_suffix(".meta.json"), _MAX_META_BYTES))
    except OSError:
        return {}
    return meta if isinstance(meta, dict) else {}
