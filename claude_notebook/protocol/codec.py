"""One JSON line <-> one value: messages and control requests.

A small header is decoded first, then the whole line by the decoder that the table has for it.
Whatever does not fit becomes `UnknownMessage` or `UnknownBlock` with the raw value; only a line
that is no JSON at all is an error.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, Union

import msgspec

from ..errors import CLIJSONDecodeError, OptionsError
from ..messages import (
    APIRetryMessage,
    AssistantMessage,
    BackgroundTasksMessage,
    CommandLifecycleMessage,
    CompactBoundaryMessage,
    ContentBlock,
    ConversationResetMessage,
    DocumentBlock,
    HookEventMessage,
    ImageBlock,
    InformationalMessage,
    InitMessage,
    Message,
    NotificationMessage,
    PermissionDeniedMessage,
    RateLimitEvent,
    RateLimitInfo,
    RedactedThinkingBlock,
    ResultMessage,
    ServerToolResultBlock,
    ServerToolUseBlock,
    SessionStateMessage,
    StatusMessage,
    StreamEvent,
    SystemMessage,
    TaskNotificationMessage,
    TaskProgressMessage,
    TaskStartedMessage,
    TaskUpdatedMessage,
    TextBlock,
    ThinkingBlock,
    ThinkingTokensMessage,
    ToolResultBlock,
    ToolUseBlock,
    TranscriptMirrorMessage,
    UnknownBlock,
    UnknownMessage,
    UserMessage,
)
from .control import ControlCancel, ControlRequest, ControlResponse

Incoming = Union[Message, ControlRequest, ControlResponse, ControlCancel]

T = TypeVar("T")
_Object = dict[str, Any]

# --- content blocks -------------------------------------------------------------------------

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


class _Header(msgspec.Struct):
    type: str = ""


_header = msgspec.json.Decoder(_Header)
_any = msgspec.json.Decoder()
_block_decoders: dict[str, Callable[[bytes | msgspec.Raw], ContentBlock]] = {
    name: msgspec.json.Decoder(kind).decode for name, kind in BLOCKS.items()
}
_server_result = msgspec.json.Decoder(ServerToolResultBlock).decode


def decode_block(raw: bytes | msgspec.Raw) -> ContentBlock:
    """One content block from its JSON text. Never fails: what is not known is kept raw."""
    try:
        kind = _header.decode(raw).type
        decode = _block_decoders.get(kind)
        if decode is None and kind.endswith("_tool_result"):
            decode = _server_result
        if decode is not None:
            return decode(raw)
    except msgspec.DecodeError:
        pass
    return UnknownBlock(_any.decode(raw))


def decode_content(raw: msgspec.Raw) -> str | list[ContentBlock]:
    """The content of a user message: text, or blocks."""
    if bytes(raw).startswith(b'"'):
        return str(_any.decode(raw))
    return [decode_block(block) for block in _raw_list.decode(raw)]


_raw_list = msgspec.json.Decoder(list[msgspec.Raw])

# --- messages whose wire form is nested --------------------------------------------------------


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


_assistant = msgspec.json.Decoder(_AssistantWire)
_user = msgspec.json.Decoder(_UserWire)
_stream_event = msgspec.json.Decoder(StreamEvent)


def _top_level(wire: _AssistantWire | _UserWire) -> _Object:
    return {name: getattr(wire, name) for name in wire.__struct_fields__ if name != "message"}


def _decode_assistant(line: bytes) -> AssistantMessage:
    wire = _assistant.decode(line)
    body = wire.message
    return AssistantMessage(
        content=[decode_block(raw) for raw in body.content],
        model=body.model,
        usage=body.usage,
        message_id=body.id,
        stop_reason=body.stop_reason,
        **_top_level(wire),
    )


def _decode_user(line: bytes) -> UserMessage:
    wire = _user.decode(line)
    return UserMessage(content=decode_content(wire.message.content), **_top_level(wire))


# --- messages that are flat ----------------------------------------------------------------------

SYSTEM: dict[str, type[SystemMessage]] = {
    "init": InitMessage,
    "status": StatusMessage,
    "api_retry": APIRetryMessage,
    "compact_boundary": CompactBoundaryMessage,
    "informational": InformationalMessage,
    "notification": NotificationMessage,
    "permission_denied": PermissionDeniedMessage,
    "session_state_changed": SessionStateMessage,
    "thinking_tokens": ThinkingTokensMessage,
    "background_tasks_changed": BackgroundTasksMessage,
    "task_started": TaskStartedMessage,
    "task_progress": TaskProgressMessage,
    "task_notification": TaskNotificationMessage,
    "task_updated": TaskUpdatedMessage,
    "hook_started": HookEventMessage,
    "hook_response": HookEventMessage,
}

# Wire names that are not our field names.
_RENAMED = {
    "permissionMode": "permission_mode",
    "apiKeySource": "api_key_source",
    "modelUsage": "model_usage",
    "filePath": "file_path",
    "hook_event": "hook_event_name",
}


def _flat(wire: _Object, kind: type[T], **more: Any) -> T:
    """`wire` as a `kind`: names translated, null left to the field's default."""
    known = {_RENAMED.get(key, key): value for key, value in wire.items() if value is not None}
    return msgspec.convert({**known, **more}, kind)


def _decode_system(line: bytes) -> SystemMessage:
    data = _any.decode(line)
    subtype = data.get("subtype")
    kind = SYSTEM.get(subtype, SystemMessage)
    more = {"status": data["patch"].get("status")} if kind is TaskUpdatedMessage else {}
    try:
        return _flat(data, kind, data=data, **more)
    except msgspec.ValidationError:
        return SystemMessage(subtype=str(subtype or ""), data=data)


def _decode_rate_limit(line: bytes) -> RateLimitEvent:
    data = _any.decode(line)
    info = data["rate_limit_info"]
    names = {
        "resetsAt": "resets_at",
        "rateLimitType": "rate_limit_type",
        "overageStatus": "overage_status",
        "overageResetsAt": "overage_resets_at",
        "overageDisabledReason": "overage_disabled_reason",
    }
    limits = msgspec.convert(
        {**{names.get(k, k): v for k, v in info.items()}, "raw": info}, RateLimitInfo
    )
    return RateLimitEvent(limits, data.get("uuid", ""), data.get("session_id", ""))


def _flat_decoder(kind: type[T]) -> Callable[[bytes], T]:
    return lambda line: _flat(_any.decode(line), kind)


# --- control -----------------------------------------------------------------------------------


def _decode_control_request(line: bytes) -> ControlRequest:
    data = _any.decode(line)
    request = data["request"]
    return ControlRequest(str(data["request_id"]), str(request.get("subtype", "")), request)


def _decode_control_response(line: bytes) -> ControlResponse:
    response = _any.decode(line)["response"]
    failed = response.get("subtype") == "error"
    error = str(response.get("error") or "no reason given") if failed else None
    return ControlResponse(str(response["request_id"]), response.get("response"), error)


def _decode_control_cancel(line: bytes) -> ControlCancel:
    return ControlCancel(str(_any.decode(line)["request_id"]))


# --- the table -----------------------------------------------------------------------------------

DECODERS: dict[str, Callable[[bytes], Incoming]] = {
    "stream_event": _stream_event.decode,
    "assistant": _decode_assistant,
    "user": _decode_user,
    "system": _decode_system,
    "result": _flat_decoder(ResultMessage),
    "rate_limit_event": _decode_rate_limit,
    "conversation_reset": _flat_decoder(ConversationResetMessage),
    "command_lifecycle": _flat_decoder(CommandLifecycleMessage),
    "transcript_mirror": _flat_decoder(TranscriptMirrorMessage),
    "control_request": _decode_control_request,
    "control_response": _decode_control_response,
    "control_cancel_request": _decode_control_cancel,
}

# Nearly every line of a streamed answer begins so: no need to look for its type.
_STREAM_EVENT = b'{"type":"stream_event",'

# What a decoder may raise on a line that is JSON but of another shape.
_MISFIT = (msgspec.DecodeError, KeyError, TypeError, AttributeError, ValueError, RecursionError)


def decode(line: bytes) -> Incoming:
    """The value that one line stands for.

    :raises CLIJSONDecodeError: it begins like a JSON object but is none
    """
    try:
        if line.startswith(_STREAM_EVENT):
            return _stream_event.decode(line)
        return DECODERS[_header.decode(line).type](line)
    except _MISFIT as error:
        return _decode_slowly(line, error)


def _decode_slowly(line: bytes, error: Exception) -> Incoming:
    """A line that the fast way does not take: repaired if it can be, else kept raw."""
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


def _parse_leniently(line: bytes) -> Any:
    text = line.decode("utf-8", errors="replace")
    try:
        return json.loads(
            text, strict=False, parse_constant=lambda _: None, parse_float=_finite_float
        )
    except (ValueError, RecursionError) as error:
        if text.lstrip("\x00 \t\r").startswith("{"):
            raise CLIJSONDecodeError(text, error) from None
        # A stray line of text, such as a warning of the runtime, is not worth a conversation.
        return text


def _finite_float(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def decode_message(line: bytes) -> Message:
    """Like `decode`, for where only messages stand: a control line becomes `UnknownMessage`."""
    value = decode(line)
    if isinstance(value, (ControlRequest, ControlResponse, ControlCancel)):
        return UnknownMessage(_any.decode(line), "a control message")
    return value


# --- encoding ------------------------------------------------------------------------------------


def encode(value: object) -> bytes:
    """One line of JSON, with its end. Lone surrogates, which are no text, become "?".

    :raises OptionsError: there is something in it that JSON cannot say
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
        return [_without_surrogates(one) for one in value]
    return value


def encode_user(
    content: str | Sequence[_Object],
    *,
    uuid: str | None = None,
    parent_tool_use_id: str | None = None,
    session_id: str = "default",
    verbatim: bool = False,
) -> bytes:
    """A prompt: text, or content blocks as JSON objects. `uuid` makes a repeat harmless."""
    line: _Object = {
        "type": "user",
        "message": {"role": "user", "content": content},
        "parent_tool_use_id": parent_tool_use_id,
        "session_id": session_id,
    }
    if uuid is not None:
        line["uuid"] = uuid
    if verbatim:
        line["client_composed"] = True
    return encode(line)
