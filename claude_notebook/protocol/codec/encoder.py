"""Encodes messages, blocks and control values as JSON lines, as the inverse of `lines.decode`."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, Union

import msgspec

from ...errors import OptionsError
from ...messages import (
    JSON,
    AssistantMessage,
    CommandLifecycleMessage,
    ContentBlock,
    ConversationResetMessage,
    JSONObject,
    Message,
    RateLimitEvent,
    ResultMessage,
    ServerToolResultBlock,
    StreamEvent,
    SystemMessage,
    TaskUpdatedMessage,
    TranscriptMirrorMessage,
    UnknownBlock,
    UnknownMessage,
    UserMessage,
)
from ..control import ControlCancel, ControlRequest, ControlResponse
from .blocks import BLOCKS
from .flat_messages import (
    LIMIT_NAMES,
    RENAMED,
    SYSTEM,
    decode_rate_limit,
    decode_system,
)

Encodable = Union[Message, ControlRequest, ControlResponse, ControlCancel]
"""A value that one side sends as a line."""

USER_NAMES = {"is_replay": "isReplay", "is_synthetic": "isSynthetic"}
_WIRE_NAMES = {ours: wire for wire, ours in RENAMED.items()}
_WIRE_LIMIT_NAMES = {ours: wire for wire, ours in LIMIT_NAMES.items()}
_BLOCK_TYPES = {kind: name for name, kind in reversed(BLOCKS.items())}
_SUBTYPES = {kind: name for name, kind in reversed(SYSTEM.items())}
_ABSENT = object()


def encode(event: Encodable) -> bytes:
    """Encode a message or control value as one line, including its line ending.

    Decoding the line with `lines.decode` gives an equal value, except for the `reason` of an
    `UnknownMessage` and values that JSON cannot represent.

    :raises OptionsError: if the value contains something that JSON cannot represent
    """
    if isinstance(event, UnknownMessage):
        return _encode_unknown(event.raw)
    kind = SystemMessage if isinstance(event, SystemMessage) else type(event)
    return encode_json(_WIRE_FORMS[kind](event))


def encode_json(value: object) -> bytes:
    """Encode any JSON value as one line, including its line ending. Lone surrogates become "?".

    :raises OptionsError: if the value contains something that JSON cannot represent
    """
    try:
        return _encode_strictly(value) + b"\n"
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise OptionsError(
            f"this cannot be sent as JSON: {error}. Use text, numbers, lists and dicts."
        ) from error


def _encode_strictly(value: object) -> bytes:
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(_without_surrogates(msgspec.to_builtins(value)))


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", errors="replace").decode("utf-8")
    if isinstance(value, dict):
        return {_without_surrogates(k): _without_surrogates(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_surrogates(item) for item in value]
    return value


def _encode_unknown(raw: JSON) -> bytes:
    """Encode a raw value. Text that is not JSON is encoded as the stray line it came from."""
    if not isinstance(raw, str) or raw.isspace() or not raw or "\n" in raw or raw.startswith("{"):
        return encode_json(raw)
    try:
        json.loads(raw)
    except (ValueError, RecursionError):
        return raw.encode("utf-8", errors="replace") + b"\n"
    return encode_json(raw)


def encode_user(
    content: str | Sequence[JSONObject],
    *,
    uuid: str | None = None,
    parent_tool_use_id: str | None = None,
    session_id: str = "default",
    verbatim: bool = False,
    fields: Mapping[str, JSON] | None = None,
) -> bytes:
    """Encode a prompt.

    :param content: text, or content blocks as JSON objects.
    :param uuid: identifies the prompt, so that sending it twice has no additional effect.
    :param verbatim: ask the CLI not to interpret the prompt.
    :param fields: the message's other fields.
    """
    line: JSONObject = {
        "type": "user",
        "message": {"role": "user", "content": content},
        "parent_tool_use_id": parent_tool_use_id,
        "session_id": session_id,
        **(fields or {}),
    }
    if uuid is not None:
        line["uuid"] = uuid
    if verbatim:
        line["client_composed"] = True
    return encode_json(line)


# --- wire formats ---------------------------------------------------------------------------------


_Wire: TypeAlias = dict[str, Any]
"""A line under construction, whose values are fields of messages."""


def _fields(value: Any) -> _Wire:
    """Return the fields that are set and that take part in comparison."""
    names = (field.name for field in dataclasses.fields(value) if field.compare)
    fields = ((name, getattr(value, name)) for name in names)
    return {name: item for name, item in fields if item is not None}


def wire_block(block: ContentBlock) -> JSON:
    """Return a content block in its wire format."""
    if isinstance(block, UnknownBlock):
        raw: JSON = block.raw
        return raw
    if isinstance(block, ServerToolResultBlock):
        wire: JSON = _fields(block)
        return wire
    return {"type": _BLOCK_TYPES[type(block)], **_fields(block)}


def _wire_assistant(message: AssistantMessage) -> _Wire:
    fields = _fields(message)
    body: _Wire = {
        "role": "assistant",
        "content": [wire_block(item) for item in fields.pop("content")],
    }
    for name in ("model", "usage", "stop_reason"):
        if name in fields:
            body[name] = fields.pop(name)
    if "message_id" in fields:
        body["id"] = fields.pop("message_id")
    return {"type": "assistant", "message": body, **fields}


def _wire_user(message: UserMessage) -> _Wire:
    fields = _fields(message)
    content = fields.pop("content")
    if not isinstance(content, str):
        content = [wire_block(item) for item in content]
    named = {USER_NAMES.get(name, name): item for name, item in fields.items()}
    return {"type": "user", "message": {"role": "user", "content": content}, **named}


def _wire_flat(kind: str) -> Callable[[Any], _Wire]:
    return lambda message: {"type": kind, **_renamed(_fields(message), _WIRE_NAMES)}


def _renamed(fields: _Wire, names: dict[str, str]) -> _Wire:
    return {names.get(name, name): value for name, value in fields.items()}


def _wire_system(message: SystemMessage) -> _Wire:
    """Return `data`, with the fields that differ from it."""
    fields = _fields(message)
    data = dict(fields.pop("data"))
    wire: _Wire = {"type": "system", **data}
    if str(data.get("subtype") or "") != message.subtype or not data:
        wire["subtype"] = message.subtype or _SUBTYPES.get(type(message), "")
    if isinstance(message, TaskUpdatedMessage):
        wire.setdefault("patch", {})
    changes = _changes(fields, decode_system(_encode_strictly(wire)), "subtype")
    if isinstance(message, TaskUpdatedMessage) and "status" in changes:
        wire["patch"] = {**changes.pop("patch", wire["patch"]), "status": changes.pop("status")}
    return {**wire, **_renamed(changes, _WIRE_NAMES)}


def _changes(fields: _Wire, base: object, *skipped: str) -> _Wire:
    """Return the fields whose values differ from those of `base`."""
    return {
        name: value
        for name, value in fields.items()
        if name not in skipped and getattr(base, name, _ABSENT) != value
    }


def _wire_rate_limit(message: RateLimitEvent) -> _Wire:
    fields = _fields(message.rate_limit_info)
    raw = fields.pop("raw")
    wire: _Wire = {"type": "rate_limit_event", "rate_limit_info": raw}
    wire.update(uuid=message.uuid, session_id=message.session_id)
    base = decode_rate_limit(_encode_strictly(wire)).rate_limit_info
    changes = _renamed(_changes(fields, base), _WIRE_LIMIT_NAMES)
    return {**wire, "rate_limit_info": {**raw, **changes}}


def _wire_request(request: ControlRequest) -> _Wire:
    body = {"subtype": request.subtype, **request.request}
    return {"type": "control_request", "request_id": request.request_id, "request": body}


def _wire_response(response: ControlResponse) -> _Wire:
    body: _Wire = {"subtype": "success", "request_id": response.request_id}
    if response.error is not None:
        body.update(subtype="error", error=response.error)
    if response.error is None or response.response is not None:
        body["response"] = response.response
    return {"type": "control_response", "response": body}


def _wire_cancel(cancel: ControlCancel) -> _Wire:
    return {"type": "control_cancel_request", "request_id": cancel.request_id}


_WIRE_FORMS: dict[type, Callable[[Any], _Wire]] = {
    AssistantMessage: _wire_assistant,
    UserMessage: _wire_user,
    SystemMessage: _wire_system,
    ResultMessage: _wire_flat("result"),
    StreamEvent: _wire_flat("stream_event"),
    RateLimitEvent: _wire_rate_limit,
    ConversationResetMessage: _wire_flat("conversation_reset"),
    CommandLifecycleMessage: _wire_flat("command_lifecycle"),
    TranscriptMirrorMessage: _wire_flat("transcript_mirror"),
    ControlRequest: _wire_request,
    ControlResponse: _wire_response,
    ControlCancel: _wire_cancel,
}
