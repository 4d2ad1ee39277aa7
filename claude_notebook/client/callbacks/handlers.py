"""Dispatches the CLI's control requests to the user's callbacks and in-process MCP servers."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from ...errors import ClaudeSDKError, OptionsError
from ...hooks import HookCallback, HookMatcher
from ...messages import JSON, JSONObject
from ...messages.json_fields import Fields, as_object
from ...options import ClaudeCodeOptions, McpServerConfig
from ...permissions import PermissionResultAllow
from ...protocol.control import ControlRequest
from ..callback_failures import Report, hook_failure_effect
from .consent import RerunConsent, RerunRefusedError
from .encoding import (
    elicitation_from_request,
    encode_elicitation,
    encode_hook_output,
    encode_permission,
    permission_context_from_request,
)

if TYPE_CHECKING:
    from ...hooks.inputs import HookInput
    from ..mcp.servers import McpServers

Handler = Callable[[JSONObject], Awaitable[JSON]]


@dataclass(frozen=True)
class Hook:
    """A hook, together with the event it is registered for."""

    event: str
    callback: HookCallback
    on_failure: str | None

    @property
    def label(self) -> str:
        """The hook's name in failure notices."""
        name = getattr(self.callback, "__name__", type(self.callback).__name__)
        return f"The hook {self.event} ({name})"


class Handlers:
    """The handlers for one conversation's control requests.

    If a handler fails, `answer()` raises its exception. A tool that fails produces an ordinary
    result, so its failure is passed to `report` instead.

    :param options: the conversation's options, with its callbacks and MCP servers
    """

    def __init__(self, options: ClaudeCodeOptions) -> None:
        self._can_use_tool = options.can_use_tool
        self._on_elicitation = options.on_elicitation
        self._hooks: dict[str, Hook] = {}
        self.hook_ids = self._register(options.hooks or {})
        self._table: dict[str, Handler] = {
            "can_use_tool": self._answer_permission,
            "elicitation": self._answer_elicitation,
            "hook_callback": self._answer_hook,
        }
        self._consent = RerunConsent(options)
        self.report: Report | None = None
        self._servers = _in_process_servers(options, self._report)
        if self._servers is not None:
            self._table["mcp_message"] = self._servers.answer

    def _report(self, label: str, error: BaseException, effect: str) -> None:
        if self.report is not None:
            self.report(label, error, effect)

    def announce(self) -> JSONObject:
        """Return the `initialize` fields that announce the in-process MCP servers."""
        return self._servers.announce() if self._servers is not None else {}

    def exchange_servers(
        self, servers: Mapping[str, McpServerConfig]
    ) -> AbstractContextManager[JSONObject]:
        """Replace the MCP servers; the caller notifies the CLI inside the context.

        The context manager yields the payload to send.
        """
        if self._servers is None:
            from ..mcp.servers import McpServers

            self._servers = McpServers({}, report=self._report)
            self._table["mcp_message"] = self._servers.answer
        return self._servers.exchange(servers)

    def start(self) -> None:
        """Start the in-process MCP servers without waiting for them."""
        if self._servers is not None:
            self._servers.start()

    def close(self) -> None:
        """Cancel the in-process MCP servers without waiting for them."""
        if self._servers is not None:
            self._servers.close()

    def _register(self, hooks: object) -> dict[str, list[JSONObject]]:
        assert isinstance(hooks, dict)  # noqa: S101  checked with the options
        return {event: [self._matcher(event, m) for m in hooks[event]] for event in hooks}

    def _matcher(self, event: str, matcher: HookMatcher) -> JSONObject:
        ids = []
        for hook in matcher.hooks:
            ids.append(f"{event}_{len(self._hooks)}")
            self._hooks[ids[-1]] = Hook(event, hook, matcher.on_failure)
        wire: JSONObject = {"matcher": matcher.matcher, "hookCallbackIds": ids}
        if matcher.timeout is not None:
            wire["timeout"] = matcher.timeout
        if matcher.on_failure is not None:
            wire["onFailure"] = matcher.on_failure
        return wire

    async def answer(self, request: ControlRequest, *, is_rerun: bool = False) -> JSON:
        """Return the answer to `request`.

        :param is_rerun: whether the request comes from a recording whose tools and hooks may run
            again
        :raises RerunRefusedError: if this request may not run again
        :raises ClaudeSDKError: if the request is unreadable, or no handler accepts its subtype
        """
        if request.problem is not None:
            raise ClaudeSDKError(f"the request is unreadable: {request.problem}")
        if is_rerun:
            request = await self._consent.admit(request)
        handler = self._table.get(request.subtype)
        if handler is None:
            raise ClaudeSDKError(f"claude_notebook does not answer {request.subtype!r} requests.")
        return await handler(request.request)

    def failed_callback(self, request: ControlRequest, error: Exception) -> tuple[str, str] | None:
        """Return the label of the callback that failed to handle `request`, and the consequence.

        :returns: None if no user code was run
        """
        if request.problem is not None:
            return f"A {request.subtype} request from Claude Code", "The request was refused."
        if isinstance(error, RerunRefusedError):
            return None
        if request.subtype == "can_use_tool" and self._can_use_tool is not None:
            tool = request.request.get("tool_name")
            return f"can_use_tool, called for {tool},", "The call was denied."
        if request.subtype == "elicitation" and self._on_elicitation is not None:
            server = request.request.get("mcp_server_name")
            return (
                f"on_elicitation, called for the MCP server {server},",
                "The server got no answer.",
            )
        hook = self._hooks.get(str(request.request.get("callback_id")))
        if hook is None:
            return None
        return hook.label, hook_failure_effect(hook.event, hook.on_failure)

    def check(self, server_info: JSONObject) -> None:
        """Check that the CLI supports the features used by the hooks.

        :param server_info: the CLI's response to `initialize`
        :raises OptionsError: if the CLI lacks one of them
        """
        blocks = any(hook.on_failure == "block" for hook in self._hooks.values())
        if blocks and not server_info.get("hook_on_failure_supported"):
            raise OptionsError(
                'this Claude Code does not support on_failure="block" for hooks, so a hook that '
                "fails would not block anything. Update it (claude update), or leave "
                "on_failure out.",
                field="hooks",
            )

    async def _answer_permission(self, request: JSONObject) -> JSONObject:
        if self._can_use_tool is None:
            raise ClaudeSDKError("no callback answers permission requests: set can_use_tool.")
        tool_input = as_object(request.get("input"))
        context = permission_context_from_request(request)
        tool = str(request.get("tool_name", ""))
        result = await self._can_use_tool(tool, tool_input, context)
        if isinstance(result, PermissionResultAllow):
            result = self._drop_invalid_updates(result, tool)
        return encode_permission(result, tool_input)

    def _drop_invalid_updates(
        self, result: PermissionResultAllow, tool: str
    ) -> PermissionResultAllow:
        """Return `result` with all of its updates, or with none of them if one is invalid.

        The invalid update may be a restriction without which the others would grant too much.
        """
        try:
            for update in result.updated_permissions or ():
                update.to_dict()
        except OptionsError as error:
            self._report(
                f"can_use_tool, called for {tool},",
                error,
                "The call was allowed, but no rule was changed.",
            )
            return dataclasses.replace(result, updated_permissions=None)
        return result

    async def _answer_elicitation(self, request: JSONObject) -> JSONObject:
        if self._on_elicitation is None:
            return {"action": "cancel"}
        return encode_elicitation(await self._on_elicitation(elicitation_from_request(request)))

    async def _answer_hook(self, request: JSONObject) -> JSONObject:
        hook = self._hooks.get(str(request.get("callback_id")))
        if hook is None:
            raise ClaudeSDKError(f"no hook has the id {request.get('callback_id')!r}.")
        hook_input = cast("HookInput", request.get("input") or {})
        output = await hook.callback(
            hook_input, Fields(request).text("tool_use_id") or None, {"signal": None}
        )
        return encode_hook_output(output)


def _in_process_servers(options: ClaudeCodeOptions, report: Report) -> McpServers | None:
    """Create the in-process MCP servers. If there are none, their dependencies are not loaded."""
    servers = options.mcp_servers
    if not isinstance(servers, dict) or all(
        config.get("type") != "sdk" for config in servers.values()
    ):
        return None
    from ..mcp.servers import McpServers

    return McpServers.of(options, report)
