"""The table that maps a tool's name to the builder of its display."""

from __future__ import annotations

from .agents import AGENT_TOOLS
from .base import (
    Builder,
    Call,
    Outcome,
    ToolDisplay,
    mcp,
    neutral,
)
from .files import FILE_TOOLS
from .web import WEB_TOOLS

TOOLS: dict[str, Builder] = {**FILE_TOOLS, **WEB_TOOLS, **AGENT_TOOLS}
"""Builders for the tools that have a specific display."""


def show(call: Call, outcome: Outcome | None = None) -> ToolDisplay:
    """Return a call's display, either before (None) or after its outcome.

    MCP tools and unknown tools are displayed in a neutral form.
    """
    builder = TOOLS.get(call.name) or (mcp if call.name.startswith("mcp__") else neutral)
    return builder(call, outcome)
