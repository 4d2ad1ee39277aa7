"""Truncates long content, and provides the chunks that load the remainder on demand.

A chunk depends only on the piece and the chunk's number, so no state is kept, and a page never
receives the same chunk twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from .content import Hunk, Piece, count_lines
from .model import PartType

MAX_LINES = 400
"""Maximum number of lines that a part shows."""

MAX_CHARS = 40_000
"""Maximum number of characters that a part shows."""

MAX_ROWS = 200
"""Maximum number of table rows that a part shows, including the header."""

CHUNK_LINES = 2000
"""Maximum number of lines in a chunk."""

CHUNK_CHARS = 60_000
"""Maximum number of characters in a chunk."""

CHUNK_ROWS = 1000
"""Number of rows in a chunk of a table."""


def truncate(piece: Piece) -> Piece:
    """Truncate a piece to the limits, and describe the truncation in its note."""
    return piece if piece.whole else _TRUNCATE.get(piece.type, _truncate_text)(piece)


def limit_text(piece: Piece, limit: int) -> Piece:
    """Truncate a piece to `limit` characters, and describe the truncation in its note."""
    if piece.type == "image" or len(piece.text) <= limit:
        return piece
    note = f"cut: {limit:,} of {len(piece.text):,} characters"
    return _with_note(replace(piece, text=piece.text[:limit]), note)


def _with_note(piece: Piece, note: str) -> Piece:
    return replace(piece, note=f"{piece.note}; {note}" if piece.note else note)


def _truncate_text(piece: Piece) -> Piece:
    total = count_lines(piece)
    if total > MAX_LINES:
        text = "\n".join(piece.text.split("\n", MAX_LINES)[:MAX_LINES])[:MAX_CHARS]
        count = text.count("\n") + 1
        return _with_note(replace(piece, text=text), f"cut: {count} of {total} lines")
    if len(piece.text) > MAX_CHARS:
        note = f"cut: {MAX_CHARS:,} of {len(piece.text):,} characters"
        return _with_note(replace(piece, text=piece.text[:MAX_CHARS]), note)
    return piece


def _truncate_rows(piece: Piece) -> Piece:
    if len(piece.rows) <= MAX_ROWS:
        return piece
    note = f"cut: {MAX_ROWS - 1} of {len(piece.rows) - 1} rows"
    return _with_note(replace(piece, rows=piece.rows[:MAX_ROWS]), note)


def _truncate_hunks(piece: Piece) -> Piece:
    total = count_lines(piece)
    if total <= MAX_LINES:
        return piece
    hunks: list[Hunk] = []
    remaining = MAX_LINES
    for hunk in piece.hunks:
        if remaining <= 0:
            break
        hunks.append(hunk._replace(lines=hunk.lines[:remaining]))
        remaining -= len(hunk.lines)
    return _with_note(replace(piece, hunks=tuple(hunks)), f"cut: {MAX_LINES} of {total} lines")


_TRUNCATE: dict[PartType, Callable[[Piece], Piece]] = {
    "table": _truncate_rows,
    "diff": _truncate_hunks,
    "image": lambda piece: piece,
}


# --- chunks -----------------------------------------------------------------------------------


class TruncationChunk(NamedTuple):
    """A chunk of truncated content. `left` describes the remainder; "" if there is none."""

    piece: Piece
    left: str


def describe_remainder(piece: Piece, short: Piece) -> str:
    """Describe what `truncate` has removed, such as "4,600 more lines"; "" for nothing."""
    return "" if short is piece else _kind(piece).left(piece, _kind(piece).first(piece, short))


def chunk_of(piece: Piece, number: int) -> TruncationChunk | None:
    """Return the chunk with the given number, starting at 0, or None if there is none."""
    short = truncate(piece)
    if short is piece or number < 0:
        return None
    kind = _kind(piece)
    start = kind.first(piece, short)
    for _ in range(number):
        start = kind.end(piece, start)
    end = kind.end(piece, start)
    if end <= start:
        return None
    return TruncationChunk(kind.take(piece, start, end), kind.left(piece, end))


class _Kind(NamedTuple):
    """The functions that split one type of piece. Positions are in characters, rows or lines."""

    first: Callable[[Piece, Piece], int]
    end: Callable[[Piece, int], int]
    take: Callable[[Piece, int, int], Piece]
    left: Callable[[Piece, int], str]


def _words(count: int, noun: str) -> str:
    return f"{count:,} more {noun}{'' if count == 1 else 's'}" if count > 0 else ""


# --- text ------------------------------------------------------------------------------------


def _text_first(piece: Piece, short: Piece) -> int:
    position = len(short.text)
    return position + (piece.text[position : position + 1] == "\n")


def _text_end(piece: Piece, start: int) -> int:
    end = min(len(piece.text), start + CHUNK_CHARS)
    position = start
    for _ in range(CHUNK_LINES):
        newline = piece.text.find("\n", position, end)
        if newline < 0:
            break
        position = newline + 1
    else:
        return position
    return end if end == len(piece.text) or position == start else position


def _text_take(piece: Piece, start: int, end: int) -> Piece:
    line = piece.first_line and piece.first_line + piece.text.count("\n", 0, start)
    return replace(piece, text=piece.text[start:end], first_line=line, note="", whole=True)


def _text_left(piece: Piece, start: int) -> str:
    rest = len(piece.text) - start
    lines = piece.text.count("\n", start) + bool(rest and not piece.text.endswith("\n"))
    return _words(lines, "line") if lines > 1 else _words(rest, "character")


# --- tables and diffs --------------------------------------------------------------------------


def _rows_take(piece: Piece, start: int, end: int) -> Piece:
    return replace(piece, rows=(piece.rows[0], *piece.rows[start:end]), note="", whole=True)


def _lines_take(piece: Piece, start: int, end: int) -> Piece:
    return replace(piece, hunks=tuple(_hunks(piece, start, end)), note="", whole=True)


def _hunks(piece: Piece, start: int, end: int) -> Iterator[Hunk]:
    """Yield the lines from `start` to `end` as hunks whose line numbers continue."""
    position = 0
    for hunk in piece.hunks:
        skipped = max(0, start - position)
        kept = hunk.lines[skipped : max(skipped, end - position)]
        if kept:
            before = hunk.lines[:skipped]
            old = hunk.old_start + sum(line[:1] not in ("+", "\\") for line in before)
            new = hunk.new_start + sum(line[:1] not in ("-", "\\") for line in before)
            yield Hunk(old, new, kept)
        position += len(hunk.lines)


_TEXT = _Kind(_text_first, _text_end, _text_take, _text_left)
_KINDS: dict[PartType, _Kind] = {
    "table": _Kind(
        lambda piece, short: len(short.rows),
        lambda piece, start: min(len(piece.rows), start + CHUNK_ROWS),
        _rows_take,
        lambda piece, start: _words(len(piece.rows) - start, "row"),
    ),
    "diff": _Kind(
        lambda piece, short: count_lines(short),
        lambda piece, start: min(count_lines(piece), start + CHUNK_LINES),
        _lines_take,
        lambda piece, start: _words(count_lines(piece) - start, "line"),
    ),
}


def _kind(piece: Piece) -> _Kind:
    return _KINDS.get(piece.type, _TEXT)
