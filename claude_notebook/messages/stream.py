"""Stream events in an unfinished answer.

They are TypedDicts because code written for the CLI's stream reads them as dictionaries. Fields
that the service adds are kept, and a type checker can narrow events by "type".
"""

from __future__ import annotations

from typing import Literal, TypedDict, Union

from typing_extensions import NotRequired

from .blocks import OpenJSON, OpenObject


class TextDelta(TypedDict):
    """Additional text of a text block."""

    type: Literal["text_delta"]
    text: str


class ThinkingDelta(TypedDict):
    """Additional text of a thinking block."""

    type: Literal["thinking_delta"]
    thinking: str


class SignatureDelta(TypedDict):
    """The signature of a thinking block."""

    type: Literal["signature_delta"]
    signature: str


class InputJSONDelta(TypedDict):
    """Part of the JSON text of a tool's input. Only the complete text is valid JSON."""

    type: Literal["input_json_delta"]
    partial_json: str


class CitationsDelta(TypedDict):
    """A citation for a text block."""

    type: Literal["citations_delta"]
    citation: OpenObject


ContentDelta = Union[TextDelta, ThinkingDelta, SignatureDelta, InputJSONDelta, CitationsDelta]


class MessageStartEvent(TypedDict):
    """The start of an answer. It invalidates the output of an earlier, failed attempt."""

    type: Literal["message_start"]
    message: OpenObject


class ContentBlockStartEvent(TypedDict):
    """The start of block number `index`, which is still empty."""

    type: Literal["content_block_start"]
    index: int
    content_block: OpenObject


class ContentBlockDeltaEvent(TypedDict):
    """Part of block number `index`."""

    type: Literal["content_block_delta"]
    index: int
    delta: ContentDelta


class ContentBlockStopEvent(TypedDict):
    """The end of block number `index`."""

    type: Literal["content_block_stop"]
    index: int


class MessageDeltaEvent(TypedDict):
    """The answer's stop reason and final usage."""

    type: Literal["message_delta"]
    delta: OpenObject
    usage: NotRequired[OpenObject]
    context_management: NotRequired[OpenJSON]


class MessageStopEvent(TypedDict):
    """The end of the answer."""

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
