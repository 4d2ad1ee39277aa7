"""Rules for the state of a tool call's panel, and for the summary of thinking."""

from __future__ import annotations

from ..model import (
    TurnState,
)
from ..tools.base import Call
from .checklist import TOOLS
from .entries import Prose, Tool


def thought(milliseconds: float) -> str:
    """Describe the time that thinking took."""
    seconds = milliseconds / 1000
    return "Thought briefly" if seconds < 1 else f"Thought for {seconds:.0f} s"


def thought_for(entry: Prose, now_ms: float) -> str:
    """The summary of thinking that has ended; "" for text."""
    if entry.kind == "text":
        return ""
    return thought(now_ms - entry.started_ms) if entry.started_ms and now_ms else "Thought"


def has_panel(call: Call) -> bool:
    """Whether a call is shown by itself: one that only keeps the checklist is not."""
    return call.name not in TOOLS


def settle(tool: Tool, state: TurnState, now_ms: float) -> None:
    """End a call that the turn leaves behind; what runs in the background goes on."""
    if tool.background and state == "done":
        tool.update(state="done", activity="goes on in the background")
    else:
        tool.finish("stopped", now_ms)
