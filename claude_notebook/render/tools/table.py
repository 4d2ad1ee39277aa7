"""Table from a tool's name to the builder of its display."""

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
"""Builders of the tools that have a specific display."""


def show(call: Call, outcome: Outcome | None = None) -> ToolDisplay:
    """Return the display of a call, before (None) or after its outcome.

    MCP tools and unknown tools get a neutral display.
    """
    builder = TOOLS.get(call.name) or (mcp if call.name.startswith("mcp__") else neutral)
    return builder(call, outcome)
