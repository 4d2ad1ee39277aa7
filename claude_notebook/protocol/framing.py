"""Splits a byte stream into lines. All line splitting in this package is done here."""

from __future__ import annotations

import sys

_KEPT = 200


class Oversized(bytes):
    """The first bytes of a line above the limit. The splitter drops the remaining bytes."""


class LineSplitter:
    r"""Splits a stream only at ``\n``, because U+2028 and similar characters belong to the text.

    :param limit: maximum size of a line in bytes. A longer line becomes `Oversized`.
    """

    def __init__(self, limit: int = sys.maxsize) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Return the lines completed by `data`, without their line endings."""
        *complete, rest = data.split(b"\n")
        if not complete:
            self._keep(rest)
            return []
        self._keep(complete[0])
        lines = [self._take()]
        lines += [line if len(line) <= self._limit else _cut(line) for line in complete[1:]]
        self._keep(rest)
        return lines

    def end(self) -> bytes | None:
        """Return the unfinished line at the end of the stream, or None."""
        return self._take() if self._size else None

    def _keep(self, part: bytes) -> None:
        # Above the limit, only the size is counted, so that memory use stays bounded.
        if part and (self._size <= self._limit or not self._parts):
            self._parts.append(part)
        self._size += len(part)

    def _take(self) -> bytes:
        line = b"".join(self._parts)
        size, self._size = self._size, 0
        self._parts = []
        return line if size <= self._limit else _cut(line)


def _cut(line: bytes) -> Oversized:
    return Oversized(line[:_KEPT])
