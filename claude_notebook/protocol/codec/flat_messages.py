"""Decodes messages with a flat wire format by translating field names and checking values.

A system message that does not fit its class becomes a plain `SystemMessage` with all of its data.
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
    ModelRefusalMessage,
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
)
from .blocks import decode_any

T = TypeVar("T", bound=Message)

SYSTEM: dict[str, type[SystemMessage]] = {
    "init": InitMessage,
    "status": StatusMessage,
    "api_retry": APIRetryMessage,
    "compact_boundary": CompactBoundaryMessage,
    "informational": InformationalMessage,
    "notification": NotificationMessage,
    "model_refusal_fallback": ModelRefusalMessage,
    "model_refusal_no_fallback": ModelRefusalMessage,
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

RENAMED = {
    "permissionMode": "permission_mode",
    "apiKeySource": "api_key_source",
    "modelUsage": "model_usage",
    "filePath": "file_path",
    "hook_event": "hook_event_name",
}
"""Wire names that differ from the field names."""

LIMIT_NAMES = {
    "resetsAt": "resets_at",
    "rateLimitType": "rate_limit_type",
    "overageStatus": "overage_status",
    "overageResetsAt": "overage_resets_at",
    "overageDisabledReason": "overage_disabled_reason",
}
"""Wire names in rate limit info that differ from the field names."""

# Conversion to a TypedDict drops keys that it does not name, so these fields are kept complete.
_WHOLE: dict[type[object], dict[str, object]] = {
    ResultMessage: {
        "model_usage": dict[str, JSONObject],
        "model_usage_since_last_result": dict[str, JSONObject],
    },
    TaskProgressMessage: {"usage": JSONObject},
    TaskNotificationMessage: {"usage": JSONObject},
}


def _names(wire: JSONObject) -> JSONObject:
    """Translate wire names to field names. Null values are left out, so that the defaults apply."""
    return {RENAMED.get(key, key): value for key, value in wire.items() if value is not None}


def _flat(fields: JSONObject, kind: type[T]) -> T:
    """Convert fields to a `kind`."""
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
    """Decode the end of a turn. A field of the wrong type gets its default, as turns must end."""
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


def decode_system(line: bytes) -> SystemMessage:
    """Decode a system message into the class for its subtype, if there is one."""
    data = decode_any(line)
    subtype = data.get("subtype")
    kind = SYSTEM.get(subtype, SystemMessage)
    more = _patched(data) if kind is TaskUpdatedMessage else {}
    try:
        return _flat({**_names(data), "data": data, **more}, kind)
    except msgspec.ValidationError:
        return SystemMessage(subtype=str(subtype or ""), data=data)


def _patched(data: JSONObject) -> JSONObject:
    """Return a task's changes, which may be missing, and the status in them."""
    patch = data.get("patch")
    patch = patch if isinstance(patch, dict) else {}
    status = patch.get("status")
    return {"patch": patch, "status": status if isinstance(status, str) else None}


def decode_rate_limit(line: bytes) -> RateLimitEvent:
    """Decode the state of the account's rate limit. `raw` contains all of its fields."""
    data = decode_any(line)
    info = data["rate_limit_info"]
    named = {LIMIT_NAMES.get(key, key): value for key, value in info.items()}
    limits = msgspec.convert({**named, "raw": info}, RateLimitInfo)
    return RateLimitEvent(limits, data.get("uuid", ""), data.get("session_id", ""))


def flat_decoder(kind: type[T]) -> Callable[[bytes], T]:
    """Return a function that decodes a line into a `kind`."""
    return lambda line: _flat(_names(decode_any(line)), kind)
