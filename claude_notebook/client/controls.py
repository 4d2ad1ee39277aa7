"""Control requests of a running conversation, each a typed method."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, cast

import anyio

from ..errors import ClaudeSDKError, OptionsError
from ..messages import JSON, JSONObject
from ..options import McpServerConfig
from ..permissions import PermissionMode
from ..protocol.control import ControlResponse
from .callbacks import Handlers
from .control_types import ContextUsageResponse, McpStatusResponse
from .launch import validators as shapes

_are_servers = shapes.mapped(shapes.text, shapes.mcp_server)


class _Asks(Protocol):
    @property
    def handlers(self) -> Handlers: ...

    async def request(
        self, subtype: str, payload: JSONObject | None = None, *, seconds: float = ...
    ) -> JSON: ...


class Waiter:
    """The wait for the answer to one control request."""

    def __init__(self) -> None:
        self.done = anyio.Event()
        self.answer: ControlResponse | None = None
        self.failure: ClaudeSDKError | None = None


class Controls:
    """What can be asked of the CLI besides prompts. `ClaudeSDKClient` has all of it.

    Every method raises `ControlTimeoutError` if no answer comes in time, and
    `ControlRequestError` with the CLI's reason if it refuses.
    """

    @property
    def _connected(self) -> _Asks:
        raise NotImplementedError

    async def interrupt(self, *, seconds: float = 5.0) -> None:
        """Stop the turn that runs; its result still comes. Nothing happens if none runs."""
        await self._connected.request("interrupt", seconds=seconds)

    async def set_model(self, model: str | None = None) -> None:
        """Use another model from the next request on; None is the default one."""
        await self._connected.request("set_model", {"model": model})

    async def set_permission_mode(self, mode: PermissionMode) -> None:
        """Treat tools that no rule covers differently from now on.

        "bypassPermissions" is refused unless it was allowed at the start.
        """
        await self._connected.request("set_permission_mode", {"mode": mode})

    async def set_max_thinking_tokens(self, tokens: int | None) -> None:
        """Let the model think up to `tokens`; 0 turns it off, None is the default."""
        await self._connected.request("set_max_thinking_tokens", {"max_thinking_tokens": tokens})

    # --- MCP servers -----------------------------------------------------------------------------

    async def get_mcp_status(self) -> McpStatusResponse:
        """All MCP servers: {"mcpServers": [{"name", "status", "tools", ...}]}."""
        return cast("McpStatusResponse", _object(await self._connected.request("mcp_status")))

    async def set_mcp_servers(self, servers: Mapping[str, McpServerConfig]) -> JSONObject:
        """Use these servers instead of those that run here, and of those that were set before.

        Their tools are there from the next prompt on.

        :param servers: as `ClaudeCodeOptions.mcp_servers`, what `create_sdk_mcp_server()` made too.
        :returns: {"added": names, "removed": names, "errors": {name: reason}}
        :raises OptionsError: they are not written so
        """
        if not _are_servers(servers):
            raise OptionsError(
                f"servers must be {{name: configuration}}, not {servers!r:.80}", field="mcp_servers"
            )
        session = self._connected
        with session.handlers.exchanging(servers) as told:
            return _object(await session.request("mcp_set_servers", {"servers": told}))

    async def reconnect_mcp_server(self, server_name: str) -> None:
        """Connect to a server again."""
        await self._connected.request("mcp_reconnect", {"serverName": server_name})

    async def toggle_mcp_server(self, server_name: str, enabled: bool) -> None:
        """Turn a server off or on."""
        payload = {"serverName": server_name, "enabled": enabled}
        await self._connected.request("mcp_toggle", payload)

    # --- what is going on ------------------------------------------------------------------------

    async def get_context_usage(self) -> ContextUsageResponse:
        """What fills the context: {"categories", "totalTokens", "maxTokens", "percentage", ...}."""
        answer = _object(await self._connected.request("get_context_usage"))
        return cast("ContextUsageResponse", answer)

    async def get_usage(self) -> JSONObject:
        """What the conversation has cost: {"session": {"total_cost_usd", "model_usage", ...}}."""
        return _object(await self._connected.request("get_usage"))

    async def get_settings(self) -> JSONObject:
        """The settings in force, and where they come from."""
        return _object(await self._connected.request("get_settings"))

    async def apply_flag_settings(self, settings: JSONObject) -> None:
        """Change settings for this conversation, as if given at the start."""
        await self._connected.request("apply_flag_settings", {"settings": settings})

    # --- undo and stop ---------------------------------------------------------------------------

    async def rewind_files(self, user_message_id: str, *, dry_run: bool = False) -> JSONObject:
        """Bring files back to what they were before a prompt.

        Needs `enable_file_checkpointing=True`. With `dry_run` nothing changes.

        :returns: {"canRewind", "filesChanged", "insertions", "deletions"}
        """
        payload = {"user_message_id": user_message_id, "dry_run": dry_run}
        return _object(await self._connected.request("rewind_files", payload))

    async def stop_task(self, task_id: str) -> None:
        """Stop a background task; `TaskStartedMessage` has its id."""
        await self._connected.request("stop_task", {"task_id": task_id})

    async def cancel_async_message(self, message_uuid: str) -> bool:
        """Take back a prompt that still waits; False if it has begun already."""
        answer = await self._connected.request(
            "cancel_async_message", {"message_uuid": message_uuid}
        )
        return bool(_object(answer).get("cancelled"))

    async def end_session(self) -> None:
        """Let the CLI end the conversation by itself."""
        await self._connected.request("end_session")


def _object(value: JSON) -> JSONObject:
    return value if isinstance(value, dict) else {}
