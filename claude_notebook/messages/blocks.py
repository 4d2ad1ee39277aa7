"""Content blocks of messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias, Union

JSON: TypeAlias = Any
"""Any JSON value of foreign shape: from a tool, a server or a newer CLI."""

JSONObject: TypeAlias = dict[str, Any]
"""A JSON object with foreign keys."""


@dataclass(frozen=True)
class TextBlock:
    """Text, in Markdown if the model wrote it."""

    text: str = ""
    citations: list[JSONObject] | None = None


@dataclass(frozen=True)
class ThinkingBlock:
    """Thinking of the model. `signature` proves to the service that it is unchanged."""

    thinking: str = ""
    signature: str = ""


@dataclass(frozen=True)
class RedactedThinkingBlock:
    """Thinking that only the service can read."""

    data: str = ""


@dataclass(frozen=True)
class ToolUseBlock:
    """A tool call by the model. `input` has the shape of the tool's JSON schema."""

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
    """A call of a tool that the model's service runs, such as "web_search"."""

    id: str = ""
    name: str = ""
    input: JSONObject = field(default_factory=dict)


@dataclass(frozen=True)
class ServerToolResultBlock:
    """The result of a tool that the model's service ran."""

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
    """A document, such as a PDF. `source` as in `ImageBlock`, also {"type": "text", ...}."""

    source: JSONObject = field(default_factory=dict)
    title: str | None = None


@dataclass(frozen=True)
class UnknownBlock:
    """A block of unknown type or shape, unchanged."""

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
