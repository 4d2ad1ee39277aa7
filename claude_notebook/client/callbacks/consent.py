"""Obtains consent before a recording may run the user's tools and hooks again."""

from __future__ import annotations

import dataclasses

import msgspec

from ...errors import ClaudeSDKError
from ...logs import get_logger
from ...messages import JSONObject
from ...messages.json_fields import as_object
from ...options import ClaudeCodeOptions
from ...permissions import PermissionResultAllow, ToolPermissionContext
from ...protocol.control import ControlRequest
from ...recording.recorded_requests import NOT_RUN
from ...transport.base import Origin

log = get_logger(__name__)

_HANDSHAKE = frozenset(
    {"initialize", "notifications/initialized", "notifications/cancelled", "ping", "tools/list"}
)


def is_answerable(origin: Origin, request: ControlRequest) -> bool:
    """Check that a request may reach user code, which an ordinary recording must not call."""
    if origin is Origin.RECORDING:
        log.warning("ignoring the request %s of a recording, which calls no code", request.subtype)
    return origin is not Origin.RECORDING


class RerunRefusedError(ClaudeSDKError):
    """A recorded request is not run again, so its recorded answer applies.

    :param reason: text that completes the sentence "not run again: "
    """

    def __init__(self, reason: str) -> None:
        super().__init__(NOT_RUN + reason)


class _Params(msgspec.Struct):
    name: str
    arguments: JSONObject = {}


class _ToolCall(msgspec.Struct):
    params: _Params


class RerunConsent:
    """Calls `can_use_tool` before each tool or hook that a recording runs again.

    :param options: the options of the replayed conversation
    """

    def __init__(self, options: ClaudeCodeOptions) -> None:
        self._can_use_tool = options.can_use_tool
        self._denied = frozenset(options.disallowed_tools or ())

    async def admit(self, request: ControlRequest) -> ControlRequest:
        """Return the request to carry out, with the input approved by `can_use_tool`.

        :raises RerunRefusedError: if the request is denied, or cannot run again
        """
        if request.subtype == "mcp_message":
            return await self._admit_message(request)
        if request.subtype == "hook_callback":
            hook_input = request.request.get("input")
            if not isinstance(hook_input, dict):
                raise RerunRefusedError("the input of the hook is not an object.")
            event = hook_input.get("hook_event_name")
            await self._ask(f"hook:{event}", hook_input, request.request)
        return request

    async def _admit_message(self, request: ControlRequest) -> ControlRequest:
        message = as_object(request.request.get("message"))
        method = message.get("method")
        if method in _HANDSHAKE:
            return request
        if method != "tools/call":
            raise RerunRefusedError(f"a recording cannot send {method!r} to a server.")
        try:
            call = msgspec.convert(message, _ToolCall).params
        except ValueError as error:
            raise RerunRefusedError(f"the call is malformed: {error}.") from None
        server = f"mcp__{request.request.get('server_name')}"
        tool = f"{server}__{call.name}"
        if self._denied & {server, tool, f"{server}__*"}:
            raise RerunRefusedError(f"disallowed_tools names {tool}.")
        arguments = await self._ask(tool, call.arguments, request.request)
        params = {**as_object(message["params"]), "arguments": arguments}
        changed = {**request.request, "message": {**message, "params": params}}
        return dataclasses.replace(request, request=changed)

    async def _ask(self, tool: str, tool_input: JSONObject, request: JSONObject) -> JSONObject:
        """Return the input that `tool` may be run with."""
        if self._can_use_tool is None:
            return tool_input
        tool_use_id = request.get("tool_use_id")
        context = ToolPermissionContext(
            tool_use_id=tool_use_id if isinstance(tool_use_id, str) else None,
            decision_reason="A recording wants to run this again.",
        )
        try:
            result = await self._can_use_tool(tool, tool_input, context)
        except Exception as error:  # the user's callback may raise any exception
            raise RerunRefusedError(f"can_use_tool failed with {error!r}.") from error
        if not isinstance(result, PermissionResultAllow):
            message = getattr(result, "message", "")
            raise RerunRefusedError(f"permission was denied ({message or 'no reason given'}).")
        return tool_input if result.updated_input is None else result.updated_input
