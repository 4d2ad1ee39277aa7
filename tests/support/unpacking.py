"""Decoder of the messages that a page receives, as in `js/src/state/op_stream.ts`."""

from __future__ import annotations

import json
import zlib
from typing import Any


class Unpacker:
    """Reads the messages of comms in order."""

    def __init__(self) -> None:
        self._streams: dict[str, tuple[Any, int]] = {}

    def read(self, message: dict[str, Any]) -> dict[str, Any]:
        """Decode a custom message, without `ops` if an earlier one was missed."""
        comm, content = message["content"]["comm_id"], message["content"]["data"]["content"]
        position = content.get("at")
        if position is None:
            return content
        stream, following = self._streams.pop(comm, (None, None))
        if position == 0:
            stream, following = zlib.decompressobj(-zlib.MAX_WBITS), 0
        fields = {name: value for name, value in content.items() if name != "at"}
        if stream is None or position != following:
            return fields
        self._streams[comm] = (stream, position + 1)
        return {**fields, "ops": json.loads(stream.decompress(message["buffers"][0]))}
