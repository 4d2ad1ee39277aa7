"""What the commands answer, in Markdown: tables of plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ...render.html.sanitize import one_line

CELL = 400
"""A cell shows at most so many characters."""

_MEANS_SOMETHING = re.compile(r"([\\`*_\[\]<>#|~$&!])")


def plain(text: object) -> str:
    """Text on one line that means nothing in Markdown."""
    return _MEANS_SOMETHING.sub(r"\\\1", one_line(str(text), CELL))


def table(head: Sequence[str], rows: Iterable[Sequence[object]], numbers: int = 0) -> str:
    """A table; its last `numbers` columns are aligned to the right."""
    words = len(head) - numbers
    rule = ["---"] * words + ["--:"] * numbers
    body = [[plain(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in ([plain(h) for h in head], rule, *body))
