"""A fast search for the rows that can match in a text. Most texts have few."""

from __future__ import annotations

import functools
import re

from ..literals import LiteralSearch
from .form import Form
from .forms import FORMS
from .keys import KEYS

__all__ = ["rows_in"]

_ROWS = (*KEYS, *FORMS)


@functools.lru_cache(maxsize=1)
def _search() -> tuple[LiteralSearch, tuple[tuple[int, ...], ...]]:
    """Return the search for the literals of all rows, and the rows of each."""
    rows: dict[str, list[int]] = {}
    for number, row in enumerate(_ROWS):
        if len(row.literal) > 1:
            rows.setdefault(row.literal, []).append(number)
    return LiteralSearch(tuple(rows)), tuple(map(tuple, rows.values()))


# These occur in most texts.
_OF_ONE_CHARACTER = tuple(number for number, row in enumerate(_ROWS) if len(row.literal) == 1)


def rows_in(text: str) -> list[Form]:
    """Return the rows that can match in a text, in the order of the tables."""
    search, numbers = _search()
    literals = {found[0] for found in search.find(text)}
    rows = {number for literal in literals for number in numbers[literal]}
    rows.update(number for number in _OF_ONE_CHARACTER if _ROWS[number].literal in text)
    return _without_other_commands(text, [_ROWS[number] for number in sorted(rows)])


def _without_other_commands(text: str, rows: list[Form]) -> list[Form]:
    """Drop rows with flags whose command has no flag in the text."""
    if not any(row.flagged for row in rows):
        return rows
    commands = _before_flags(text)
    return [row for row in rows if not row.flagged or row.literal in commands]


# A flag of a command. Its literal beginning makes the search fast.
_FLAG = re.compile(r"-(?<=[\s\"'].)[A-Za-z-]")
_REACH_OF_COMMAND = 400


def _before_flags(text: str) -> str:
    """Return the parts of a text in which a command with a flag can begin."""
    pieces, position = [], 0
    for flag in _FLAG.finditer(text):
        pieces.append(text[max(position, flag.start() - _REACH_OF_COMMAND) : flag.start()])
        position = flag.start()
    return "".join(pieces)
