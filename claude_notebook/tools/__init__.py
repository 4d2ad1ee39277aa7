"""Python functions as tools: their schemas, arguments and results, without any I/O.

They are run by `client/mcp/`.
"""

from __future__ import annotations

from .annotations import ToolAnnotations
from .results import ToolResult, to_error, to_result
from .server import Runner, ToolServer, create_sdk_mcp_server, full_name
from .tool import Job, SdkMcpTool, Tool, tool

__all__ = [
    "Job",
    "Runner",
    "SdkMcpTool",
    "Tool",
    "ToolAnnotations",
    "ToolResult",
    "ToolServer",
    "create_sdk_mcp_server",
    "full_name",
    "to_error",
    "to_result",
    "tool",
]
