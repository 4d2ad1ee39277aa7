"""Truncated content, which loads chunk by chunk on demand.

A chunk depends on the piece and its number alone, so no state is kept, and a page never receives a
chunk twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from .content import (
    Hunk,
    Piece,
    count_lines,
    cut,
)
from .model import PartType

CHUNK_LINES = 2000
"""Maximum number of lines of a chunk."""

CHUNK_CHARS = 60_000
"""Maximum number of characters of a chunk."""

CHUNK_ROWS = 1000
"""Number of rows of a table's chunk."""


class TruncationChunk(NamedTuple):
    """A chunk of truncated content; `left` describes the remainder, "" if there is none."""

    piece: Piece
    left: str


def left_after_cut(piece: Piece, short: Piece) -> str:
    """Describe the part that `cut` has removed from a piece: "4,600 more lines"; "" for none."""
    return "" if short is piece else _kind(piece).left(piece, _kind(piece).first(piece, short))


def chunk_of(piece: Piece, number: int) -> TruncationChunk | None:
    """Return the chunk with a number, from 0; None if there is none."""
    short = cut(piece)
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
    """The functions that split one type of piece. Positions are characters, rows or lines."""

    first: Callable[[Piece, Piece], int]
    end: Callable[[Piece, int], int]
    take: Callable[[Piece, int, int], Piece]
    left: Callable[[Piece, int], str]


def _words(count: int, noun: str) -> str:
    return f"{count:,} more {noun}{'' if count == 1 else 's'}" if count > 0 else ""


# --- text ------------------------------------------------------------------------------------


def _text_first(piece: Piece, short: Piece) -> int:
    place = len(short.text)
    return place + (piece.text[place : place + 1] == "\n")


def _text_end(piece: Piece, start: int) -> int:
    end = min(len(piece.text), start + CHUNK_CHARS)
    place = start
    for _ in range(CHUNK_LINES):
        newline = piece.text.find("\n", place, end)
        if newline < 0:
            break
        place = newline + 1
    else:
        return place
    return end if end == len(piece.text) or place == start else place


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
    """Yield the lines from `start` to `end` as hunks with continued line numbers."""
    place = 0
    for hunk in piece.hunks:
        skipped = max(0, start - place)
        kept = hunk.lines[skipped : max(skipped, end - place)]
        if kept:
            before = hunk.lines[:skipped]
            old = hunk.old_start + sum(line[:1] not in ("+", "\\") for line in before)
            new = hunk.new_start + sum(line[:1] not in ("-", "\\") for line in before)
            yield Hunk(old, new, kept)
        place += len(hunk.lines)


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
