"""Converts between the CLI's request payloads and the values that callbacks use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import OptionsError
from ...messages import JSONObject, OpenObject
from ...permissions import (
    PermissionResult,
    PermissionResultAllow,
    PermissionResultDeny,
    PermissionUpdate,
    ToolPermissionContext,
)
from ...permissions.elicitation import Elicitation, ElicitationResult

if TYPE_CHECKING:
    from ...hooks.outputs import HookJSONOutput

_CONTEXT_FIELDS = (
    "tool_use_id",
    "agent_id",
    "blocked_path",
    "decision_reason",
    "title",
    "display_name",
    "description",
    "decision_reason_type",
    "mcp_server",
)


def elicitation_from_request(request: JSONObject) -> Elicitation:
    """Decode the payload of an `elicitation` request: a form or a URL from an MCP server."""
    schema = request.get("requested_schema")
    return Elicitation(
        server=str(request.get("mcp_server_name", "")),
        message=str(request.get("message", "")),
        schema=schema if isinstance(schema, dict) else {},
        url=str(request.get("url") or ""),
    )


def permission_context_from_request(request: OpenObject) -> ToolPermissionContext:
    """Decode the payload of a `can_use_tool` request, apart from the tool and its input."""
    suggestions = request.get("permission_suggestions") or []
    return ToolPermissionContext(
        suggestions=[PermissionUpdate.from_dict(suggestion) for suggestion in suggestions],
        requires_user_interaction=bool(request.get("requires_user_interaction")),
        suppress_always_allow_rule=bool(request.get("suppress_always_allow_rule")),
        **{name: request.get(name) for name in _CONTEXT_FIELDS},
    )


def encode_permission(result: PermissionResult, tool_input: JSONObject) -> JSONObject:
    """Encode a permission result for the wire. An allowed call keeps its input unless changed.

    :raises OptionsError: if `result` is not a permission result
    """
    if not isinstance(result, (PermissionResultAllow, PermissionResultDeny)):
        raise OptionsError(
            "can_use_tool must return PermissionResultAllow or PermissionResultDeny, "
            f"not {type(result).__name__}",
            field="can_use_tool",
        )
    if isinstance(result, PermissionResultDeny):
        return {"behavior": "deny", "message": result.message, "interrupt": result.interrupt}
    changed = result.updated_input
    wire: JSONObject = {
        "behavior": "allow",
        "updatedInput": tool_input if changed is None else changed,
    }
    if result.updated_permissions is not None:
        wire["updatedPermissions"] = [update.to_dict() for update in result.updated_permissions]
    return wire


def encode_elicitation(result: ElicitationResult) -> JSONObject:
    """Encode the result of an elicitation for the wire.

    :raises OptionsError: if `result` is not an `ElicitationResult`
    """
    if not isinstance(result, ElicitationResult):
        raise OptionsError(
            f"on_elicitation must return an ElicitationResult, not {type(result).__name__}",
            field="on_elicitation",
        )
    wire: JSONObject = {"action": result.action}
    if result.action == "accept" and result.content is not None:
        wire["content"] = result.content
    return wire


def encode_hook_output(output: HookJSONOutput) -> JSONObject:
    """Encode a hook's output, renaming `continue_` and `async_` to their wire names."""
    wire: OpenObject = {**(output or {})}
    return {key.rstrip("_"): value for key, value in wire.items()}
