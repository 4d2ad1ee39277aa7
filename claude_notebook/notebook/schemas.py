"""The schemas of the tools that run in this process: how their arguments are shown."""

from __future__ import annotations

from collections.abc import Mapping

from ..messages import JSONObject
from ..tools import ToolServer
from ..tools.server import full_name


def schemas_of(servers: object) -> dict[str, JSONObject]:
    """The schemas of all tools' inputs by the tools' full names ("mcp__server__tool").

    Args:
        servers: as in `ClaudeCodeOptions.mcp_servers`. Servers elsewhere do not tell us theirs.
    """
    found: dict[str, JSONObject] = {}
    for name, config in servers.items() if isinstance(servers, Mapping) else ():
        instance = config.get("instance") if isinstance(config, Mapping) else None
        if isinstance(instance, ToolServer):
            found.update(
                {full_name(str(name), one.name): one.schema for one in instance.tools.values()}
            )
    return found
