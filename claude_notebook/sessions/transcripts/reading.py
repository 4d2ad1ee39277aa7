"""What was said in a conversation, and in its sub-agents'."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast

from ...logs import get_logger
from ...messages import JSONObject
from .entries import Index, Row, load_line, load_rows, open_transcript
from .paths import (
    StrPath,
    Transcript,
    find_transcript,
    session_folder,
)

log = get_logger(__name__)

_AGENT_FILE = re.compile(r"agent-([A-Za-z0-9_-]+)\.jsonl")


@dataclass(frozen=True)
class SessionMessage:
    """A message of a conversation that was held before.

    :param type: who said it.
    :param uuid: the message's id, as in `up_to_message_id` of `fork_session`.
    :param session_id: the conversation's id.
    :param message: the message as it went to or came from the model's service.
    :param parent_tool_use_id: for a sub-agent's message, the call that started the sub-agent.
    :param parent_agent_id: for a sub-agent's message, the sub-agent that started it, if one did.
    """

    type: Literal["user", "assistant"]
    uuid: str
    session_id: str
    message: JSONObject
    parent_tool_use_id: str | None = None
    parent_agent_id: str | None = None


def get_session_messages(
    session_id: str,
    directory: StrPath | None = None,
    limit: int | None = None,
    offset: int = 0,
    *,
    compacted: bool = False,
    config_dir: StrPath | None = None,
) -> list[SessionMessage]:
    """The messages of a conversation as it is now, the first one first.

    What was taken back, and what the CLI only noted, is not among them. Lines that cannot be read
    are left out, with a warning in the log.

    :param session_id: the conversation.
    :param directory: the folder in which it was held; looked for in all folders when None.
    :param limit: how many at most.
    :param offset: how many to pass over first.
    :param compacted: go back to the beginning, behind the summary that took the place of what was
        compacted; otherwise it begins as the model sees it.
    :param config_dir: Claude Code's folder; CLAUDE_CONFIG_DIR or ~/.claude when None.

    Returns an empty list if there is no such conversation.
    """
    transcript = find_transcript(session_id, directory, config_dir)
    if transcript is None:
        return []
    page = Page(limit, offset)
    return page.read(transcript.path, transcript.session_id, whole=compacted)


def list_subagents(
    session_id: str, directory: StrPath | None = None, *, config_dir: StrPath | None = None
) -> list[str]:
    """The ids of the sub-agents that worked in a conversation; none if it does not exist."""
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
    """The messages of one sub-agent; the arguments are those of `get_session_messages`."""
    for agent, path in _agent_files(session_id, directory, config_dir):
        if agent == agent_id:
            meta = agent_meta(path)
            page = Page(limit, offset, meta.get("toolUseId"), meta.get("parentAgentId"))
            return page.read(str(path), session_id, sidechain=True)
    return []


@dataclass(frozen=True)
class Page:
    """Which messages, and what is said of each."""

    limit: int | None
    offset: int
    parent_tool_use_id: str | None = None
    parent_agent_id: str | None = None

    def read(
        self, path: str, session_id: str, *, whole: bool = False, sidechain: bool = False
    ) -> list[SessionMessage]:
        """The messages of a transcript; none if it cannot be read, with a warning in the log."""
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
        """The messages of an open transcript.

        :param file: the transcript.
        :param name: what to call it in a warning.
        :param session_id: the conversation's id.
        :param whole: go back behind what was compacted.
        :param sidechain: it is a sub-agent's.
        """
        index = Index.read(file, name)
        chain = index.chain(index.leaf(sidechain=sidechain), whole=whole)
        rows = self._of([row for row in chain if row.spoken and not row.meta])
        return [
            SessionMessage(
                cast("Literal['user', 'assistant']", row.kind),
                row.uuid,
                session_id,
                entry["message"],
                self.parent_tool_use_id,
                self.parent_agent_id,
            )
            for row, entry in load_rows(file, rows)
            if _has_content(entry)
        ]

    def _of(self, rows: list[Row]) -> list[Row]:
        start = max(self.offset, 0)
        end = None if self.limit is None else start + max(self.limit, 0)
        return list(itertools.islice(rows, start, end))


def _has_content(entry: JSONObject) -> bool:
    """Whether there is a message in it, as damage may leave none."""
    message = entry.get("message")
    return isinstance(message, dict) and "content" in message


def _agent_files(
    session_id: str, directory: StrPath | None, config_dir: StrPath | None
) -> Iterator[tuple[str, Path]]:
    transcript = find_transcript(session_id, directory, config_dir)
    if transcript is not None:
        yield from agent_files(transcript)


def agent_files(transcript: Transcript) -> Iterator[tuple[str, Path]]:
    """The sub-agents of a conversation: (id, transcript)."""
    for folder, _, names in os.walk(session_folder(transcript) / "subagents"):
        for name in sorted(names):
            match = _AGENT_FILE.fullmatch(name)
            path = Path(folder, name)
            if match and path.is_file() and not path.is_symlink():
                yield match.group(1), path


def agent_meta(path: Path) -> JSONObject:
    """What lies beside a sub-agent's transcript: its type, who started it, ...; {} if nothing."""
    try:
        meta = load_line(path.with_suffix(".meta.json").read_bytes())
    except OSError:
        return {}
    return meta if isinstance(meta, dict) else {}
