"""An adapter for the `mcp` package that hides the differences between versions 1 and 2."""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ...errors import ClaudeSDKError
from ...messages import JSONObject
from ...tools import ToolResult, ToolServer
from ...tools.results import failed

Call = Callable[[Any, str, JSONObject], Awaitable[ToolResult]]
"""Calls a tool: (request id, name, arguments) -> result."""


@dataclass(frozen=True)
class McpPackage:
    """The functions of the `mcp` package that this project uses.

    :param parse: converts a JSON-RPC message to a server's input
    :param build: creates a server that lists and calls tools
    :param can_cancel: whether a server survives the cancellation of a request
    """

    parse: Callable[[JSONObject], Any]
    build: Callable[[ToolServer, Call], Any]
    can_cancel: bool

    def dump(self, item: Any) -> JSONObject:
        """Convert a server's output to a JSON-RPC message."""
        if isinstance(item, Exception):
            raise item
        return dict(item.message.model_dump(by_alias=True, mode="json", exclude_none=True))

    async def serve(self, server: Any, inbox: Any, outbox: Any) -> None:
        """Run a low-level server, a `FastMCP` or an `MCPServer` until it ends."""
        for name in ("_lowlevel_server", "_mcp_server"):
            server = getattr(server, name, server)
        await server.run(inbox, outbox, server.create_initialization_options())


@lru_cache(maxsize=1)
def load_package() -> McpPackage:
    """Import the package. The first import takes up to a second.

    :raises ClaudeSDKError: if it is missing or its version is not supported
    """
    try:
        types = importlib.import_module("mcp.types")
        server = importlib.import_module("mcp.server.lowlevel").Server
        wrap = importlib.import_module("mcp.shared.message").SessionMessage
    except (ImportError, AttributeError) as error:
        raise ClaudeSDKError(
            f"tools need the mcp package, which cannot be imported ({error}). Install it: "
            "pip install 'mcp>=1.24,<3'"
        ) from error
    if hasattr(types, "jsonrpc_message_adapter"):
        return _adapt_version_2(types, server, wrap)
    return _adapt_version_1(types, server, wrap)


def _build_tools(types: Any, server: ToolServer) -> Any:
    tools = [types.Tool.model_validate(tool) for tool in server.listing()]
    return types.ListToolsResult(tools=tools)


def _build_result(types: Any, result: ToolResult) -> Any:
    validate = types.CallToolResult.model_validate
    try:
        return validate({"content": result.content, "isError": result.is_error})
    except ValueError as error:
        return _build_result(
            types, failed(f"The tool returned content that MCP does not support: {error}")
        )


def _adapt_version_2(types: Any, server_class: Any, wrap: Any) -> McpPackage:
    def build(tools: ToolServer, call: Call) -> Any:
        async def on_list(context: Any, params: Any) -> Any:
            return _build_tools(types, tools)

        async def on_call(context: Any, params: Any) -> Any:
            result = await call(context.request_id, params.name, params.arguments or {})
            return _build_result(types, result)

        return server_class(
            tools.name,
            version=tools.version,
            instructions=tools.instructions,
            on_list_tools=on_list,
            on_call_tool=on_call,
        )

    def parse(message: JSONObject) -> Any:
        return wrap(types.jsonrpc_message_adapter.validate_python(message, by_name=False))

    return McpPackage(parse, build, can_cancel=True)


def _adapt_version_1(types: Any, server_class: Any, wrap: Any) -> McpPackage:
    def build(tools: ToolServer, call: Call) -> Any:
        server = server_class(tools.name, version=tools.version, instructions=tools.instructions)

        async def on_list(request: Any) -> Any:
            return types.ServerResult(_build_tools(types, tools))

        async def on_call(request: Any) -> Any:
            request_id = server.request_context.request_id
            params = request.params
            result = await call(request_id, params.name, params.arguments or {})
            return types.ServerResult(_build_result(types, result))

        server.request_handlers[types.ListToolsRequest] = on_list
        server.request_handlers[types.CallToolRequest] = on_call
        return server

    def parse(message: JSONObject) -> Any:
        return wrap(types.JSONRPCMessage.model_validate(message))

    # This version responds to a cancelled request itself, and fails if the handler responds again.
    return McpPackage(parse, build, can_cancel=False)
