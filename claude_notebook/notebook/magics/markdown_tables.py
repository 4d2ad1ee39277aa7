"""Markdown tables of plain text, for replies to commands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ...render.html.sanitizer import one_line

CELL = 400
"""Maximum number of characters in a table cell."""

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~$&!])")


def plain(text: object) -> str:
    """Escape text for Markdown and put it on one line."""
    return _SPECIAL.sub(r"\\\1", one_line(str(text), CELL))


def table(head: Sequence[str], rows: Iterable[Sequence[object]], numbers: int = 0) -> str:
    """Render a table whose last `numbers` columns are aligned to the right."""
    text_columns = len(head) - numbers
    rule = ["---"] * text_columns + ["--:"] * numbers
    body = [[plain(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in ([plain(h) for h in head], rule, *body))
