"""Summarizes messages for the log: their type, ids and sizes, but not their content."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import ProtocolError
from ..messages import (
    AssistantMessage,
    ContentBlock,
    Message,
    ResultMessage,
    StreamEvent,
    SystemMessage,
    ToolResultBlock,
    ToolUseBlock,
    UnknownBlock,
    UnknownMessage,
    UserMessage,
)
from ..replay import RecordedAnswer


def _block(block: ContentBlock) -> str:
    if isinstance(block, ToolUseBlock):
        return f"{block.name} {block.id}"
    if isinstance(block, ToolResultBlock):
        return f"{'error' if block.is_error else 'result'} of {block.tool_use_id}"
    if isinstance(block, UnknownBlock):
        return "an unknown block"
    return type(block).__name__


def _content(message: AssistantMessage | UserMessage) -> str:
    if isinstance(message.content, str):
        return f"{len(message.content)} characters"
    return ", ".join(map(_block, message.content))


def _result(message: ResultMessage) -> str:
    failed = f", failed with {message.api_error_status or 'an error'}" if message.is_error else ""
    return f"{message.subtype}{failed}, {message.num_turns} turns, {message.duration_ms} ms"


_DESCRIPTIONS: dict[type, Callable[..., str]] = {
    AssistantMessage: _content,
    UserMessage: _content,
    ResultMessage: _result,
    StreamEvent: lambda message: str(message.event.get("type")),
    UnknownMessage: lambda message: message.reason,
}


def summarize(message: Message | RecordedAnswer | ProtocolError) -> str:
    """Summarize a received message on one line."""
    kind = type(message).__name__
    if isinstance(message, ProtocolError):
        return f"{kind}: {message}"
    if isinstance(message, SystemMessage):
        return f"{kind}: {message.subtype}"
    describe = _DESCRIPTIONS.get(type(message))
    return kind if describe is None else f"{kind}: {describe(message)}"
