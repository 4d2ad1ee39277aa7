"""Messages whose wire form is flat: fields by their names, translated and checked.

A system message that does not fit its class stays a plain `SystemMessage` with all its data.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TypeVar

import msgspec

from ...messages import (
    APIRetryMessage,
    BackgroundTasksMessage,
    CompactBoundaryMessage,
    HookEventMessage,
    InformationalMessage,
    InitMessage,
    JSONObject,
    Message,
    NotificationMessage,
    PermissionDeniedMessage,
    RateLimitEvent,
    RateLimitInfo,
    ResultMessage,
    SessionStateMessage,
    StatusMessage,
    SystemMessage,
    TaskNotificationMessage,
    TaskProgressMessage,
    TaskStartedMessage,
    TaskUpdatedMessage,
    ThinkingTokensMessage,
    UnknownMessage,
)
from ...replay import ANSWERED, is_sealed
from .blocks import decode_any

T = TypeVar("T", bound=Message)

FORGED = "only the player of a recording reports recorded answers"
"""The error of an `UnknownMessage` that claims to come from the player."""

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


# What is converted to a TypedDict loses the keys that it does not name: these fields come whole.
_WHOLE: dict[type[object], dict[str, object]] = {
    ResultMessage: {
        "model_usage": dict[str, JSONObject],
        "model_usage_since_last_result": dict[str, JSONObject],
    },
    TaskProgressMessage: {"usage": JSONObject},
    TaskNotificationMessage: {"usage": JSONObject},
}


def _names(wire: JSONObject) -> JSONObject:
    """The fields of `wire` by our names; null is left to the field's default."""
    return {_RENAMED.get(key, key): value for key, value in wire.items() if value is not None}


def _flat(fields: JSONObject, kind: type[T]) -> T:
    """`fields`, by our names, as a `kind`."""
    whole = {
        name: msgspec.convert(fields[name], hint)
        for name, hint in _WHOLE.get(kind, {}).items()
        if name in fields
    }
    if not whole:
        return msgspec.convert(fields, kind)
    rest = {name: value for name, value in fields.items() if name not in whole}
    return dataclasses.replace(msgspec.convert(rest, kind), **whole)


def decode_result(line: bytes) -> ResultMessage:
    """The end of a turn. A turn must end: a field that does not fit is left to its default."""
    fields = _names(decode_any(line))
    try:
        return _flat(fields, ResultMessage)
    except msgspec.ValidationError:
        return _flat({k: v for k, v in fields.items() if _fits({k: v})}, ResultMessage)


def _fits(fields: JSONObject) -> bool:
    try:
        _flat(fields, ResultMessage)
    except msgspec.ValidationError:
        return False
    return True


def _decode_answered(data: JSONObject) -> SystemMessage | UnknownMessage:
    """A recorded answer, if the player of this process reports it."""
    if not is_sealed(data):
        return UnknownMessage(data, FORGED)
    return SystemMessage(ANSWERED, {name: data[name] for name in data if name != "seal"})


def decode_system(line: bytes) -> SystemMessage | UnknownMessage:
    """A message of the CLI about itself, by the class of its subtype where it has one."""
    data = decode_any(line)
    subtype = data.get("subtype")
    if subtype == ANSWERED:
        return _decode_answered(data)
    kind = SYSTEM.get(subtype, SystemMessage)
    more = {"status": data["patch"].get("status")} if kind is TaskUpdatedMessage else {}
    try:
        return _flat({**_names(data), "data": data, **more}, kind)
    except msgspec.ValidationError:
        return SystemMessage(subtype=str(subtype or ""), data=data)


def decode_rate_limit(line: bytes) -> RateLimitEvent:
    """The account's standing; `raw` has what the CLI said of it."""
    data = decode_any(line)
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


def flat_decoder(kind: type[T]) -> Callable[[bytes], T]:
    """A function that makes a `kind` of a line."""
    return lambda line: _flat(_names(decode_any(line)), kind)
