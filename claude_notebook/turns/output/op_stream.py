"""Compresses a view's operations as a single stream.

The format is JSON in raw deflate (RFC 1951), flushed after each message (`Z_SYNC_FLUSH`, as in RFC
7692). Each message depends on all earlier messages in its stream, and a snapshot starts a new
stream. `js/src/state/op_stream.ts` decompresses it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence

import msgspec

from ...render.model import Op


class Packer:
    """A packer for consecutive streams. It is not thread-safe."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Start a new stream."""
        self._stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        self._next = 0

    def pack(self, ops: Sequence[Op]) -> tuple[int, bytes]:
        """Compress operations.

        :returns: the message's number in the stream, starting at 0, and its bytes
        """
        index, self._next = self._next, self._next + 1
        packed = self._stream.compress(_json(ops))
        return index, packed + self._stream.flush(zlib.Z_SYNC_FLUSH)


def _json(ops: Sequence[Op]) -> bytes:
    try:
        return msgspec.json.encode(ops)
    except UnicodeEncodeError:  # a lone surrogate is not valid text, but a page can show it
        return json.dumps(ops).encode()
