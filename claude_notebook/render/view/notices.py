"""Remarks about a conversation, in words: one table from the kind of message to its notice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ... import errors, messages
from ...messages.json_fields import Fields
from ..html.sanitize import one_line, reveal
from ..model import NoticeLevel
from ..tools.base import plural


@dataclass(frozen=True)
class Notice:
    """What a notice panel says. A later notice with the same `key` takes the place of this one."""

    level: NoticeLevel
    text: str
    delay_ms: float | None = None
    key: str = ""


_REASONS = {
    "rate_limit": "too many requests",
    "overloaded": "the service is overloaded",
    "authentication_failed": "the key or token was refused",
    "server_error": "the service failed",
    "connection_failed": "no connection",
    "unknown": "the connection broke off",
}


def retry(message: messages.APIRetryMessage) -> Notice:
    """A failed request that is tried again, with the end of the wait."""
    reason = _REASONS.get(message.error or "", one_line(message.error or "it failed", 60))
    status = f" ({message.error_status})" if message.error_status else ""
    attempt = f"attempt {message.attempt} of {message.max_retries}"
    text = f"Trying again: {reason}{status}, {attempt}."
    return Notice("retry", text, max(0.0, float(message.retry_delay_ms)), key="retry")


def compacted(message: messages.CompactBoundaryMessage) -> Notice:
    """The conversation was summarised."""
    meta = Fields(message.compact_metadata)
    before, after = meta.whole("pre_tokens"), meta.whole("post_tokens")
    how = "as you asked" if meta.text("trigger") == "manual" else "to make room"
    size = f" It had {before:,} tokens" if before else ""
    if before and after:
        size += f" and has {after:,} now"
    return Notice(
        "compact", f"The conversation was summarised {how}.{size and size + '.'}", key="compact"
    )


def informed(message: messages.InformationalMessage) -> Notice:
    """What the CLI or a hook wants the person to know."""
    level: NoticeLevel = "warning" if message.level in ("warning", "error") else "info"
    return Notice(level, reveal(message.content))


def notified(message: messages.NotificationMessage) -> Notice:
    """A short notice."""
    # What a key of the CLI's own screen would show is not to be had here.
    return Notice("info", one_line(message.text.removesuffix(" · ctrl+o to see"), 300))


_LIMITS = {
    "five_hour": "five-hour limit",
    "seven_day": "weekly limit",
    "seven_day_opus": "weekly limit for Opus",
    "seven_day_sonnet": "weekly limit for Sonnet",
    "overage": "extra usage limit",
}


def limited(message: messages.RateLimitEvent) -> Notice | None:
    """Where the account stands against a limit; None while there is nothing to say."""
    info = message.rate_limit_info
    if info.status == "allowed":
        return None
    name = _LIMITS.get(info.rate_limit_type or "", "usage limit")
    used = f": {info.utilization:.0%} used" if info.utilization is not None else ""
    text = f"Close to the {name}{used}."
    if info.status == "rejected":
        text = f"The {name} is reached."
    return Notice("limit", text, key=f"limit {info.rate_limit_type}")


def reset(message: messages.ConversationResetMessage) -> Notice:
    """The conversation was cleared."""
    return Notice("info", "The conversation was cleared; a new one begins.")


def status(message: messages.StatusMessage) -> Notice | None:
    """The CLI compacts."""
    if message.status != "compacting":
        return None
    return Notice("compact", "Summarising the conversation to make room…", key="compact")


def hook(message: messages.HookEventMessage) -> Notice | None:
    """A hook that failed."""
    if message.exit_code in (None, 0):
        return None
    said = one_line(message.stderr or message.output, 200)
    text = f"The hook {one_line(message.hook_name, 60)} ended with exit code {message.exit_code}"
    return Notice("warning", f"{text}: {said}" if said else f"{text}.")


def not_mirrored(message: messages.MirrorErrorMessage) -> Notice:
    """The session store lacks something."""
    text = f"The session store lacks a part of this conversation: {one_line(message.error, 200)}"
    return Notice("warning", text, key="mirror")


NOTICES: dict[type, Any] = {
    messages.APIRetryMessage: retry,
    messages.CompactBoundaryMessage: compacted,
    messages.InformationalMessage: informed,
    messages.NotificationMessage: notified,
    messages.RateLimitEvent: limited,
    messages.ConversationResetMessage: reset,
    messages.StatusMessage: status,
    messages.HookEventMessage: hook,
    messages.MirrorErrorMessage: not_mirrored,
}
"""From the type of a message to the function that puts it into words."""


def ended(result: messages.ResultMessage) -> Notice | None:
    """Why a turn ended before it was done; None if it was, or if an error says it."""
    said = "; ".join(str(error) for error in result.errors or [])
    if result.subtype == "error_max_turns":
        return Notice("warning", f"Stopped. {said or 'The number of turns is used up'}.")
    if result.subtype == "error_max_budget_usd":
        return Notice("warning", f"Stopped. {said or 'The budget is used up'}.")
    return None


@dataclass(frozen=True)
class Trouble:
    """What an error panel says."""

    title: str
    text: str
    advice: str = ""


_TITLES: dict[str, str] = {
    "CLINotFoundError": "Claude Code was not found",
    "CLINotUsableError": "Claude Code cannot be used",
    "WorkingDirectoryError": "No such folder",
    "TransportClosedError": "The connection was closed",
    "ControlTimeoutError": "Claude Code does not answer",
    "CLIConnectionError": "No connection to Claude Code",
    "ProcessError": "Claude Code ended unexpectedly",
    "ResultError": "The turn failed",
    "SessionStoreError": "The session store failed",
    "OptionsError": "An option is wrong",
    "AuthenticationError": "Not signed in",
    "PermissionDeniedError": "Not allowed",
    "InvalidRequestError": "The request was refused",
    "RateLimitError": "A limit is reached",
    "OverloadedError": "The service is overloaded",
    "ServerError": "The service failed",
    "APIConnectionError": "The service could not be reached",
    "APIError": "The service failed",
    "TurnBusyError": "Another turn is still open",
    "TurnInterrupted": "Stopped",
}

_OTHER = "That did not work"


def trouble(error: BaseException) -> Trouble:
    """An exception in words: what kind, what happened, what to do next."""
    title = next((_TITLES[k.__name__] for k in type(error).__mro__ if k.__name__ in _TITLES), "")
    text = str(error) or type(error).__name__
    advice = error.advice if isinstance(error, errors.APIError) else ""
    if advice and text.endswith(advice):
        text = text[: -len(advice)].rstrip()
    kind = type(error)
    title = title or (_OTHER if kind is errors.ClaudeSDKError else _spaced(kind.__name__))
    return Trouble(title, reveal(text), advice)


def _spaced(name: str) -> str:
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()
    return words.removesuffix(" error").capitalize() or "Error"


def refused(message: messages.AssistantMessage, text: str) -> Trouble:
    """What the CLI says in the model's place when the service has failed."""
    error = errors.api_error(text, status=message.api_error_status, code=message.error)
    return trouble(error)


def denied(count: int) -> str:
    """For the footer: how many tools were refused."""
    return f"{plural(count, 'tool')} not allowed" if count else ""
