"""Decodes JSON lines into messages and control values.

The decoder is chosen by the line's type. A line that does not have the expected shape becomes an
`UnknownMessage` with the raw value. It is an error only if a line begins like an object but is not
valid JSON.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from typing import Any, TypeVar, Union

import msgspec
from msgspec import structs

from ...errors import CLIJSONDecodeError
from ...messages import (
    AssistantMessage,
    CommandLifecycleMessage,
    ConversationResetMessage,
    Message,
    StreamEvent,
    TranscriptMirrorMessage,
    UnknownBlock,
    UnknownMessage,
    UserMessage,
)
from ..control import ControlCancel, ControlRequest, ControlResponse
from ..depth import (
    LEFT_OUT,
    MAX_DEPTH,
    is_too_deep,
    prune,
)
from .blocks import decode_any, decode_block, decode_content, decode_header
from .flat_messages import (
    decode_rate_limit,
    decode_result,
    decode_system,
    flat_decoder,
)

Incoming = Union[Message, ControlRequest, ControlResponse, ControlCancel]

_Object = dict[str, Any]
_M = TypeVar("_M", AssistantMessage, UserMessage)
_W = TypeVar("_W", bound=msgspec.Struct)

# --- messages with a nested wire format ----------------------------------------------------------


class _AssistantBody(msgspec.Struct):
    content: list[msgspec.Raw]
    model: str = ""
    id: str | None = None
    usage: _Object | None = None
    stop_reason: str | None = None


class _AssistantWire(msgspec.Struct):
    message: _AssistantBody
    parent_tool_use_id: str | None = None
    error: str | None = None
    session_id: str | None = None
    uuid: str | None = None
    user_message_uuid: str | None = None
    user_message_uuids: list[str] | None = None
    timestamp: str | None = None
    request_id: str | None = None
    aborted: bool | None = None
    agent_id: str | None = None
    subagent_type: str | None = None
    task_description: str | None = None
    thinking_duration_ms: float | None = None
    thinking_display: str | None = None
    tool_use_meta: Any = None
    local_command_source: Any = None
    local_command_run: Any = None
    local_command_outcome: Any = None
    context_usage: Any = None
    is_api_error_message: bool | None = None
    api_error_status: int | None = None
    api_error_type: str | None = None
    api_error: str | None = None
    refused_message_id: str | None = None


class _UserBody(msgspec.Struct):
    content: msgspec.Raw


class _UserWire(msgspec.Struct, rename={"is_replay": "isReplay", "is_synthetic": "isSynthetic"}):
    message: _UserBody
    uuid: str | None = None
    parent_tool_use_id: str | None = None
    tool_use_result: Any = None
    origin: _Object | None = None
    session_id: str | None = None
    timestamp: str | None = None
    is_replay: bool | None = None
    is_synthetic: bool | None = None
    tool_result_meta: list[_Object] | None = None
    agent_id: str | None = None
    subagent_type: str | None = None
    task_description: str | None = None
    refused_message_id: str | None = None
    refusal_retry: bool | None = None


_assistant = msgspec.json.Decoder(_AssistantWire)
_user = msgspec.json.Decoder(_UserWire)
_stream_event = msgspec.json.Decoder(StreamEvent)


def _decode_leniently(decoder: msgspec.json.Decoder[_W], line: bytes) -> _W:
    """Decode a message; a field of the wrong type around its content gets its default."""
    try:
        return decoder.decode(line)
    except msgspec.ValidationError:
        wire = decode_any(line)
        if "message" not in wire:
            raise
        body = {"message": wire["message"]}
        fitting = {k: v for k, v in wire.items() if _fits(decoder, {**body, k: v})}
        return decoder.decode(msgspec.json.encode({**body, **fitting}))


def _fits(decoder: msgspec.json.Decoder[_W], fields: _Object) -> bool:
    try:
        decoder.decode(msgspec.json.encode(fields))
    except msgspec.ValidationError:
        return False
    return True


def _decode_assistant(line: bytes) -> AssistantMessage:
    wire = _decode_leniently(_assistant, line)
    body = wire.message
    fields = structs.asdict(wire)
    del fields["message"]
    fields["content"] = [decode_block(raw) for raw in body.content]
    fields["model"] = body.model
    fields["usage"] = body.usage
    fields["message_id"] = body.id
    fields["stop_reason"] = body.stop_reason
    return _make(AssistantMessage, fields)


def _decode_user(line: bytes) -> UserMessage:
    wire = _decode_leniently(_user, line)
    fields = structs.asdict(wire)
    del fields["message"]
    fields["content"] = decode_content(wire.message.content)
    return _make(UserMessage, fields)


def _make(kind: type[_M], fields: _Object) -> _M:
    """Create a message from all of its fields.

    This bypasses the `__init__` of a frozen dataclass, which takes longer than all of the decoding.
    """
    message = object.__new__(kind)
    message.__dict__.update(fields)
    return message


# --- control -----------------------------------------------------------------------------------


def _decode_control_request(line: bytes) -> ControlRequest:
    data = decode_any(line)
    request = data["request"]
    return ControlRequest(str(data["request_id"]), str(request.get("subtype", "")), request)


def _decode_control_response(line: bytes) -> ControlResponse:
    response = decode_any(line)["response"]
    failed = response.get("subtype") == "error"
    error = str(response.get("error") or "no reason given") if failed else None
    return ControlResponse(str(response["request_id"]), response.get("response"), error)


def _decode_control_cancel(line: bytes) -> ControlCancel:
    return ControlCancel(str(decode_any(line)["request_id"]))


# --- the table -----------------------------------------------------------------------------------

DECODERS: dict[str, Callable[[bytes], Incoming]] = {
    "stream_event": _stream_event.decode,
    "assistant": _decode_assistant,
    "user": _decode_user,
    "system": decode_system,
    "result": decode_result,
    "rate_limit_event": decode_rate_limit,
    "conversation_reset": flat_decoder(ConversationResetMessage),
    "command_lifecycle": flat_decoder(CommandLifecycleMessage),
    "transcript_mirror": flat_decoder(TranscriptMirrorMessage),
    "control_request": _decode_control_request,
    "control_response": _decode_control_response,
    "control_cancel_request": _decode_control_cancel,
}

# The CLI's lines begin with their type, so it can be found without parsing the whole line.
_TYPE_FIRST = b'{"type":"'
_BY_START = {name.encode(): decoder for name, decoder in DECODERS.items()}

_MAX_DIGITS = 4000

# Exceptions that a decoder raises for a line that is JSON but has a different shape.
_MISFIT = (msgspec.DecodeError, KeyError, TypeError, AttributeError, ValueError, RecursionError)


def decode(line: bytes) -> Incoming:
    """Decode one line.

    :raises CLIJSONDecodeError: if the line begins like a JSON object but is not valid JSON
    """
    if is_too_deep(line):
        return _decode_deep(line)
    try:
        if line.startswith(_TYPE_FIRST):
            decoder = _BY_START.get(line[len(_TYPE_FIRST) : line.find(b'"', len(_TYPE_FIRST))])
            if decoder is not None:
                return decoder(line)
        return DECODERS[decode_header(line).type](line)
    except _MISFIT as error:
        return _decode_slowly(line, error)


def _decode_slowly(line: bytes, error: Exception) -> Incoming:
    """Decode a line that its decoder rejects.

    The line is repaired if possible, and otherwise kept raw.
    """
    value = _parse_leniently(line)
    if isinstance(value, dict) and (decoder := DECODERS.get(str(value.get("type")))) is not None:
        try:
            repaired = json.dumps(value, ensure_ascii=False).encode("utf-8", errors="replace")
            if repaired != line:
                return decoder(repaired)
        except _MISFIT as second:
            error = second
        missing = isinstance(error, KeyError)
        return UnknownMessage(value, f"{error} is missing" if missing else str(error))
    return UnknownMessage(value, "unknown type" if isinstance(error, KeyError) else str(error))


_TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"


def _decode_deep(line: bytes) -> Incoming:
    """Decode a line that is nested too deeply.

    Even then, a turn must still end, and every request must still get its response.
    """
    pruned = prune(line)
    value = _parse_leniently(pruned)
    if isinstance(value, str):  # not JSON
        return UnknownMessage(line.decode("utf-8", errors="replace"), _TOO_DEEP)
    kind = value.get("type") if isinstance(value, dict) else None
    keep = _KEEPERS.get(str(kind))
    try:
        if keep is not None:
            return keep(value)
    except _MISFIT:
        pass
    return UnknownMessage(value, _TOO_DEEP)


def _deep_request(value: _Object) -> ControlRequest:
    subtype = str(value["request"].get("subtype", ""))
    return ControlRequest(str(value["request_id"]), subtype, problem=f"it is {_TOO_DEEP}.")


def _deep_response(value: _Object) -> ControlResponse:
    return ControlResponse(
        str(value["response"]["request_id"]), error=f"its answer is {_TOO_DEEP}."
    )


def _deep_result(value: _Object) -> Incoming:
    return decode_result(_shallow_fields(value))


def _deep_content(value: _Object) -> Incoming:
    """Decode a message, substituting an `UnknownBlock` for each block that is too deep."""
    message = DECODERS[value["type"]](_shallow_fields(value, "message"))
    assert isinstance(message, (AssistantMessage, UserMessage))  # noqa: S101  the decoder's type
    raw = value["message"]["content"]
    blocks: list[Any] = [
        UnknownBlock(item) if _is_pruned(item) else block
        for item, block in zip(raw, message.content, strict=True)
    ]
    return dataclasses.replace(message, content=blocks)


def _shallow_fields(value: _Object, *field_names: str) -> bytes:
    """Encode the fields that were not pruned, and those in `field_names`, as a line."""
    return msgspec.json.encode(
        {k: v for k, v in value.items() if k in field_names or not _is_pruned(v)}
    )


def _is_pruned(value: Any) -> bool:
    return LEFT_OUT.encode() in msgspec.json.encode(value)


_KEEPERS: dict[str, Callable[[_Object], Incoming]] = {
    "control_request": _deep_request,
    "control_response": _deep_response,
    "result": _deep_result,
    "assistant": _deep_content,
    "user": _deep_content,
}

_QUOTED = 400
"""Maximum number of characters that an error quotes from a line."""


def _parse_leniently(line: bytes) -> Any:
    text = line.decode("utf-8", errors="replace")
    try:
        return json.loads(
            text,
            strict=False,
            parse_constant=lambda _: None,
            parse_float=_finite_float,
            parse_int=_bounded_int,
        )
    except (ValueError, RecursionError) as error:
        if text.lstrip("\x00 \t\r").startswith("{"):
            from ...redact import redact  # rarely needed

            raise CLIJSONDecodeError(redact(text[:_QUOTED]), error) from None
        # A stray line of text, such as a runtime warning, must not end the conversation.
        return text


def _finite_float(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _bounded_int(text: str) -> int | None:
    """Convert an integer.

    Return None for one with thousands of digits, which Python refuses to convert.
    """
    return int(text) if len(text) <= _MAX_DIGITS else None


def decode_message(line: bytes) -> Message:
    """Decode one line as a message. A control line becomes an `UnknownMessage`."""
    value = decode(line)
    if isinstance(value, (ControlRequest, ControlResponse, ControlCancel)):
        return UnknownMessage(_parse_leniently(prune(line)), "a control message")
    return value
