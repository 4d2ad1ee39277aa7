"""Content of panels before it becomes HTML: a `Piece` is the source of a `Part`.

The terminal, Markdown and text renderings read pieces. The page shows `html.parts.part(piece)`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from ..messages import JSON
from .model import PartType

MAX_LINES = 400
"""Maximum number of lines that a part shows."""

MAX_CHARS = 40_000
"""Maximum number of characters that a part shows."""

MAX_ROWS = 200
IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


class Hunk(NamedTuple):
    """Run of changed lines, each of which begins with " ", "+", "-" or a backslash."""

    old_start: int
    new_start: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Piece:
    """Source of a `Part`.

    :param text: code, output, Markdown, plain text or base64 data, depending on `type`.
    :param language: Pygments alias of the code.
    :param first_line: number of the first line of code; 0 hides line numbers.
    :param rows: rows of a table, the header first.
    :param hunks: hunks of a diff.
    :param media_type: media type of an image.
    :param whole: never truncate, because a person decides on the basis of this content.
    """

    type: PartType
    text: str = ""
    label: str = ""
    note: str = ""
    language: str = ""
    first_line: int = 0
    rows: tuple[tuple[str, ...], ...] = ()
    hunks: tuple[Hunk, ...] = ()
    media_type: str = ""
    whole: bool = False


def count_lines(piece: Piece) -> int:
    """Return the number of lines that a piece shows."""
    return _LINES.get(piece.type, _text_lines)(piece)


def _text_lines(piece: Piece) -> int:
    return piece.text.count("\n") + bool(piece.text and not piece.text.endswith("\n"))


_LINES: dict[PartType, Callable[[Piece], int]] = {
    "diff": lambda piece: sum(len(hunk.lines) for hunk in piece.hunks),
    "table": lambda piece: len(piece.rows),
    "image": lambda piece: 1,
}


def cut(piece: Piece) -> Piece:
    """Truncate a piece to the limits and record the truncation in its note."""
    return piece if piece.whole else _CUTS.get(piece.type, _cut_text)(piece)


def shorten(piece: Piece, limit: int) -> Piece:
    """Truncate a piece to `limit` characters and record the truncation in its note."""
    if piece.type == "image" or len(piece.text) <= limit:
        return piece
    note = f"cut: {limit:,} of {len(piece.text):,} characters"
    return _with_note(replace(piece, text=piece.text[:limit]), note)


def _with_note(piece: Piece, note: str) -> Piece:
    return replace(piece, note=f"{piece.note}; {note}" if piece.note else note)


def _cut_text(piece: Piece) -> Piece:
    total = _text_lines(piece)
    if total > MAX_LINES:
        kept = "\n".join(piece.text.split("\n", MAX_LINES)[:MAX_LINES])[:MAX_CHARS]
        shown = kept.count("\n") + 1
        return _with_note(replace(piece, text=kept), f"cut: {shown} of {total} lines")
    if len(piece.text) > MAX_CHARS:
        note = f"cut: {MAX_CHARS:,} of {len(piece.text):,} characters"
        return _with_note(replace(piece, text=piece.text[:MAX_CHARS]), note)
    return piece


def _cut_rows(piece: Piece) -> Piece:
    if len(piece.rows) <= MAX_ROWS:
        return piece
    note = f"cut: {MAX_ROWS - 1} of {len(piece.rows) - 1} rows"
    return _with_note(replace(piece, rows=piece.rows[:MAX_ROWS]), note)


def _cut_hunks(piece: Piece) -> Piece:
    total = count_lines(piece)
    if total <= MAX_LINES:
        return piece
    kept: list[Hunk] = []
    room = MAX_LINES
    for hunk in piece.hunks:
        if room <= 0:
            break
        kept.append(hunk._replace(lines=hunk.lines[:room]))
        room -= len(hunk.lines)
    return _with_note(replace(piece, hunks=tuple(kept)), f"cut: {MAX_LINES} of {total} lines")


_CUTS: dict[PartType, Callable[[Piece], Piece]] = {
    "table": _cut_rows,
    "diff": _cut_hunks,
    "image": lambda piece: piece,
}


def json_piece(value: JSON, label: str = "") -> Piece:
    """Return a JSON value as an indented piece."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    return Piece("json", text, label=label, language="json")


def image_piece(source: JSON, label: str = "image") -> Piece:
    """Return the `source` of an image block as an image, or as text if it cannot be shown."""
    fields = source if isinstance(source, dict) else {}
    kind, data = fields.get("media_type"), fields.get("data")
    if kind in IMAGE_TYPES and isinstance(data, str) and _is_base64(data):
        return Piece("image", data, label=label, media_type=str(kind))
    url = fields.get("url")
    origin = f" at {url}" if isinstance(url, str) else f" ({kind})" if kind else ""
    return Piece("text", f"[{label}{origin}, not shown]")


def _is_base64(data: str) -> bool:
    try:
        base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return False
    return bool(data)
