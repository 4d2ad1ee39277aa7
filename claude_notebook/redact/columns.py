"""Secrets in the columns of a table whose first line has names: CSV and its relatives."""

from __future__ import annotations

import bisect
import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .forms import is_chosen, is_mixed
from .marks import MARK, MarkedSpan
from .names import Name, row_of

__all__ = ["column_values"]

_LONGEST_LINE = 2_000
_MOST_ROWS = 5_000
# The end of a name's cell.
_ENDS_CELL = re.compile(r"\\{0,8}[\"']?[ \t]{0,8}(?:[,;\t|]|\r?\n|\\{1,8}[rn])")
_HEADER_CELL = re.compile(r"[ \t]*(\\*[\"']?)[\w .#/-]{1,60}\1[ \t]*")
_SEPARATORS = ",;\t|"


_NEWLINE = re.compile(r"\n|\\{1,8}n")
_BEFORE = re.compile(r"(?<!\\)[\"']|\\n")  # The start of a line in a string of JSON.
_CLOSING = re.compile(r"(?<!\\)\"")


@functools.lru_cache(maxsize=8)
def _cell(separator: str) -> re.Pattern[str]:
    return re.compile(
        rf"[ \r]*(\\*\")?(?P<cell>(?(1)[^\"\n]*|[^{separator}\n]*))\\*\"?[ \r]*"
        rf"(?:{re.escape(separator)}|\Z)"
    )


@dataclass(frozen=True)
class _Column:
    """A column of secrets.

    :param name: the row of `NAMES` for the name of the column
    :param spaced: spaces follow the separators, as in prose and code
    """

    name: Name
    spaced: bool

    def has_secret(self, value: str) -> bool:
        """Return whether a value of the column is a secret."""
        if value.startswith(MARK) or not is_chosen(value) or re.search(r"[(){}]", value):
            return False
        if self.spaced or self.name.whole or not self.name.sure:
            return len(value) >= 8 and is_mixed(value)
        return len(value) >= 4


def column_values(
    text: str, lowered: str, spans: Sequence[tuple[int, int]]
) -> Iterator[MarkedSpan]:
    """Return the values in columns with names of secrets, from left to right.

    :param lowered: the text in lower case
    :param spans: the last parts of names in the text
    """
    position = 0
    for start, end in spans:
        if start < position or not _ENDS_CELL.match(text, end):
            continue
        table = _Table.around(text, start, end)
        if table is not None:
            first = bisect.bisect_left(spans, (table.start, 0))
            last = bisect.bisect_left(spans, (table.end, 0), first)
            cuts, position = table.cuts(lowered, spans[first:last])
            yield from cuts


@dataclass(frozen=True)
class _Table:
    """The header of a table.

    :param start: where the header starts
    :param end: where it ends
    :param newline: the end of a line, perhaps as JSON writes it
    """

    text: str
    start: int
    end: int
    newline: str
    separator: str

    @classmethod
    def around(cls, text: str, start: int, end: int) -> _Table | None:
        """Return the header around a name, if its line is one."""
        found = _NEWLINE.search(text, end, end + _LONGEST_LINE)
        if found is None:
            return None
        newline, first = found.group(), max(0, start - _LONGEST_LINE)
        line = max(text.rfind("\n", first, start) + 1, first)
        if newline != "\n":
            line = max((found.end() for found in _BEFORE.finditer(text, line, start)), default=line)
        header = text[line : found.start()].rstrip("\r")
        separator = next((sign for sign in _SEPARATORS if sign in header), "")
        if not separator or not all(map(_HEADER_CELL.fullmatch, header.split(separator))):
            return None
        return cls(text, line, found.start(), newline, separator)

    def cuts(self, lowered: str, spans: Sequence[tuple[int, int]]) -> tuple[list[MarkedSpan], int]:
        """Return the secrets of the table, and where it ends."""
        cells, columns = list(self._cells(self.start, self.end)), {}
        spaced = f"{self.separator} " in self.text[self.start : self.end]
        ends = {end: start for start, end in spans}
        for number, (_, end) in enumerate(cells):
            name = row_of(lowered, ends[end], end) if end in ends else None
            if name is not None and name.kind == "secret":
                columns[number] = _Column(name, spaced)
        return self._rows(columns, len(cells)) if columns else ([], self.end)

    def _rows(self, columns: dict[int, _Column], count: int) -> tuple[list[MarkedSpan], int]:
        cuts: list[MarkedSpan] = []
        position = self.end
        for _ in range(_MOST_ROWS):
            start = position + len(self.newline)
            end = self._line_end(start)
            cells = list(self._cells(start, end))
            if len(cells) != count:
                break
            for number, column in columns.items():
                if column.has_secret(self.text[slice(*cells[number])]):
                    cuts.append(MarkedSpan(*cells[number], f"{MARK}{column.name.kind}"))
            position = end
        return cuts, position

    def _line_end(self, start: int) -> int:
        limit = min(len(self.text), start + _LONGEST_LINE)
        end = self.text.find(self.newline, start, limit)
        end = limit if end < 0 else end
        if self.newline == "\n":
            return end
        closing = _CLOSING.search(self.text, start, end)
        return closing.start() if closing else end

    def _cells(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Return the spans of the cells of a line, without quotes and spaces."""
        cell = _cell(self.separator)
        while start < end:
            found = cell.match(self.text, start, end)
            if found is None:
                return
            first, last = found.span("cell")
            yield first, first + len(self.text[first:last].rstrip(" \r\\"))
            start = found.end()
