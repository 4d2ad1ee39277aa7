"""Content blocks in messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, Union

if TYPE_CHECKING:
    JSON: TypeAlias = Union[str, int, float, bool, "Sequence[JSON]", "Mapping[str, JSON]", None]
else:
    JSON = Any  # msgspec cannot resolve a recursive type
"""A JSON value of unknown shape: from a tool, a server or a newer CLI."""

JSONObject: TypeAlias = dict[str, JSON]
"""A JSON object with unknown keys."""

# The interface for programs has Claude's SDK as its model, whose fields of unknown shape are
# `dict[str, Any]`: a program reads `block.input["command"].split()` without a check for each step.
# So the fields of messages, hooks, options and replies have these types. All other code uses
# `JSONObject`, whose values must be checked before use (tests/test_structure.py).
OpenJSON: TypeAlias = Any
"""A JSON value in the interface for programs, which may be used without a check."""

OpenObject: TypeAlias = dict[str, Any]
"""A JSON object in the interface for programs, whose values may be used without a check."""


@dataclass(frozen=True)
class TextBlock:
    """Text, in Markdown if the model wrote it."""

    text: str = ""
    citations: list[OpenObject] | None = None


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
    input: OpenObject = field(default_factory=dict)


@dataclass(frozen=True)
class ToolResultBlock:
    """A tool's result: text, or a list of raw content blocks (text, image, ...)."""

    tool_use_id: str = ""
    content: str | list[OpenObject] | None = None
    is_error: bool | None = None


@dataclass(frozen=True)
class ServerToolUseBlock:
    """A call to a tool that the model service runs, such as "web_search"."""

    id: str = ""
    name: str = ""
    input: OpenObject = field(default_factory=dict)


@dataclass(frozen=True)
class ServerToolResultBlock:
    """The result of a tool that the model service ran."""

    tool_use_id: str = ""
    content: OpenJSON = None
    type: str = ""


@dataclass(frozen=True)
class ImageBlock:
    """An image.

    :param source: {"type": "base64", "media_type", "data"} or {"type": "url", "url"}.
    """

    source: OpenObject = field(default_factory=dict)


@dataclass(frozen=True)
class DocumentBlock:
    """A document, such as a PDF. `source` is as in `ImageBlock`, or {"type": "text", ...}."""

    source: OpenObject = field(default_factory=dict)
    title: str | None = None


@dataclass(frozen=True)
class UnknownBlock:
    """A block with an unknown type or shape, which is kept unchanged."""

    raw: OpenJSON = None


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
