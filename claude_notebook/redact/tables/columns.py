"""Secrets in the columns of tables, and tables that continue in the next piece of a text."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence

from ..marks import MarkedSpan
from ..names import lower, name_spans
from .html_tables import HtmlTable
from .line_tables import LineTable

__all__ = ["column_values", "open_table"]

_LONGEST_HEADER = 4_000
# The characters that can follow a name at the end of its cell.
_AFTER_NAME = frozenset("*`\\\"' \t,;|\u2502\u2503\r\n:<")

_Spans = Sequence[tuple[int, int]]


def column_values(text: str, lowered: str, spans: _Spans) -> Iterator[MarkedSpan]:
    """Return the values in columns with names of secrets, from left to right.

    :param lowered: the text in lower case
    :param spans: the last parts of names in the text
    """
    for _, cuts, _ in _tables(text, lowered, spans):
        yield from cuts


def open_table(text: str) -> str:
    """Return the header of the table with secrets that is open at the end of a text, or nothing.

    Before the next piece of the text, this header shows what its rows mean.
    """
    lowered = lower(text)
    header = ""
    for table, _, end in _tables(text, lowered, name_spans(lowered)):
        header = table.header if table.is_open(end) else ""
    return header if len(header) <= _LONGEST_HEADER else ""


def _tables(
    text: str, lowered: str, spans: _Spans
) -> Iterator[tuple[LineTable | HtmlTable, list[MarkedSpan], int]]:
    """Return each table with columns of secrets, its secrets, and its end."""
    position = 0
    has_html = "</t" in text
    for start, end in spans:
        if start < position or text[end : end + 1] not in _AFTER_NAME:
            continue
        table: LineTable | HtmlTable | None = LineTable.around(text, start, end)
        if table is None and has_html:
            table = HtmlTable.around(text, start, end)
        if table is None:
            continue
        first = bisect.bisect_left(spans, (table.start, 0))
        last = bisect.bisect_left(spans, (table.end, 0), first)
        cuts, position = table.cuts(lowered, spans[first:last])
        if position > table.start:
            yield table, cuts, position
        position = max(position, table.end)
