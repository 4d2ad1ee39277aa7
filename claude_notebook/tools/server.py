"""A server of tools that runs in this process: which tools, under which name."""

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
"""Characters of a tool's whole name that the model's service takes."""

PROTOCOL_VERSION = "2025-11-25"
"""The version of MCP that a manifest is written in."""

Runner = Callable[[Job], Awaitable[ToolResult]]
"""Runs a job where tools should run: on another loop, in a certain thread, ..."""


@dataclass(frozen=True, eq=False)
class ToolServer:
    """Tools under one name. `create_sdk_mcp_server` makes it.

    :param tools: by name.
    :param instructions: what the model is told of the whole server.
    :param always_load: whether the model always sees the tools that say nothing about it
        themselves.
    :param run: where tools run; None is the conversation's loop, and a thread for those not async.
    """

    name: str
    version: str
    tools: dict[str, Tool[JSON]]
    instructions: str | None = None
    always_load: bool = True
    run: Runner | None = None

    def listing(self) -> list[JSONObject]:
        """What MCP's `tools/list` says."""
        return [one.describe(always_load=self.always_load) for one in self.tools.values()]

    def manifest(self) -> JSONObject:
        """The answers to MCP's handshake: with them the CLI need not ask before the first turn."""
        hello: JSONObject = {
            "protocolVersion": PROTOCOL_VERSION,
            "capabilities": {"tools": {"listChanged": False}},
            "serverInfo": {"name": self.name, "version": self.version},
        }
        if self.instructions:
            hello["instructions"] = self.instructions
        return {"initializeResult": hello, "toolsListResult": {"tools": self.listing()}}


def full_name(server: str, name: str) -> str:
    """A tool's name as the model and the permission rules know it: `mcp__server__tool`."""
    clean = [re.sub(r"[^a-zA-Z0-9_-]", "_", part) for part in (server, name)]
    return f"mcp__{clean[0]}__{clean[1]}"


def schemas_of(servers: object) -> dict[str, JSONObject]:
    """The schemas of all tools' inputs by the tools' full names, for whoever shows their calls.

    A schema says what its tool does, as `description`, unless it says something there itself.

    :param servers: as in `ClaudeCodeOptions.mcp_servers`. Servers elsewhere do not tell us theirs.
    """
    found: dict[str, JSONObject] = {}
    for name, config in servers.items() if isinstance(servers, Mapping) else ():
        instance = config.get("instance") if isinstance(config, Mapping) else None
        for one in instance.tools.values() if isinstance(instance, ToolServer) else ():
            found[full_name(str(name), one.name)] = {"description": one.description, **one.schema}
    return found


def create_sdk_mcp_server(
    name: str,
    version: str = "1.0.0",
    tools: Sequence[JSON] | None = None,
    *,
    instructions: str | None = None,
    always_load: bool = True,
    run: Runner | None = None,
) -> McpSdkServerConfig:
    """A server of tools for `ClaudeCodeOptions.mcp_servers`::

        options = ClaudeCodeOptions(
            mcp_servers={"calc": create_sdk_mcp_server("calc", tools=[add])},
            allowed_tools=["mcp__calc__add"],
        )

    :param name: the server's own name; tools are called by its name in `mcp_servers`.
    :param version: for information.
    :param tools: what `@tool` made, or plain functions.
    :param instructions: what the model is told of the whole server.
    :param always_load: the model sees all tools from the start. False: it has to search for them,
        which saves room when there are many.
    :param run: where tools run: an async function that gets a `Job`, calls it there, and returns
        what it returned. By default async tools run in the conversation's event loop, others in a
        thread of their own with the caller's context variables.
    :raises OptionsError: two tools have the same name, a name is too long, or one is no tool
    """
    found: dict[str, Tool[JSON]] = {}
    names: set[str] = set()
    for one in map(as_tool, tools or ()):
        whole = full_name(name, one.name)
        if whole in names:
            raise OptionsError(f"two tools would be called {whole}: rename one", field="tools")
        if len(whole) > MAX_NAME_CHARS:
            raise OptionsError(
                f"{whole[:40]}... has {len(whole)} characters; the model's service takes "
                f"{MAX_NAME_CHARS}: choose shorter names",
                field="tools",
            )
        names.add(whole)
        found[one.name] = one
    server = ToolServer(name, version, found, instructions, always_load, run)
    return {"type": "sdk", "name": name, "instance": server}
