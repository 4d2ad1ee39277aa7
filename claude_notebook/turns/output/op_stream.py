"""Operations on their way to a page, made small: one stream, in which nothing is said twice.

JSON in raw deflate (RFC 1951), flushed at each message (`Z_SYNC_FLUSH`, as in RFC 7692). A message
can be read only by who has read all before it in its stream; a snapshot begins a new one.
`js/src/state/op_stream.ts` is the other end.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence

import msgspec

from ...render.model import Op


class Packer:
    """One stream after the other; not for several threads at once."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin a new stream."""
        self._stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        self._next = 0

    def pack(self, ops: Sequence[Op]) -> tuple[int, bytes]:
        """The place of these operations in the stream, from 0, and what is sent."""
        place, self._next = self._next, self._next + 1
        packed = self._stream.compress(_json(ops))
        return place, packed + self._stream.flush(zlib.Z_SYNC_FLUSH)


def _json(ops: Sequence[Op]) -> bytes:
    try:
        return msgspec.json.encode(ops)
    except UnicodeEncodeError:  # a lone surrogate is no text, but a page can show it
        return json.dumps(ops).encode()
