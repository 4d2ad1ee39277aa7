"""A call of a tool as a panel shows it: one table from the tool's name to a builder."""

from __future__ import annotations

from .agents import AGENT_TOOLS
from .base import (
    Builder,
    Call,
    Outcome,
    Shown,
    mcp,
    neutral,
)
from .files import FILE_TOOLS
from .web import WEB_TOOLS

TOOLS: dict[str, Builder] = {**FILE_TOOLS, **WEB_TOOLS, **AGENT_TOOLS}
"""The tools that have a panel of their own."""


def show(call: Call, outcome: Outcome | None = None) -> Shown:
    """The call as it is shown, before (None) or after its outcome.

    A tool of an MCP server, and one that is not known, gets a neutral panel.
    """
    builder = TOOLS.get(call.name) or (mcp if call.name.startswith("mcp__") else neutral)
    return builder(call, outcome)
