"""Secrets in the columns of tables of HTML whose header has names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..marks import MARK, MarkedSpan
from .line_tables import columns_of

__all__ = ["HtmlTable"]

_LONGEST_ROW = 2_000
_TAGS = r"(?:</?(?:b|code|em|i|p|pre|span|strong)\b[^<>]{0,200}>|\s|\\+n){0,8}"
_ENDS_CELL = re.compile(rf":?{_TAGS}</t[hd]>")
_CELL = re.compile(rf"<t[hd]\b[^<>]{{0,300}}>{_TAGS}(?P<cell>[^<>]{{0,1000}}?){_TAGS}:?</t[hd]>")
_NEXT = re.compile(r"<tr\b|</table")


@dataclass(frozen=True)
class HtmlTable:
    """The first row of a table of HTML.

    :param start: where the row starts
    :param end: where it ends
    """

    text: str
    start: int
    end: int

    @classmethod
    def around(cls, text: str, start: int, end: int) -> HtmlTable | None:
        """Return the row around a name that is alone in its cell."""
        if not _ENDS_CELL.match(text, end):
            return None
        first = text.rfind("<tr", max(0, start - _LONGEST_ROW), start)
        last = text.find("</tr", end, end + _LONGEST_ROW)
        return None if first < 0 or last < 0 else cls(text, first, last)

    @property
    def header(self) -> str:
        """The first row, with its end."""
        return f"{self.text[self.start : self.end]}</tr>"

    def is_open(self, position: int) -> bool:
        """Return whether more rows can follow the text, after rows up to a place."""
        return "</table" not in self.text[position:]

    def cuts(self, lowered: str, spans: Sequence[tuple[int, int]]) -> tuple[list[MarkedSpan], int]:
        """Return the secrets of the table, and where it ends."""
        cells = list(self._cells(self.start, self.end))
        columns = columns_of(lowered, cells, spans, spaced=True)
        if not columns:
            return [], self.start
        cuts: list[MarkedSpan] = []
        position = self.end
        for row in self._rows():
            position = row[1]
            values = list(self._cells(*row))
            for number, column in columns.items() if len(values) == len(cells) else ():
                if column.has_secret(self.text[slice(*values[number])]):
                    cuts.append(MarkedSpan(*values[number], f"{MARK}{column.name.kind}"))
        return cuts, position

    def _rows(self) -> Iterator[tuple[int, int]]:
        start = None
        for found in _NEXT.finditer(self.text, self.end):
            if start is not None:
                yield start, found.start()
            if found.group() != "<tr":
                return
            start = found.start()
        if start is not None:
            yield start, len(self.text)

    def _cells(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        yield from (found.span("cell") for found in _CELL.finditer(self.text, start, end))
