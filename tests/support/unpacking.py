"""Unpack the messages that a page receives, as `js/src/state/op_stream.ts` does."""

from __future__ import annotations

import json
import zlib
from typing import Any


class Unpacker:
    """Reads the messages of comms, one after the other."""

    def __init__(self) -> None:
        self._streams: dict[str, tuple[Any, int]] = {}

    def read(self, message: dict[str, Any]) -> dict[str, Any]:
        """Unpack a custom message, without `ops` if an earlier one was not read."""
        comm, content = message["content"]["comm_id"], message["content"]["data"]["content"]
        place = content.get("at")
        if place is None:
            return content
        stream, following = self._streams.pop(comm, (None, None))
        if place == 0:
            stream, following = zlib.decompressobj(-zlib.MAX_WBITS), 0
        said = {name: value for name, value in content.items() if name != "at"}
        if stream is None or place != following:
            return said
        self._streams[comm] = (stream, place + 1)
        return {**said, "ops": json.loads(stream.decompress(message["buffers"][0]))}
