"""Notices about failures in user code, which may be a hook, `can_use_tool`, or a tool.

The conversation continues, and the CLI is only informed that an error occurred. Without a notice,
the cause would be visible only in the log.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from ..messages import InformationalMessage, Message

Report = Callable[[str, BaseException, str], None]
"""Receives a failure: the callback's label ("The hook Stop"), the exception, the consequence."""

# The CLI continues after these events even if the hook requests blocking (2.1.330).
_NEVER_BLOCKED = frozenset({"Stop", "SubagentStop"})


def failure_notice(label: str, error: BaseException, effect: str) -> InformationalMessage:
    """Build the message that names a failed callback, its error, and the consequence.

    :param label: the callback's name, as in "The hook Stop"
    :param effect: a full sentence about the consequence, or an empty string
    """
    from ..redact import redact  # few conversations need it

    reason = f": {text.rstrip('.')}" if (text := redact(str(error))) else ""
    content = f"{label} failed: {type(error).__name__}{reason}. {effect}".rstrip()
    data = {"type": "system", "subtype": "informational", "level": "warning", "content": content}
    return InformationalMessage("informational", data, content=content, level="warning")


def hook_failure_effect(event: str, on_failure: str | None) -> str:
    """Describe in one sentence how a hook's failure affects the conversation.

    :param event: the hook event, such as "PreToolUse"
    :param on_failure: the `on_failure` setting of the hook's matcher
    """
    if on_failure == "block" and event not in _NEVER_BLOCKED:
        return "Its on_failure setting counts this as a denial."
    return "Claude Code continues without it."


def is_repeated_notice(message: Message, callback_ids: Collection[str]) -> bool:
    """Return whether this is the CLI's own notice about a callback that was already reported.

    The CLI's notice does not include the cause.

    :param callback_ids: the callbacks whose failures have been reported
    """
    return (
        isinstance(message, InformationalMessage)
        and message.data.get("tag") == "hook_callback_failed"
        and any(f" {callback_id} " in message.content for callback_id in callback_ids)
    )
