"""In-process tool servers, which provide tools and their full names."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import OptionsError
from ..messages import JSON, JSONObject
from .results import ToolResult
from .tool import Job, Tool, as_tool

if TYPE_CHECKING:
    from ..options import McpSdkServerConfig

MAX_NAME_CHARS = 128
"""Maximum length of a tool's full name that the model service accepts."""

PROTOCOL_VERSION = "2025-11-25"
"""MCP version of a manifest."""

Runner = Callable[[Job], Awaitable[ToolResult]]
"""Runs a job in the right place, for example on another loop or in a certain thread."""


@dataclass(frozen=True, eq=False)
class ToolServer:
    """A named group of tools, created by `create_sdk_mcp_server`.

    :param tools: the tools by name.
    :param instructions: text for the model about the server as a whole.
    :param always_load: the default for tools that do not set it themselves.
    :param run: runs the tools. None runs async tools on the conversation's loop, and others in a
        thread.
    """

    name: str
    version: str
    tools: dict[str, Tool[JSON]]
    instructions: str | None = None
    always_load: bool = True
    run: Runner | None = None

    def listing(self) -> list[JSONObject]:
        """Return the result for MCP's `tools/list`."""
        return [tool.describe(always_load=self.always_load) for tool in self.tools.values()]

    def manifest(self) -> JSONObject:
        """Return the responses of MCP's handshake, which saves the CLI a request."""
        hello: JSONObject = {
            "protocolVersion": PROTOCOL_VERSION,
            "capabilities": {"tools": {"listChanged": False}},
            "serverInfo": {"name": self.name, "version": self.version},
        }
        if self.instructions:
            hello["instructions"] = self.instructions
        return {"initializeResult": hello, "toolsListResult": {"tools": self.listing()}}


def full_name(server: str, name: str) -> str:
    """Return a tool's name for use by the model and permission rules: `mcp__server__tool`."""
    clean = [re.sub(r"[^a-zA-Z0-9_-]", "_", part) for part in (server, name)]
    return f"mcp__{clean[0]}__{clean[1]}"


def schemas_of(servers: object) -> dict[str, JSONObject]:
    """Return all tools' input schemas by full name, for displaying their calls.

    A schema's `description` defaults to the tool's description.

    :param servers: as in `ClaudeCodeOptions.mcp_servers`. The schemas of external servers are
        unknown.
    """
    schemas: dict[str, JSONObject] = {}
    for name, config in servers.items() if isinstance(servers, Mapping) else ():
        instance = config.get("instance") if isinstance(config, Mapping) else None
        for tool in instance.tools.values() if isinstance(instance, ToolServer) else ():
            key = full_name(str(name), tool.name)
            schemas[key] = {"description": tool.description, **tool.schema}
    return schemas


def create_sdk_mcp_server(
    name: str,
    version: str = "1.0.0",
    tools: Sequence[JSON] | None = None,
    *,
    instructions: str | None = None,
    always_load: bool = True,
    run: Runner | None = None,
) -> McpSdkServerConfig:
    """Create a tool server for `ClaudeCodeOptions.mcp_servers`.

      options = ClaudeCodeOptions(
          mcp_servers={"calc": create_sdk_mcp_server("calc", tools=[add])},
          allowed_tools=["mcp__calc__add"],
      )

    :param name: the server's own name. Tool names use the server's name in `mcp_servers` instead.
    :param version: the server's version, which is informational.
    :param tools: tools created by `@tool`, or plain functions.
    :param instructions: text for the model about the server as a whole.
    :param always_load: show all tools to the model from the start. If False, the model has to
        search for them, which saves context when there are many tools.
    :param run: an async function that receives a `Job`, calls it in the right place and returns its
        result. By default, async tools run on the conversation's loop, and others in separate
        threads with the caller's context variables.
    :returns: the server's configuration.
    :raises OptionsError: if a name is duplicated or too long, or an item is not a tool
    """
    by_name: dict[str, Tool[JSON]] = {}
    names: set[str] = set()
    for tool in map(as_tool, tools or ()):
        full = full_name(name, tool.name)
        if full in names:
            raise OptionsError(
                f"Two tools have the name {full}. Rename one of them.", field="tools"
            )
        if len(full) > MAX_NAME_CHARS:
            raise OptionsError(
                f"The tool name {full[:40]}... has {len(full)} characters, but the model's service "
                f"accepts {MAX_NAME_CHARS}. Use shorter names.",
                field="tools",
            )
        names.add(full)
        by_name[tool.name] = tool
    server = ToolServer(name, version, by_name, instructions, always_load, run)
    return {"type": "sdk", "name": name, "instance": server}
