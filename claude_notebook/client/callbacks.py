"""Answer what the CLI asks: permissions and hooks (and tools, by `mcp.py`)."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from ..errors import ClaudeSDKError, OptionsError
from ..hooks import HookCallback, HookMatcher
from ..messages import JSON, JSONObject
from ..options import ClaudeCodeOptions, McpServerConfig
from ..permissions import (
    CanUseTool,
    PermissionResult,
    PermissionResultAllow,
    PermissionResultDeny,
    PermissionUpdate,
    ToolPermissionContext,
)
from ..permissions.elicitation import Elicitation, ElicitationResult
from ..protocol.control import ControlRequest
from .callback_failures import Report, consequence
from .rerun_consent import NotRunAgainError, Repetition

if TYPE_CHECKING:
    from ..hooks.inputs import HookInput
    from ..hooks.outputs import HookJSONOutput
    from .mcp.servers import McpServers

Answer = Callable[[JSONObject], Awaitable[JSON]]


@dataclass(frozen=True)
class Hook:
    """A hook and what it was registered for."""

    event: str
    callback: HookCallback
    on_failure: str | None

    @property
    def who(self) -> str:
        """What it is called when it fails."""
        name = getattr(self.callback, "__name__", type(self.callback).__name__)
        return f"The hook {self.event} ({name})"


class Handlers:
    """Who answers which control request. `answer()` raises what the handler raises.

    :param report: told of a tool that fails, about which `answer()` does not raise.
    """

    def __init__(self, options: ClaudeCodeOptions) -> None:
        self._can_use_tool = options.can_use_tool
        self._on_elicitation = options.on_elicitation
        self._hooks: dict[str, Hook] = {}
        self.hook_ids = self._register(options.hooks or {})
        self._table: dict[str, Answer] = {
            "can_use_tool": self._permission,
            "elicitation": self._elicitation,
            "hook_callback": self._hook,
        }
        self._repetition = Repetition(options)
        self.report: Report | None = None
        self._servers = _servers(options, self._report)
        if self._servers is not None:
            self._table["mcp_message"] = self._servers.answer

    def _report(self, who: str, error: BaseException, so: str) -> None:
        if self.report is not None:
            self.report(who, error, so)

    def announce(self) -> JSONObject:
        """What `initialize` says of those who answer here, beside the hooks."""
        return self._servers.announce() if self._servers is not None else {}

    def exchanging(
        self, servers: Mapping[str, McpServerConfig]
    ) -> AbstractContextManager[JSONObject]:
        """Other servers of tools, while the CLI is told of them: what it must be told."""
        if self._servers is None:
            from .mcp.servers import McpServers

            self._servers = McpServers({}, report=self._report)
            self._table["mcp_message"] = self._servers.answer
        return self._servers.exchanging(servers)

    def start(self) -> None:
        """The conversation begins: start the servers of tools. Returns at once."""
        if self._servers is not None:
            self._servers.start()

    def close(self) -> None:
        """The conversation is over: end them. Returns at once."""
        if self._servers is not None:
            self._servers.close()

    def _register(self, hooks: object) -> dict[str, JSONObject]:
        assert isinstance(hooks, dict)  # noqa: S101  checked with the options
        return {event: [self._matcher(event, m) for m in hooks[event]] for event in hooks}  # type: ignore[misc]

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

    async def answer(self, request: ControlRequest, *, again: bool = False) -> JSON:
        """The answer to `request`.

        :param again: whether a recording asks, whose tools and hooks may run again
        :raises NotRunAgainError: they may, but not in this case
        :raises ClaudeSDKError: no handler here answers such a request
        """
        if request.problem is not None:
            raise ClaudeSDKError(f"the request was not read: {request.problem}")
        if again:
            request = await self._repetition.admit(request)
        handler = self._table.get(request.subtype)
        if handler is None:
            raise ClaudeSDKError(f"claude_notebook does not answer {request.subtype!r} requests.")
        return await handler(request.request)

    def culprit(self, request: ControlRequest, error: Exception) -> tuple[str, str] | None:
        """The user's code that has failed with `error` on `request`, and the consequence.

        None where no code of the user's was called.
        """
        if request.problem is not None:
            return f"A {request.subtype} request of Claude Code", "It was refused."
        if isinstance(error, NotRunAgainError):
            return None
        if request.subtype == "can_use_tool" and self._can_use_tool is not None:
            tool = request.request.get("tool_name")
            return f"can_use_tool, asked about {tool},", "So it was not allowed."
        if request.subtype == "elicitation" and self._on_elicitation is not None:
            server = request.request.get("mcp_server_name")
            return f"on_elicitation, asked by the MCP server {server},", "So it got no answer."
        hook = self._hooks.get(str(request.request.get("callback_id")))
        return None if hook is None else (hook.who, consequence(hook.event, hook.on_failure))

    def check(self, server_info: JSONObject) -> None:
        """Whether the CLI can do what the hooks ask for.

        :raises OptionsError: it cannot
        """
        blocks = any(hook.on_failure == "block" for hook in self._hooks.values())
        if blocks and not server_info.get("hook_on_failure_supported"):
            raise OptionsError(
                'on_failure="block" of a hook is not known to this Claude Code: a hook that fails '
                "would not block anything. Update it (claude update), or leave on_failure out.",
                field="hooks",
            )

    async def _permission(self, request: JSONObject) -> JSONObject:
        if self._can_use_tool is None:
            raise ClaudeSDKError("nobody is there to ask: set can_use_tool in the options.")
        tool_input = request.get("input") or {}
        context = permission_context(request)
        tool = str(request.get("tool_name", ""))
        result = await self._can_use_tool(tool, tool_input, context)
        if isinstance(result, PermissionResultAllow):
            result = self._without_wrong_updates(result, tool)
        return encode_permission(result, tool_input)

    def _without_wrong_updates(
        self, result: PermissionResultAllow, tool: str
    ) -> PermissionResultAllow:
        """Return `result` with all of its updates, or with none if one cannot be sent.

        The wrong one may be a restriction that the others were meant to come with.
        """
        try:
            for update in result.updated_permissions or ():
                update.to_dict()
        except OptionsError as error:
            self._report(
                f"can_use_tool, asked about {tool},",
                error,
                "The call was allowed, but no rule was changed.",
            )
            return dataclasses.replace(result, updated_permissions=None)
        return result

    async def _elicitation(self, request: JSONObject) -> JSONObject:
        if self._on_elicitation is None:
            return {"action": "cancel"}
        result = await self._on_elicitation(elicitation(request))
        if not isinstance(result, ElicitationResult):
            raise OptionsError(
                f"on_elicitation must return an ElicitationResult, not {type(result).__name__}",
                field="on_elicitation",
            )
        wire: JSONObject = {"action": result.action}
        if result.action == "accept" and result.content is not None:
            wire["content"] = result.content
        return wire

    async def _hook(self, request: JSONObject) -> JSONObject:
        hook = self._hooks.get(str(request.get("callback_id")))
        if hook is None:
            raise ClaudeSDKError(f"there is no hook {request.get('callback_id')!r}.")
        told = cast("HookInput", request.get("input") or {})
        output = await hook.callback(told, request.get("tool_use_id"), {"signal": None})
        return encode_hook_output(output)


def _servers(options: ClaudeCodeOptions, report: Report) -> McpServers | None:
    """The servers that run in this process. Without any, what they need is not loaded."""
    given = options.mcp_servers
    if not isinstance(given, dict) or all(one.get("type") != "sdk" for one in given.values()):
        return None
    from .mcp.servers import McpServers

    return McpServers.of(options, report)


def elicitation(request: JSONObject) -> Elicitation:
    """What an MCP server wants to know, as the CLI says it."""
    schema = request.get("requested_schema")
    return Elicitation(
        server=str(request.get("mcp_server_name", "")),
        message=str(request.get("message", "")),
        schema=schema if isinstance(schema, dict) else {},
        url=str(request.get("url") or ""),
    )


def permission_context(request: JSONObject) -> ToolPermissionContext:
    """What a permission question says beside the tool and its input."""
    suggestions = request.get("permission_suggestions") or []
    names = (
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
    return ToolPermissionContext(
        suggestions=[PermissionUpdate.from_dict(one) for one in suggestions],
        requires_user_interaction=bool(request.get("requires_user_interaction")),
        suppress_always_allow_rule=bool(request.get("suppress_always_allow_rule")),
        **{name: request.get(name) for name in names},
    )


def encode_permission(result: PermissionResult, tool_input: JSONObject) -> JSONObject:
    """A permission answer on the wire. An allowed call without changes keeps its input.

    :raises OptionsError: it is no permission result
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
        wire["updatedPermissions"] = [one.to_dict() for one in result.updated_permissions]
    return wire


def encode_hook_output(output: HookJSONOutput) -> JSONObject:
    """A hook's answer on the wire: `continue_` and `async_` without what Python makes necessary."""
    return {key.rstrip("_"): value for key, value in (output or {}).items()}


__all__ = [
    "CanUseTool",
    "Handlers",
    "elicitation",
    "encode_hook_output",
    "encode_permission",
    "permission_context",
]
