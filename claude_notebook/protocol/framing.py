"""Chunks of bytes -> lines."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Oversized:
    """A line above the limit. Only its beginning was kept."""

    beginning: bytes


class LineSplitter:
    r"""Cuts a stream at ``\n`` and nothing else (U+2028 and the like are text).

    :param limit: bytes that a line may have; a longer one is skipped and reported as `Oversized`.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[bytes | Oversized]:
        """The lines that `data` completes, without their ends."""
        *complete, rest = data.split(b"\n")
        if not complete:
            self._keep(rest)
            return []
        self._keep(complete[0])
        lines: list[bytes | Oversized] = [self._take()]
        lines += [
            line if len(line) <= self._limit else Oversized(line[:200]) for line in complete[1:]
        ]
        self._keep(rest)
        return lines

    def end(self) -> bytes | Oversized | None:
        """What is left at the end of the stream: a line without its end, or None."""
        return self._take() if self._size else None

    def _keep(self, part: bytes) -> None:
        # Above the limit only the size is counted: the memory stays bounded.
        if part and (self._size <= self._limit or not self._parts):
            self._parts.append(part)
        self._size += len(part)

    def _take(self) -> bytes | Oversized:
        line = b"".join(self._parts)
        size, self._size = self._size, 0
        self._parts = []
        return Oversized(line[:200]) if size > self._limit else line
