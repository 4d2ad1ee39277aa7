"""Decodes the content blocks of messages.

The decoder is chosen by the block's type. A block that does not have the expected shape becomes an
`UnknownBlock` with the raw value.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ...messages import (
    ContentBlock,
    DocumentBlock,
    ImageBlock,
    RedactedThinkingBlock,
    ServerToolResultBlock,
    ServerToolUseBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    UnknownBlock,
)

BLOCKS: dict[str, type[ContentBlock]] = {
    "text": TextBlock,
    "thinking": ThinkingBlock,
    "redacted_thinking": RedactedThinkingBlock,
    "tool_use": ToolUseBlock,
    "tool_result": ToolResultBlock,
    "server_tool_use": ServerToolUseBlock,
    "mcp_tool_use": ServerToolUseBlock,
    "image": ImageBlock,
    "document": DocumentBlock,
}


class Header(msgspec.Struct):
    """The field of a line or block that determines its decoder."""

    type: str = ""


decode_header = msgspec.json.Decoder(Header).decode
decode_any = msgspec.json.Decoder().decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_server_result = msgspec.json.Decoder(ServerToolResultBlock).decode
_DECODERS: dict[str, Callable[[bytes | msgspec.Raw], ContentBlock]] = {
    name: msgspec.json.Decoder(kind).decode for name, kind in BLOCKS.items()
}


def decode_block(raw: bytes | msgspec.Raw) -> ContentBlock:
    """Decode one content block. This never fails, because unknown blocks are kept raw."""
    try:
        kind = decode_header(raw).type
        decode = _DECODERS.get(kind)
        if decode is None and kind.endswith("_tool_result"):
            decode = _decode_server_result
        if decode is not None:
            return decode(raw)
    except msgspec.DecodeError:
        pass
    return UnknownBlock(decode_any(raw))


def decode_content(raw: msgspec.Raw) -> str | list[ContentBlock]:
    """Decode the content of a user message, which is text or blocks."""
    if bytes(raw).startswith(b'"'):
        return str(decode_any(raw))
    return [decode_block(block) for block in _decode_list(raw)]
