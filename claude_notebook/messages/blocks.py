"""Content blocks in messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias, Union

JSON: TypeAlias = Any
"""Any JSON value whose shape is defined elsewhere: by a tool, a server or a newer CLI."""

JSONObject: TypeAlias = dict[str, Any]
"""A JSON object whose keys are defined elsewhere."""


@dataclass(frozen=True)
class TextBlock:
    """Text, in Markdown if the model wrote it."""

    text: str = ""
    citations: list[JSONObject] | None = None


@dataclass(frozen=True)
class ThinkingBlock:
    """The model's thinking. `signature` proves to the service that it has not been changed."""

    thinking: str = ""
    signature: str = ""


@dataclass(frozen=True)
class RedactedThinkingBlock:
    """Thinking that only the service can read."""

    data: str = ""


@dataclass(frozen=True)
class ToolUseBlock:
    """A tool call by the model. `input` matches the tool's JSON schema."""

    id: str = ""
    name: str = ""
    input: JSONObject = field(default_factory=dict)


@dataclass(frozen=True)
class ToolResultBlock:
    """A tool's result: text, or a list of raw content blocks (text, image, ...)."""

    tool_use_id: str = ""
    content: str | list[JSONObject] | None = None
    is_error: bool | None = None


@dataclass(frozen=True)
class ServerToolUseBlock:
    """A call to a tool that the model service runs, such as "web_search"."""

    id: str = ""
    name: str = ""
    input: JSONObject = field(default_factory=dict)


@dataclass(frozen=True)
class ServerToolResultBlock:
    """The result of a tool that the model service ran."""

    tool_use_id: str = ""
    content: JSON = None
    type: str = ""


@dataclass(frozen=True)
class ImageBlock:
    """An image.

    :param source: {"type": "base64", "media_type", "data"} or {"type": "url", "url"}.
    """

    source: JSONObject = field(default_factory=dict)


@dataclass(frozen=True)
class DocumentBlock:
    """A document, such as a PDF. `source` is as in `ImageBlock`, or {"type": "text", ...}."""

    source: JSONObject = field(default_factory=dict)
    title: str | None = None


@dataclass(frozen=True)
class UnknownBlock:
    """A block with an unknown type or shape, which is kept unchanged."""

    raw: JSON = None


ContentBlock = Union[
    TextBlock,
    ThinkingBlock,
    RedactedThinkingBlock,
    ToolUseBlock,
    ToolResultBlock,
    ServerToolUseBlock,
    ServerToolResultBlock,
    ImageBlock,
    DocumentBlock,
    UnknownBlock,
]
