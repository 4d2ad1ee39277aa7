"""Compressed operations for a page, in one stream that repeats nothing.

JSON in raw deflate (RFC 1951), flushed at each message (`Z_SYNC_FLUSH`, as in RFC 7692). To
read a message, a page must have read all earlier ones of the stream; a snapshot starts a new one.
`js/src/state/op_stream.ts` is the other end.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence

import msgspec

from ...render.model import Op


class Packer:
    """A packer of streams, one after the other. Not thread-safe."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Start a new stream."""
        self._stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        self._next = 0

    def pack(self, ops: Sequence[Op]) -> tuple[int, bytes]:
        """Return the place of `ops` in the stream, from 0, and the bytes to send."""
        place, self._next = self._next, self._next + 1
        packed = self._stream.compress(_json(ops))
        return place, packed + self._stream.flush(zlib.Z_SYNC_FLUSH)


def _json(ops: Sequence[Op]) -> bytes:
    try:
        return msgspec.json.encode(ops)
    except UnicodeEncodeError:  # a lone surrogate is not text, but a page can show it
        return json.dumps(ops).encode()
