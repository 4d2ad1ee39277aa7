"""Secrets in the columns of tables whose header has names: CSV, Markdown, printed data frames."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..marks import MARK, MarkedSpan
from ..names import Name, row_of
from ..rules import is_chosen, is_mixed

__all__ = ["Column", "LineTable", "columns_of"]

_LONGEST_LINE = 2_000
# The end of a name's cell.
_ENDS_CELL = re.compile(
    r"[*`\\\"']{0,8}[ \t]{0,60}(?:(?<=[ \t]{2})(?=\S)|[,;\t|\u2502\u2503]|\r?\n|\\{1,8}[rn])"
)
_HEADER_CELL = re.compile(r"[ \t]*(\\*[\"']?)[\w .#/*`-]{1,60}\1[ \t]*")
_WIDE_CELL = re.compile(r"[\w#/%-]+(?:[ .][\w#/%-]+){0,2}")
_SEPARATORS = ",;\t|\u2502\u2503"
_FRAMES = "|\u2502\u2503"
_WIDE = "  "

# Numbers of lines, and the signs of a diff.
_PREFIX = re.compile(r"[ \t]{0,12}\d{1,7}(?:\u2192|\t|\\{1,8}t)|[+>-](?=[\w\"'|])")
_RULE = re.compile(r"(?=[\s\S]*[-=:\u2500-\u257f]{3})[\s|+:=\u2500-\u257f-]+")
_NEWLINE = re.compile(r"\n|\\{1,8}n")
_BEFORE = re.compile(r"[\"'](?!\\)|n\\")  # The start of a line in a string of JSON, reversed.
_CLOSING = re.compile(r"(?<!\\)\"")


@functools.lru_cache(maxsize=8)
def _cell(separator: str) -> re.Pattern[str]:
    if separator == _WIDE:
        return re.compile(r"[ \t]*(?P<cell>[^ \t\n]+(?:[ \t][^ \t\n]+)*)(?:[ \t]{2,}|[ \t]?\Z)?")
    margin = "[ \r*`]*" if separator in _FRAMES else "[ \r]*"
    return re.compile(
        rf"{margin}(\\*\")?(?P<cell>(?(1)[^\"\n]*|[^{separator}\n]*))\\*\"?[ \r]*"
        rf"(?:{re.escape(separator)}|\Z)"
    )


@dataclass(frozen=True)
class Column:
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
        if self.name.digits:
            return re.fullmatch(r"\d{4,8}", value) is not None
        if self.name.whole or not self.name.sure:
            return len(value) >= 8 and is_mixed(value)
        return len(value) >= 6 and is_mixed(value) if self.spaced else len(value) >= 4


def columns_of(
    lowered: str,
    cells: Sequence[tuple[int, int]],
    spans: Sequence[tuple[int, int]],
    spaced: bool,
) -> dict[int, Column]:
    """Return the columns of secrets by the numbers of their cells.

    :param cells: the spans of the cells of the header
    :param spans: the last parts of names in the header
    """
    columns, ends = {}, {end: start for start, end in spans}
    for number, (_, end) in enumerate(cells):
        name = row_of(lowered, ends[end], end) if end in ends else None
        if name is None or (name.digits and lowered[ends[end] - 1 : ends[end]].isalnum()):
            continue
        if name.kind == "secret":
            columns[number] = Column(name, spaced)
    return columns


@dataclass(frozen=True)
class LineTable:
    """The header of a table with one line for each row.

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
    def around(cls, text: str, start: int, end: int) -> LineTable | None:
        """Return the header around a name, if its line is one."""
        if not _ENDS_CELL.match(text, end):
            return None
        found = _NEWLINE.search(text, end, end + _LONGEST_LINE)
        if found is None:
            return None
        newline = found.group()
        line = _start_of_line(text, start, newline)
        header = text[line : found.start()].rstrip("\r")
        separator = _separator_of(header)
        return cls(text, line, found.start(), newline, separator) if separator else None

    @property
    def header(self) -> str:
        """The header with the end of its line."""
        return self.text[self.start : self.end] + self.newline

    def is_open(self, position: int) -> bool:
        """Return whether more rows can follow the text, after rows up to a place."""
        return self.text.find(self.newline, position + len(self.newline)) < 0

    def cuts(self, lowered: str, spans: Sequence[tuple[int, int]]) -> tuple[list[MarkedSpan], int]:
        """Return the secrets of the table, and where it ends."""
        cells = list(self._cells(self.start, self.end))
        wide = self.separator == _WIDE
        spaced = wide or f"{self.separator} " in self.text[self.start : self.end]
        columns = columns_of(lowered, cells, spans, spaced)
        return self._rows(columns, len(cells)) if columns else ([], self.start)

    def _rows(self, columns: dict[int, Column], count: int) -> tuple[list[MarkedSpan], int]:
        cuts: list[MarkedSpan] = []
        position = self.end
        while position < len(self.text):
            start = position + len(self.newline)
            end = self._line_end(start)
            if not self._is_rule(start, end):
                cells = list(self._cells(start, end))
                # A data frame has one more column: its index, which has no name.
                index = len(cells) - count
                if index and (index != 1 or self.separator != _WIDE):
                    break
                for number, column in columns.items():
                    if column.has_secret(self.text[slice(*cells[number + index])]):
                        cuts.append(MarkedSpan(*cells[number + index], f"{MARK}{column.name.kind}"))
            position = end
        return cuts, position

    def _is_rule(self, start: int, end: int) -> bool:
        framed = self.separator in _FRAMES or self.separator == _WIDE
        return framed and _RULE.fullmatch(self.text, start, end) is not None

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
        cell, right = _cell(self.separator), " \r\\"
        if self.separator in _FRAMES:
            right += "*`"
        prefix = _PREFIX.match(self.text, start, end)
        start = prefix.end() if prefix else start
        while start < end:
            found = cell.match(self.text, start, end)
            if found is None:
                return
            first, last = found.span("cell")
            yield first, first + len(self.text[first:last].rstrip(right))
            start = found.end()


def _start_of_line(text: str, start: int, newline: str) -> int:
    first = max(0, start - _LONGEST_LINE)
    line = max(text.rfind("\n", first, start) + 1, first)
    if newline != "\n":
        before = _BEFORE.search(text[line:start][::-1])
        line = start - before.start() if before else line
    return line


def _separator_of(header: str) -> str:
    """Return the separator of the cells of a header; nothing for other lines."""
    header = _without_prefix(header)
    framed = header.strip(" \t")[:1]
    signs = framed if framed and framed in _FRAMES else _SEPARATORS
    separator = next((sign for sign in signs if sign in header), "")
    if not separator:
        return _WIDE if _has_wide_cells(header) else ""
    cells = header.split(separator)
    if separator in _FRAMES:
        cells = list(filter(str.strip, cells))
    return separator if cells and all(map(_HEADER_CELL.fullmatch, cells)) else ""


def _without_prefix(line: str) -> str:
    prefix = _PREFIX.match(line)
    return line[prefix.end() :] if prefix else line


def _has_wide_cells(header: str) -> bool:
    cells = re.split(r"[ \t]{2,}", header.strip(" \t"))
    return len(cells) > 1 and all(map(_WIDE_CELL.fullmatch, cells))
