"""What a person is told when code of theirs fails: a hook, `can_use_tool`, a tool.

The conversation goes on, and the CLI is told that there was an error. Why would otherwise stand in
the log only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from ..messages import InformationalMessage, Message

Report = Callable[[str, BaseException, str], None]
"""Told of a failure: whose ("The hook Stop"), the exception, what follows from it."""

# The CLI goes on after these whatever is asked for (2.1.330).
_NEVER_BLOCKED = frozenset({"Stop", "SubagentStop"})


def notice(who: str, error: BaseException, so: str) -> InformationalMessage:
    """Build the message that names a failed callback, its error, and the consequence."""
    from ..redact import redact  # few conversations need it

    said = f": {text.rstrip('.')}" if (text := redact(str(error))) else ""
    content = f"{who} failed: {type(error).__name__}{said}. {so}".rstrip()
    data = {"type": "system", "subtype": "informational", "level": "warning", "content": content}
    return InformationalMessage("informational", data, content=content, level="warning")


def consequence(event: str, on_failure: str | None) -> str:
    """What follows from a hook that fails."""
    if on_failure == "block" and event not in _NEVER_BLOCKED:
        return "This counts as a no, as its on_failure says."
    return "Claude Code goes on without it."


def repeats(message: Message, told: Collection[str]) -> bool:
    """Whether the CLI only says that one of these callbacks has failed, without saying why."""
    return (
        isinstance(message, InformationalMessage)
        and message.data.get("tag") == "hook_callback_failed"
        and any(f" {callback_id} " in message.content for callback_id in told)
    )
