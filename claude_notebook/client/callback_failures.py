"""Notices about failures in user code: a hook, `can_use_tool`, or a tool.

The conversation continues, and the CLI learns only that an error occurred. Without a notice, the
cause would appear only in the log.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from ..messages import InformationalMessage, Message

Report = Callable[[str, BaseException, str], None]
"""Receives a failure: the callback's label ("The hook Stop"), the exception, the consequence."""

# The CLI continues after these events even when blocking is requested (2.1.330).
_NEVER_BLOCKED = frozenset({"Stop", "SubagentStop"})


def failure_notice(label: str, error: BaseException, effect: str) -> InformationalMessage:
    """Build the message that names a failed callback, its error, and the consequence.

    :param label: names the callback, as in "The hook Stop"
    :param effect: a full sentence about the consequence, or an empty string
    """
    from ..redact import redact  # few conversations need it

    reason = f": {text.rstrip('.')}" if (text := redact(str(error))) else ""
    content = f"{label} failed: {type(error).__name__}{reason}. {effect}".rstrip()
    data = {"type": "system", "subtype": "informational", "level": "warning", "content": content}
    return InformationalMessage("informational", data, content=content, level="warning")


def hook_failure_effect(event: str, on_failure: str | None) -> str:
    """Describe the effect of a failed hook in one sentence.

    :param event: the hook event, such as "PreToolUse"
    :param on_failure: the `on_failure` of the hook's matcher
    """
    if on_failure == "block" and event not in _NEVER_BLOCKED:
        return "Its on_failure setting counts this as a denial."
    return "Claude Code continues without it."


def is_repeated_notice(message: Message, callback_ids: Collection[str]) -> bool:
    """Check for the CLI's own notice, without a cause, about an already reported callback.

    :param callback_ids: the callbacks whose failures were reported
    """
    return (
        isinstance(message, InformationalMessage)
        and message.data.get("tag") == "hook_callback_failed"
        and any(f" {callback_id} " in message.content for callback_id in callback_ids)
    )
