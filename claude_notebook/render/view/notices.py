"""The wording of notices and errors, in a table from message type to notice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ... import errors, messages
from ...messages.json_fields import Fields
from ..html.sanitizer import one_line, reveal
from ..model import NoticeLevel
from ..tools.base import plural


@dataclass(frozen=True)
class Notice:
    """The content of a notice panel. A later notice with the same `key` replaces it."""

    level: NoticeLevel
    text: str
    delay_ms: float | None = None
    key: str = ""


_REASONS = {
    "rate_limit": "too many requests",
    "overloaded": "the service is overloaded",
    "authentication_failed": "the API rejected the key or token",
    "server_error": "the service failed",
    "connection_failed": "no connection",
    "unknown": "the connection was lost",
}


def retry_notice(message: messages.APIRetryMessage) -> Notice:
    """Announce that a failed request will be retried, and after which delay."""
    reason = _REASONS.get(message.error or "", one_line(message.error or "it failed", 60))
    status = f" ({message.error_status})" if message.error_status else ""
    attempt = f"attempt {message.attempt} of {message.max_retries}"
    text = f"Trying again: {reason}{status}, {attempt}."
    return Notice("retry", text, max(0.0, float(message.retry_delay_ms)), key="retry")


def compaction_notice(message: messages.CompactBoundaryMessage) -> Notice:
    """Announce that the conversation was summarized."""
    meta = Fields(message.compact_metadata)
    before, after = meta.whole("pre_tokens"), meta.whole("post_tokens")
    reason = "as you asked" if meta.text("trigger") == "manual" else "to make room"
    size = f" It had {before:,} tokens" if before else ""
    if before and after:
        size += f" and has {after:,} now"
    return Notice(
        "compact", f"The conversation was summarized {reason}.{size and size + '.'}", key="compact"
    )


def informational_notice(message: messages.InformationalMessage) -> Notice:
    """Show an informational message from the CLI or a hook."""
    level: NoticeLevel = "warning" if message.level in ("warning", "error") else "info"
    return Notice(level, reveal(message.content))


def refusal_notice(message: messages.ModelRefusalMessage) -> Notice | None:
    """Report that the model declined a request.

    If there is no text, the answer itself says so.
    """
    text = one_line(message.content or message.api_refusal_explanation or "", 600)
    return Notice("warning", text) if text else None


def notification_notice(message: messages.NotificationMessage) -> Notice:
    """Show a short notification from the CLI."""
    # This key only works on the CLI's own screen.
    return Notice("info", one_line(message.text.removesuffix(" · ctrl+o to see"), 300))


_LIMITS = {
    "five_hour": "five-hour limit",
    "seven_day": "weekly limit",
    "seven_day_opus": "weekly limit for Opus",
    "seven_day_sonnet": "weekly limit for Sonnet",
    "overage": "extra usage limit",
}


def rate_limit_notice(message: messages.RateLimitEvent) -> Notice | None:
    """Report usage near or above a limit; return None if it is lower."""
    info = message.rate_limit_info
    if info.status == "allowed":
        return None
    name = _LIMITS.get(info.rate_limit_type or "", "usage limit")
    used = f": {info.utilization:.0%} used" if info.utilization is not None else ""
    text = f"Close to the {name}{used}."
    if info.status == "rejected":
        text = f"The {name} has been reached."
    return Notice("limit", text, key=f"limit {info.rate_limit_type}")


def reset_notice(message: messages.ConversationResetMessage) -> Notice:
    """Announce that the conversation was cleared."""
    return Notice("info", "The conversation was cleared; a new one begins.")


def status_notice(message: messages.StatusMessage) -> Notice | None:
    """Announce that the CLI is summarizing the conversation."""
    if message.status != "compacting":
        return None
    return Notice("compact", "Summarizing the conversation to make room…", key="compact")


def hook_notice(message: messages.HookEventMessage) -> Notice | None:
    """Report a hook that failed."""
    if message.exit_code in (None, 0):
        return None
    output = one_line(message.stderr or message.output, 200)
    text = f"The hook {one_line(message.hook_name, 60)} exited with code {message.exit_code}"
    return Notice("warning", f"{text}: {output}" if output else f"{text}.")


def mirror_notice(message: messages.MirrorErrorMessage) -> Notice:
    """Report that the session store is incomplete."""
    text = (
        f"The session store is missing a part of this conversation: {one_line(message.error, 200)}"
    )
    return Notice("warning", text, key="mirror")


NOTICES: dict[type, Any] = {
    messages.APIRetryMessage: retry_notice,
    messages.CompactBoundaryMessage: compaction_notice,
    messages.InformationalMessage: informational_notice,
    messages.ModelRefusalMessage: refusal_notice,
    messages.NotificationMessage: notification_notice,
    messages.RateLimitEvent: rate_limit_notice,
    messages.ConversationResetMessage: reset_notice,
    messages.StatusMessage: status_notice,
    messages.HookEventMessage: hook_notice,
    messages.MirrorErrorMessage: mirror_notice,
}
"""The functions that turn a message into a notice, by message type."""


def early_end_notice(result: messages.ResultMessage) -> Notice | None:
    """Explain why a turn ended early.

    Return None if it did not, or if an error already explains it.
    """
    reason = "; ".join(str(error) for error in result.errors or [])
    if result.subtype == "error_max_turns":
        return Notice("warning", f"Stopped. {reason or 'The turn limit was reached'}.")
    if result.subtype == "error_max_budget_usd":
        return Notice("warning", f"Stopped. {reason or 'The budget is used up'}.")
    return None


@dataclass(frozen=True)
class ErrorSummary:
    """The content of an error panel."""

    title: str
    text: str
    advice: str = ""


_TITLES: dict[str, str] = {
    "CLINotFoundError": "Claude Code was not found",
    "CLINotUsableError": "Claude Code cannot be used",
    "WorkingDirectoryError": "No such folder",
    "TransportClosedError": "The connection was closed",
    "ControlTimeoutError": "Claude Code is not responding",
    "CLIConnectionError": "No connection to Claude Code",
    "ProcessError": "Claude Code ended unexpectedly",
    "ResultError": "The turn failed",
    "SessionStoreError": "The session store failed",
    "OptionsError": "Invalid option",
    "AuthenticationError": "Not signed in",
    "BillingError": "Payment is required",
    "PermissionDeniedError": "Not allowed",
    "InvalidRequestError": "The request was refused",
    "RateLimitError": "A limit was reached",
    "OverloadedError": "The service is overloaded",
    "ServerError": "The service failed",
    "APIConnectionError": "The service could not be reached",
    "APIError": "The service failed",
    "TurnBusyError": "Another turn is still running",
    "TurnInterrupted": "Stopped",
}

_OTHER = "The operation failed"


def error_summary(error: BaseException) -> ErrorSummary:
    """Describe an exception by its kind, its cause and the next step."""
    title = next((_TITLES[k.__name__] for k in type(error).__mro__ if k.__name__ in _TITLES), "")
    text = str(error) or type(error).__name__
    advice = error.advice if isinstance(error, errors.APIError) else ""
    if advice and text.endswith(advice):
        text = text[: -len(advice)].rstrip()
    kind = type(error)
    title = title or (_OTHER if kind is errors.ClaudeSDKError else _spaced(kind.__name__))
    return ErrorSummary(title, reveal(text), advice)


def _spaced(name: str) -> str:
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()
    return words.removesuffix(" error").capitalize() or "Error"


def api_error_summary(message: messages.AssistantMessage, text: str) -> ErrorSummary:
    """Describe a service failure that the CLI reported as an assistant message."""
    error = errors.api_error(text, status=message.api_error_status, code=message.error)
    return error_summary(error)


def denial_note(count: int) -> str:
    """Return the footer's note about denied tools, or "" if there are none."""
    return f"{plural(count, 'tool')} denied" if count else ""
