"""The lines of a transcript, and the chain of lines that forms the current conversation.

Transcripts are append-only. Each message names its parent, so a conversation with rewound messages
is a tree, and the path to the last message is the current conversation. Unreadable lines
(half-written or binary) are skipped and counted.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, TypeVar

import msgspec

from ...logs import get_logger
from ...messages import JSON, JSONObject

log = get_logger(__name__)

LONGEST_LINE = 64 * 1024 * 1024
T = TypeVar("T")

_CONVERSATION = frozenset({"user", "assistant"})
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class _Message(msgspec.Struct):
    id: str | None = None


class Entry(msgspec.Struct, rename="camel"):
    """The relevant fields of a line; the decoder skips all others."""

    type: str
    uuid: str | None = None
    parent_uuid: str | None = None
    logical_parent_uuid: str | None = None
    is_sidechain: bool | None = None
    is_meta: bool | None = None
    source_tool_assistant_uuid: str | None = msgspec.field(
        name="sourceToolAssistantUUID", default=None
    )
    message: _Message | None = None


_decode_entry = msgspec.json.Decoder(Entry).decode


@dataclass(frozen=True)
class Row:
    """A line that has an id, with its position in the file and its links to other lines."""

    offset: int
    length: int
    uuid: str
    parent: str | None
    kind: str
    logical_parent: str | None = None
    message_id: str | None = None
    result_of: str | None = None
    sidechain: bool = False
    meta: bool = False

    @property
    def spoken(self) -> bool:
        """True if this is a message from the user or the model."""
        return self.kind in _CONVERSATION


def open_transcript(path: str) -> IO[bytes]:
    """Open a transcript for reading, without following a symbolic link."""
    return os.fdopen(os.open(path, _FLAGS), "rb")


def as_line(entry: JSONObject) -> bytes:
    """Serialize an entry as the CLI does, starting with the field that identifies its kind."""
    first = "parentUuid" if "parentUuid" in entry else "type"
    entry = {first: entry.get(first), **entry}
    try:
        return json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    except UnicodeEncodeError:
        # A lone surrogate can only be represented as an escape.
        return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


def as_file(entries: Iterable[object]) -> IO[bytes]:
    """Convert entries of a session store to a readable transcript file."""
    return io.BytesIO(b"".join(as_line(entry) for entry in entries if isinstance(entry, dict)))


def read_lines(file: IO[bytes], longest: int = LONGEST_LINE) -> Iterator[tuple[int, bytes]]:
    """Yield a file's lines with their offsets. An overlong line is yielded as empty."""
    offset = 0
    while line := file.readline(longest):
        start = offset
        offset += len(line)
        if len(line) == longest and not line.endswith(b"\n"):
            offset += _skip_line(file, longest)
            line = b""
        yield start, line


def _skip_line(file: IO[bytes], step: int) -> int:
    """Skip to the end of the line and return the number of skipped bytes."""
    skipped = 0
    while rest := file.readline(step):
        skipped += len(rest)
        if rest.endswith(b"\n"):
            break
    return skipped


def load_line(line: bytes) -> JSON:
    """Parse a line, or return None on failure.

    This is slower than msgspec, but more lenient.
    """
    try:
        value: JSON = json.loads(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return value


def decode(line: bytes, decoder: Callable[[bytes], T], kind: type[T]) -> T:
    """Parse a line as an instance of `kind`, using the msgspec `decoder`.

    :raises ValueError: if the line does not match
    """
    try:
        return decoder(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # msgspec rejects lone surrogates and invalid UTF-8, but transcripts may contain both.
        value = load_line(line)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error


def load_rows(file: IO[bytes], rows: Iterable[Row]) -> Iterator[tuple[Row, JSONObject]]:
    """Load the complete entries for some rows."""
    for row in rows:
        file.seek(row.offset)
        entry = load_line(file.read(row.length))
        if isinstance(entry, dict):
            yield row, entry


# --- the conversation -----------------------------------------------------------------------------


class Index:
    """The rows of a single transcript, in file order.

    :param rows: all lines that have an id.
    :param unreadable: the number of unreadable lines.
    """

    def __init__(self, rows: list[Row], unreadable: int) -> None:
        self.rows = rows
        self.unreadable = unreadable
        self.by_uuid = {row.uuid: row for row in rows}
        self._before = dict(zip((row.uuid for row in rows[1:]), rows, strict=False))

    @classmethod
    def read(cls, file: IO[bytes], name: str) -> Index:
        """Read all lines of a file. `name` is used in the warning about unreadable lines."""
        rows: list[Row] = []
        unreadable = 0
        for offset, line in read_lines(file):
            try:
                row = _row(offset, line)
            except ValueError:
                unreadable += 0 if line.isspace() else 1
                continue
            if row is not None:
                rows.append(row)
        if unreadable:
            log.warning("%s: skipped %d unreadable lines", name, unreadable)
        return cls(rows, unreadable)

    def leaf(self, *, sidechain: bool = False) -> Row | None:
        """Return the last message of the conversation, or of a subagent if it has its own file."""
        return next(
            (row for row in reversed(self.rows) if row.spoken and row.sidechain == sidechain), None
        )

    def parent(self, row: Row, *, whole: bool = False) -> Row | None:
        """Return the entry before this one, or the preceding row if that entry is unreadable.

        :param whole: continue past a compaction.
        """
        wanted = row.parent or (row.logical_parent if whole else None)
        if wanted is None:
            return None
        return self.by_uuid.get(wanted) or self._before.get(row.uuid)

    def chain(self, leaf: Row | None, *, whole: bool = False) -> list[Row]:
        """Return the rows up to `leaf` in file order, including all parallel tool calls."""
        kept: dict[str, Row] = {}
        row = leaf
        while row is not None and row.uuid not in kept:
            kept[row.uuid] = row
            row = self.parent(row, whole=whole)
        self._add_parallel(kept)
        end = leaf.offset if leaf is not None else 0
        return [row for row in self.rows if kept.get(row.uuid) is row and row.offset <= end]

    def _add_parallel(self, kept: dict[str, Row]) -> None:
        """Add a message's parallel calls and their results.

        The calls are linked to each other, but each result only to its own call. The path from the
        last result to the root therefore misses the other results.
        """
        messages = {row.message_id for row in kept.values() if row.message_id}
        calls = [row for row in self.rows if row.message_id in messages]
        kept.update((row.uuid, row) for row in calls)
        for row in self.rows:
            if row.result_of in kept:
                kept[row.uuid] = row


def _call_of(entry: Entry, line: bytes) -> str | None:
    """Return the id of the call that a tool result belongs to.

    This is the result's parent if the CLI does not name a call.
    """
    is_result = entry.type == "user" and b'"type":"tool_result"' in line.replace(b": ", b":")
    return entry.parent_uuid if is_result else None


def _row(offset: int, line: bytes) -> Row | None:
    entry = decode(line, _decode_entry, Entry)
    if entry.uuid is None:
        return None
    if entry.type in _CONVERSATION and b'"content"' not in line:
        raise ValueError("a message without content")
    return Row(
        offset,
        len(line),
        entry.uuid,
        entry.parent_uuid,
        entry.type,
        entry.logical_parent_uuid,
        entry.message.id if entry.message else None,
        entry.source_tool_assistant_uuid or _call_of(entry, line),
        bool(entry.is_sidechain),
        bool(entry.is_meta),
    )
