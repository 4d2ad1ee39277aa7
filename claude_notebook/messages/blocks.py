"""Content blocks: what messages are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias, Union

JSON: TypeAlias = Any
"""Any JSON value. Its shape belongs to somebody else: a tool, a server, a newer CLI."""

JSONObject: TypeAlias = dict[str, Any]
"""A JSON object whose keys belong to somebody else."""


@dataclass(frozen=True)
class TextBlock:
    """Text, in Markdown when the model wrote it."""

    text: str = ""
    citations: list[JSONObject] | None = None


@dataclass(frozen=True)
class ThinkingBlock:
    """What the model thought. `signature` proves to the service that it is unchanged."""

    thinking: str = ""
    signature: str = ""


@dataclass(frozen=True)
class RedactedThinkingBlock:
    """Thinking that only the service can read."""

    data: str = ""


@dataclass(frozen=True)
class ToolUseBlock:
    """The model asks for a tool. `input` has the shape of that tool's JSON schema."""

    id: str = ""
    name: str = ""
    input: JSONObject = field(default_factory=dict)


@dataclass(frozen=True)
class ToolResultBlock:
    """What a tool answered: text, or a list of raw content blocks (text, image, ...)."""

    tool_use_id: str = ""
    content: str | list[JSONObject] | None = None
    is_error: bool | None = None


@dataclass(frozen=True)
class ServerToolUseBlock:
    """A tool that the model's service runs itself, such as "web_search"."""

    id: str = ""
    name: str = ""
    input: JSONObject = field(default_factory=dict)


@dataclass(frozen=True)
class ServerToolResultBlock:
    """The answer of a tool that the model's service ran."""

    tool_use_id: str = ""
    content: JSON = None
    type: str = ""


@dataclass(frozen=True)
class ImageBlock:
    """A picture. `source` is {"type": "base64", "media_type", "data"} or {"type": "url", "url"}."""

    source: JSONObject = field(default_factory=dict)


@dataclass(frozen=True)
class DocumentBlock:
    """A document, such as a PDF. `source` as for `ImageBlock`, also {"type": "text", ...}."""

    source: JSONObject = field(default_factory=dict)
    title: str | None = None


@dataclass(frozen=True)
class UnknownBlock:
    """A block of a type, or in a shape, that this version does not know, as it came."""

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
