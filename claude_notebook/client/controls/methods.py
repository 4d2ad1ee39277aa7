"""Typed methods for the control requests of a running conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, cast

from ...errors import OptionsError
from ...messages import OpenJSON, OpenObject
from ...messages.json_fields import as_object
from ...options import McpServerConfig
from ...permissions import PermissionMode
from ..callbacks.handlers import Handlers
from ..launch import validators as shapes
from .types import ContextUsageResponse, McpStatusResponse

_are_servers = shapes.mapped(shapes.text, shapes.mcp_server)


class _Requester(Protocol):
    handlers: Handlers

    async def request(
        self, subtype: str, payload: OpenObject | None = None, *, seconds: float = ...
    ) -> OpenJSON: ...


class Controls:
    """Control requests to the CLI, a base class of `ClaudeSDKClient`.

    Every method raises `ControlTimeoutError` if no response arrives in time, and
    `ControlRequestError` with the CLI's reason if the CLI refuses the request.
    """

    @property
    def _connected(self) -> _Requester:
        raise NotImplementedError

    async def interrupt(self, *, seconds: float = 5.0) -> None:
        """Stop the running turn; its result still arrives. Does nothing between turns."""
        await self._connected.request("interrupt", seconds=seconds)

    async def set_model(self, model: str | None = None) -> None:
        """Switch the model from the next request on; None selects the default model."""
        await self._connected.request("set_model", {"model": model})

    async def set_permission_mode(self, mode: PermissionMode) -> None:
        """Change the treatment of tools that no permission rule covers.

        The CLI refuses "bypassPermissions" unless the conversation started with it allowed.
        """
        await self._connected.request("set_permission_mode", {"mode": mode})

    async def set_max_thinking_tokens(self, tokens: int | None) -> None:
        """Limit thinking to `tokens`; 0 turns it off, None restores the default."""
        await self._connected.request("set_max_thinking_tokens", {"max_thinking_tokens": tokens})

    # --- MCP servers -----------------------------------------------------------------------------

    async def get_mcp_status(self) -> McpStatusResponse:
        """Return the state of all MCP servers: {"mcpServers": [{"name", "status", ...}]}."""
        return cast("McpStatusResponse", as_object(await self._connected.request("mcp_status")))

    async def set_mcp_servers(self, servers: Mapping[str, McpServerConfig]) -> OpenObject:
        """Replace the in-process MCP servers, and the servers of an earlier call.

        The new tools are available from the next prompt on.

        :param servers: {name: configuration}, as in `ClaudeCodeOptions.mcp_servers`; may include
            servers from `create_sdk_mcp_server()`
        :returns: {"added": names, "removed": names, "errors": {name: reason}}
        :raises OptionsError: if `servers` is malformed
        """
        if not _are_servers(servers):
            from ...redact import value_repr  # rarely needed

            shown = value_repr("mcp_servers", servers)
            raise OptionsError(
                f"servers must be {{name: configuration}}, not {shown}", field="mcp_servers"
            )
        session = self._connected
        with session.handlers.exchange_servers(servers) as payload:
            return as_object(await session.request("mcp_set_servers", {"servers": payload}))

    async def reconnect_mcp_server(self, server_name: str) -> None:
        """Reconnect to an MCP server."""
        await self._connected.request("mcp_reconnect", {"serverName": server_name})

    async def toggle_mcp_server(self, server_name: str, enabled: bool) -> None:
        """Enable or disable an MCP server."""
        payload = {"serverName": server_name, "enabled": enabled}
        await self._connected.request("mcp_toggle", payload)

    # --- state of the conversation ---------------------------------------------------------------

    async def get_context_usage(self) -> ContextUsageResponse:
        """Return the contents of the context window, in tokens per category."""
        response = as_object(await self._connected.request("get_context_usage"))
        return cast("ContextUsageResponse", response)

    async def get_usage(self) -> OpenObject:
        """Return the conversation's cost: {"session": {"total_cost_usd", "model_usage", ...}}."""
        return as_object(await self._connected.request("get_usage"))

    async def get_settings(self) -> OpenObject:
        """Return the effective settings and their sources."""
        return as_object(await self._connected.request("get_settings"))

    async def apply_flag_settings(self, settings: OpenObject) -> None:
        """Change settings for this conversation, like the `--settings` flag at its start."""
        await self._connected.request("apply_flag_settings", {"settings": settings})

    # --- rewind and stop -------------------------------------------------------------------------

    async def rewind_files(self, user_message_id: str, *, dry_run: bool = False) -> OpenObject:
        """Restore files to their state before a prompt.

        Requires `enable_file_checkpointing=True`.

        :param user_message_id: the prompt's id
        :param dry_run: report the changes without making them
        :returns: {"canRewind", "filesChanged", "insertions", "deletions"}
        """
        payload = {"user_message_id": user_message_id, "dry_run": dry_run}
        return as_object(await self._connected.request("rewind_files", payload))

    async def stop_task(self, task_id: str) -> None:
        """Stop a background task, using the id from its `TaskStartedMessage`."""
        await self._connected.request("stop_task", {"task_id": task_id})

    async def cancel_async_message(self, message_uuid: str) -> bool:
        """Withdraw a queued prompt. Return False if its turn has already started."""
        response = await self._connected.request(
            "cancel_async_message", {"message_uuid": message_uuid}
        )
        return bool(as_object(response).get("cancelled"))

    async def end_session(self) -> None:
        """Ask the CLI to end the conversation and exit."""
        await self._connected.request("end_session")
