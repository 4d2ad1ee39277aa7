"""The content of panels before it becomes HTML. A `Piece` is the source of a `Part`.

The terminal, Markdown and text renderers read pieces, while the page shows
`html.parts.part(piece)`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from .model import PartType

IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


class Hunk(NamedTuple):
    """A run of changed lines, each of which begins with " ", "+", "-" or a backslash."""

    old_start: int
    new_start: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Piece:
    """The source of a `Part`.

    :param text: code, output, Markdown, plain text or base64 data, depending on `type`.
    :param language: the Pygments alias for the code.
    :param first_line: the number of the code's first line; 0 hides line numbers.
    :param rows: the rows of a table, starting with the header.
    :param hunks: the hunks of a diff.
    :param media_type: the media type of an image.
    :param whole: never truncate this piece, because a person makes a decision based on it.
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


def json_piece(value: object, label: str = "") -> Piece:
    """Return a JSON value as an indented piece."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    return Piece("json", text, label=label, language="json")


def image_piece(source: object, label: str = "image") -> Piece:
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
