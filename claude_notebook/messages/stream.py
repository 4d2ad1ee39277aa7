"""Stream events: the model's answer while it is produced.

TypedDicts, because code written for the CLI's stream reads them as dictionaries; nothing that the
service adds is lost, and a type checker narrows them by their "type".
"""

from __future__ import annotations

from typing import Literal, TypedDict, Union

from typing_extensions import NotRequired

from .blocks import JSON, JSONObject


class TextDelta(TypedDict):
    """More text for a text block."""

    type: Literal["text_delta"]
    text: str


class ThinkingDelta(TypedDict):
    """More text for a thinking block."""

    type: Literal["thinking_delta"]
    thinking: str


class SignatureDelta(TypedDict):
    """The signature of a thinking block."""

    type: Literal["signature_delta"]
    signature: str


class InputJSONDelta(TypedDict):
    """More of the JSON text of a tool's input. Only all the pieces together are JSON."""

    type: Literal["input_json_delta"]
    partial_json: str


class CitationsDelta(TypedDict):
    """A citation for a text block."""

    type: Literal["citations_delta"]
    citation: JSONObject


ContentDelta = Union[TextDelta, ThinkingDelta, SignatureDelta, InputJSONDelta, CitationsDelta]


class MessageStartEvent(TypedDict):
    """An answer of the model begins. What an earlier, failed attempt began is void."""

    type: Literal["message_start"]
    message: JSONObject


class ContentBlockStartEvent(TypedDict):
    """Block number `index` of the answer begins, still empty."""

    type: Literal["content_block_start"]
    index: int
    content_block: JSONObject


class ContentBlockDeltaEvent(TypedDict):
    """A piece of block number `index`."""

    type: Literal["content_block_delta"]
    index: int
    delta: ContentDelta


class ContentBlockStopEvent(TypedDict):
    """Block number `index` is complete."""

    type: Literal["content_block_stop"]
    index: int


class MessageDeltaEvent(TypedDict):
    """The answer's stop reason and final usage."""

    type: Literal["message_delta"]
    delta: JSONObject
    usage: NotRequired[JSONObject]
    context_management: NotRequired[JSON]


class MessageStopEvent(TypedDict):
    """The answer is complete."""

    type: Literal["message_stop"]


StreamEventData = Union[
    MessageStartEvent,
    ContentBlockStartEvent,
    ContentBlockDeltaEvent,
    ContentBlockStopEvent,
    MessageDeltaEvent,
    MessageStopEvent,
]
"""The documented shapes of `StreamEvent.event`."""
