"""Words, glyphs and number formats shared by all renderers.

The live view uses the same words. Meaning is never conveyed by color alone.
"""

from __future__ import annotations

from .model import (
    AskState,
    Footer,
    NoticeLevel,
    TodoState,
    ToolState,
)

# Common text fonts contain these glyphs, whereas emoji appear as boxes on minimal systems.
ICON_GLYPHS: dict[str, str] = {
    "tool": "⚙",
    "terminal": "❯",
    "read": "▤",
    "write": "✚",
    "edit": "✎",
    "search": "⌕",
    "web": "◍",
    "agent": "◈",
    "todo": "☰",
    "plan": "⚑",
    "question": "?",
    "notebook": "▣",
    "plug": "⇄",
    "table": "▦",
    "image": "▨",
}
THOUGHT_GLYPH = "✻"
TOOL_STATES: dict[ToolState, tuple[str, str]] = {
    "running": ("◌", "running"),
    "waiting": ("◔", "waiting for you"),
    "done": ("✓", "done"),
    "error": ("✗", "failed"),
    "denied": ("⊘", "denied"),
    "stopped": ("■", "stopped"),
}
NOTICE_LEVELS: dict[NoticeLevel, tuple[str, str]] = {
    "info": ("ℹ\ufe0e", ""),
    "warning": ("⚠\ufe0e", ""),
    "retry": ("↻", ""),
    "compact": ("⇲", ""),
    "limit": ("◕", "Limit:"),
    "resumed": ("↺", ""),
    "danger": ("⚠\ufe0e", "Caution:"),
}
ASK_STATES: dict[AskState, tuple[str, str]] = {
    "open": ("◔", "waiting for you"),
    "allowed": ("✓", "allowed"),
    "denied": ("⊘", "denied"),
    "withdrawn": ("■", "withdrawn"),
}
TODO_GLYPHS: dict[TodoState, tuple[str, str]] = {
    "pending": ("☐", " "),
    "in_progress": ("◐", "~"),
    "completed": ("☑", "x"),
}

_SHORTEST_ELAPSED_MS = 1000


def format_duration(milliseconds: float | None) -> str:
    """Format a duration as "40 ms", "1.2 s" or "3 min 5 s"; return "" for None."""
    if milliseconds is None:
        return ""
    if milliseconds < 950:
        return f"{milliseconds:.0f} ms"
    if milliseconds < 59_950:
        return f"{milliseconds / 1000:.1f} s"
    minutes, rest = divmod(round(milliseconds / 1000), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def format_elapsed(milliseconds: float | None) -> str:
    """Format a call's elapsed time, or return "" if it is below one second."""
    return (
        ""
        if milliseconds is None or milliseconds < _SHORTEST_ELAPSED_MS
        else format_duration(milliseconds)
    )


def format_cost(amount: float | None) -> str:
    """Format US dollars with two or four decimals; return "" for None."""
    if amount is None:
        return ""
    return f"${amount:.2f}" if amount >= 0.995 or not amount else f"${amount:.4f}"


def format_tokens(count: int) -> str:
    """Format a token count as "950", "12.3k" or "1.2M"."""
    if count < 1000:
        return str(count)
    return f"{count / 1000:.1f}k" if count < 999_950 else f"{count / 1_000_000:.1f}M"


SEPARATOR = " · "
BADGES = frozenset({"recorded"})
"""Parts of the footer's note that are shown as badges, because they describe the kind of turn."""

_TURN_STATES = {"running": "running", "done": "", "stopped": "stopped", "failed": "failed"}


def footer_text(footer: Footer) -> str:
    """Return the footer as a single line, or "" if no value is known."""
    used = footer.input_tokens or footer.output_tokens
    facts = (
        footer.model,
        _TURN_STATES[footer.state],
        f"{format_tokens(footer.input_tokens)} → {format_tokens(footer.output_tokens)} tokens"
        if used
        else "",
        format_cost(footer.turn_cost_usd),
        f"{format_cost(footer.session_cost_usd)} in all" if footer.session_cost_usd else "",
        f"{footer.context_used:.0%} of context" if (footer.context_used or 0) >= 0.005 else "",
        format_duration(footer.elapsed_ms),
        footer.note,
    )
    return SEPARATOR.join(fact for fact in facts if fact)
