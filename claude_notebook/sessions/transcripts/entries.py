"""The lines of a transcript, and which of them make the conversation.

A transcript only grows. Each message names its parent, so that a conversation which went back and
took another way is a tree; the way that leads to the last message is the conversation as it is now.
Lines that cannot be read (half-written, binary) are left out and counted.
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
    """What is read of a line; everything else in it is skipped."""

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
    """A line that has an id: where it stands in the file, and how it hangs together with others."""

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
        """Whether it is a message of the user or the model."""
        return self.kind in _CONVERSATION


def open_transcript(path: str) -> IO[bytes]:
    """Open a transcript to read; a symbolic link in its place is not followed."""
    return os.fdopen(os.open(path, _FLAGS), "rb")


def as_line(entry: JSONObject) -> bytes:
    """An entry as the CLI writes it: what tells the kind of a line stands first in it."""
    first = "parentUuid" if "parentUuid" in entry else "type"
    entry = {first: entry.get(first), **entry}
    try:
        return json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    except UnicodeEncodeError:
        # A lone surrogate, which only an escape can write.
        return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


def as_file(entries: Iterable[JSON]) -> IO[bytes]:
    """Entries of a session store as a transcript, to be read like one."""
    return io.BytesIO(b"".join(as_line(entry) for entry in entries if isinstance(entry, dict)))


def read_lines(file: IO[bytes], longest: int = LONGEST_LINE) -> Iterator[tuple[int, bytes]]:
    """The lines of a file with their offsets; one that is too long comes as an empty one."""
    offset = 0
    while line := file.readline(longest):
        start = offset
        offset += len(line)
        if len(line) == longest and not line.endswith(b"\n"):
            offset += _skip_line(file, longest)
            line = b""
        yield start, line


def _skip_line(file: IO[bytes], step: int) -> int:
    """Read on to the end of the line, and return how many bytes that were."""
    skipped = 0
    while rest := file.readline(step):
        skipped += len(rest)
        if rest.endswith(b"\n"):
            break
    return skipped


def load_line(line: bytes) -> JSON:
    """The value of a line, None if it has none: slower than msgspec, but less strict."""
    try:
        return json.loads(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def decode(line: bytes, decoder: Callable[[bytes], T], kind: type[T]) -> T:
    """A line as a `kind`, by msgspec's `decoder` for it.

    :raises ValueError: it is not one
    """
    try:
        return decoder(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # Lone surrogates and broken UTF-8, which a transcript may hold and msgspec does not take.
        value = load_line(line)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error


def load_rows(file: IO[bytes], rows: Iterable[Row]) -> Iterator[tuple[Row, JSONObject]]:
    """The whole entries of some rows."""
    for row in rows:
        file.seek(row.offset)
        entry = load_line(file.read(row.length))
        if isinstance(entry, dict):
            yield row, entry


# --- the conversation -----------------------------------------------------------------------------


class Index:
    """The rows of one transcript, in the order of the file.

    :param rows: all lines that have an id.
    :param unreadable: how many lines could not be read.
    """

    def __init__(self, rows: list[Row], unreadable: int) -> None:
        self.rows = rows
        self.unreadable = unreadable
        self.by_uuid = {row.uuid: row for row in rows}
        self._before = dict(zip((row.uuid for row in rows[1:]), rows, strict=False))

    @classmethod
    def read(cls, file: IO[bytes], name: str) -> Index:
        """Read all lines of a file; `name` is for the warning about unreadable ones."""
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
            log.warning("%s: %d lines are unreadable and were left out", name, unreadable)
        return cls(rows, unreadable)

    def leaf(self, *, sidechain: bool = False) -> Row | None:
        """The last message of the conversation itself, or (in its own file) of a sub-agent."""
        return next(
            (row for row in reversed(self.rows) if row.spoken and row.sidechain == sidechain), None
        )

    def parent(self, row: Row, *, whole: bool = False) -> Row | None:
        """The entry before this one. `whole` goes on behind what was compacted.

        Where the parent's own line is unreadable, it is the row before in the file.
        """
        wanted = row.parent or (row.logical_parent if whole else None)
        if wanted is None:
            return None
        return self.by_uuid.get(wanted) or self._before.get(row.uuid)

    def chain(self, leaf: Row | None, *, whole: bool = False) -> list[Row]:
        """The rows that lead to `leaf`, in the order of the file, with parallel tool calls."""
        kept: dict[str, Row] = {}
        row = leaf
        while row is not None and row.uuid not in kept:
            kept[row.uuid] = row
            row = self.parent(row, whole=whole)
        self._add_parallel(kept)
        end = leaf.offset if leaf is not None else 0
        return [row for row in self.rows if kept.get(row.uuid) is row and row.offset <= end]

    def _add_parallel(self, kept: dict[str, Row]) -> None:
        """The calls of one message hang on each other, their results each on its own call.

        So the way from the last result to the beginning passes by the others.
        """
        messages = {row.message_id for row in kept.values() if row.message_id}
        calls = [row for row in self.rows if row.message_id in messages]
        kept.update((row.uuid, row) for row in calls)
        for row in self.rows:
            if row.result_of in kept:
                kept[row.uuid] = row


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
        entry.source_tool_assistant_uuid,
        bool(entry.is_sidechain),
        bool(entry.is_meta),
    )
