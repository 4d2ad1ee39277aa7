"""The words and glyphs that every rendering shares: nothing is said by colour alone."""

from __future__ import annotations

from .model import (
    AskState,
    Footer,
    NoticeLevel,
    TodoState,
    ToolState,
)

# Signs that the usual text fonts have: no emoji, which a bare machine shows as boxes.
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
THOUGHT = "✻"
STATES: dict[ToolState, tuple[str, str]] = {
    "running": ("◌", "running"),
    "waiting": ("◔", "waits for you"),
    "done": ("✓", "done"),
    "error": ("✗", "failed"),
    "denied": ("⊘", "not allowed"),
    "stopped": ("■", "stopped"),
}
LEVELS: dict[NoticeLevel, tuple[str, str]] = {
    "info": ("ℹ\ufe0e", ""),
    "warning": ("⚠\ufe0e", ""),
    "retry": ("↻", ""),
    "compact": ("⇲", ""),
    "limit": ("◕", "Limit:"),
    "resumed": ("↺", ""),
    "danger": ("⚠\ufe0e", "Caution:"),
}
ASKED: dict[AskState, tuple[str, str]] = {
    "open": ("◔", "waits for you"),
    "allowed": ("✓", "allowed"),
    "denied": ("⊘", "not allowed"),
    "withdrawn": ("■", "no longer asked"),
}
TODO_GLYPHS: dict[TodoState, tuple[str, str]] = {
    "pending": ("☐", " "),
    "in_progress": ("◐", "~"),
    "completed": ("☑", "x"),
}


_WORTH_MS = 1000


def seconds(milliseconds: float | None) -> str:
    """A duration: "40 ms", "1.2 s", "3 min 5 s"; "" for None."""
    if milliseconds is None:
        return ""
    if milliseconds < 950:
        return f"{milliseconds:.0f} ms"
    if milliseconds < 59_950:
        return f"{milliseconds / 1000:.1f} s"
    minutes, rest = divmod(round(milliseconds / 1000), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def took(milliseconds: float | None) -> str:
    """How long a call took, where that is worth a word: "" below a second."""
    return "" if milliseconds is None or milliseconds < _WORTH_MS else seconds(milliseconds)


def dollars(amount: float | None) -> str:
    """An amount with as many digits as tell something; "" for None."""
    if amount is None:
        return ""
    return f"${amount:.2f}" if amount >= 0.995 or not amount else f"${amount:.4f}"


def tokens(count: int) -> str:
    """A number of tokens: "950", "12.3k", "1.2M"."""
    if count < 1000:
        return str(count)
    return f"{count / 1000:.1f}k" if count < 999_950 else f"{count / 1_000_000:.1f}M"


BETWEEN = " · "
BADGES = frozenset({"recorded"})
"""Parts of a footer's note that are shown as badges: they say what kind of turn it is."""

_TURN_STATES = {"running": "running", "done": "", "stopped": "stopped", "failed": "failed"}


def footer_words(footer: Footer) -> str:
    """The footer on one line; "" when nothing is known."""
    used = footer.input_tokens or footer.output_tokens
    facts = (
        footer.model,
        _TURN_STATES[footer.state],
        f"{tokens(footer.input_tokens)} → {tokens(footer.output_tokens)} tokens" if used else "",
        dollars(footer.turn_cost_usd),
        f"{dollars(footer.session_cost_usd)} in all" if footer.session_cost_usd else "",
        f"{footer.context_used:.0%} of context" if (footer.context_used or 0) >= 0.005 else "",
        seconds(footer.elapsed_ms),
        footer.note,
    )
    return BETWEEN.join(fact for fact in facts if fact)
