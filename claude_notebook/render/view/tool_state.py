"""The state of tool call panels, and the summary of thinking."""

from __future__ import annotations

from ..model import (
    TurnState,
)
from ..tools.base import Call
from .checklist import TOOLS
from .entries import ProseEntry, ToolEntry


def format_thinking_time(milliseconds: float) -> str:
    """Describe how long the model was thinking."""
    seconds = milliseconds / 1000
    return "Thought briefly" if seconds < 1 else f"Thought for {seconds:.0f} s"


def thinking_summary(entry: ProseEntry, now_ms: float) -> str:
    """Return the summary of finished thinking, or "" for text."""
    if entry.kind == "text":
        return ""
    return (
        format_thinking_time(now_ms - entry.started_ms)
        if entry.started_ms and now_ms
        else "Thought"
    )


def has_panel(call: Call) -> bool:
    """Return True unless the call only updates the checklist."""
    return call.name not in TOOLS


def end_call(tool: ToolEntry, state: TurnState, now_ms: float) -> None:
    """End a call that is still running when its turn ends. Background calls keep running."""
    if tool.background and state == "done":
        tool.update(state="done", activity="still running in the background")
    else:
        tool.finish("stopped", now_ms)
