"""query_with_retry(): which failures are worth another try, and when.

The CLI retries by itself what it can (`CLAUDE_CODE_MAX_RETRIES`); what reaches us has failed there.
The table `WORTH` says for which of these it makes sense to wait and ask again.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import anyio

from ..errors import (
    APIConnectionError,
    APIError,
    AuthenticationError,
    ClaudeSDKError,
    CLINotFoundError,
    CLINotUsableError,
    InvalidRequestError,
    OptionsError,
    OverloadedError,
    PermissionDeniedError,
    ProcessError,
    RateLimitError,
    ServerError,
    TransportClosedError,
    TurnTimeoutError,
    WorkingDirectoryError,
)
from ..messages import APIRetryMessage, Message
from ..options import ClaudeCodeOptions
from .prompts import Prompt
from .query import QueryStream, query


@dataclass(frozen=True)
class Worth:
    """Whether a failure is worth another try, and the seconds before the first one."""

    again: bool
    seconds: float = 0.0


WORTH: dict[type[ClaudeSDKError], Worth] = {
    OptionsError: Worth(False),
    CLINotFoundError: Worth(False),
    CLINotUsableError: Worth(False),
    WorkingDirectoryError: Worth(False),
    AuthenticationError: Worth(False),
    PermissionDeniedError: Worth(False),
    InvalidRequestError: Worth(False),
    RateLimitError: Worth(True, 10.0),
    OverloadedError: Worth(True, 5.0),
    ServerError: Worth(True, 2.0),
    APIConnectionError: Worth(True, 2.0),
    APIError: Worth(False),
    TurnTimeoutError: Worth(True, 1.0),
    ProcessError: Worth(True, 0.5),
    TransportClosedError: Worth(True, 0.5),
    ClaudeSDKError: Worth(False),
}
"""The nearest base class of an error decides."""


def worth(error: ClaudeSDKError) -> Worth:
    """What the table says about `error`."""
    return next(WORTH[kind] for kind in type(error).__mro__ if kind in WORTH)


@dataclass(frozen=True)
class RetryConfig:
    """How often and how long to try.

    :param max_retries: tries after the first one.
    :param factor: each wait is so many times the one before.
    :param max_delay: seconds that a wait has at most, unless the service asks for more.
    :param max_retry_after: the longest wait that the service may ask for; beyond it we give up.
    :param jitter: up to this share is added at random, so that many do not come back at once.
    :param kinds: the errors that are retried at all, by their base classes.
    :param random: a random number from 0 to 1.
    :param sleep: waits so many seconds.
    """

    max_retries: int = 3
    factor: float = 2.0
    max_delay: float = 60.0
    max_retry_after: float = 300.0
    jitter: float = 0.25
    kinds: tuple[type[ClaudeSDKError], ...] = (ClaudeSDKError,)
    random: Callable[[], float] = field(default=random.random, repr=False)
    sleep: Callable[[float], Awaitable[None]] = field(default=anyio.sleep, repr=False)

    def delay(self, error: ClaudeSDKError, attempt: int) -> float | None:
        """Seconds to wait before try number `attempt` (1 is the first retry); None to give up."""
        verdict = worth(error)
        hopeless = not verdict.again or not isinstance(error, self.kinds)
        # What the CLI has tried to the end is not begun anew.
        if hopeless or attempt > self.max_retries or getattr(error, "exhausted", False):
            return None
        asked = getattr(error, "retry_after", None)
        if asked is not None:
            return float(asked) if asked <= self.max_retry_after else None
        waited = min(self.max_delay, verdict.seconds * self.factor ** (attempt - 1))
        return waited * (1 + self.jitter * self.random())


# The CLI's words for the same failures, so that both are announced alike.
_CODES: dict[type[ClaudeSDKError], str] = {
    RateLimitError: "rate_limit",
    OverloadedError: "overloaded",
    ServerError: "server_error",
    APIConnectionError: "connection_failed",
}


def retry_notice(
    error: ClaudeSDKError, attempt: int, max_retries: int, delay: float
) -> APIRetryMessage:
    """The message that announces a new try after `delay` seconds."""
    status = getattr(error, "status", None)
    code = _CODES.get(type(error), type(error).__name__)
    fields = {
        "attempt": attempt,
        "max_retries": max_retries,
        "retry_delay_ms": delay * 1000,
        "error_status": status,
        "error": code,
    }
    return APIRetryMessage(
        subtype="api_retry",
        data={"type": "system", "subtype": "api_retry", **fields},
        attempt=attempt,
        max_retries=max_retries,
        retry_delay_ms=delay * 1000,
        error_status=status,
        error=code,
    )


async def query_with_retry(
    prompt: Prompt,
    options: ClaudeCodeOptions | None = None,
    retry: RetryConfig | None = None,
    *,
    query_func: Callable[..., QueryStream] = query,
) -> AsyncIterator[Message]:
    """Like `query()`, and asks again after a failure that may pass.

    Before each new try an `APIRetryMessage` comes, as the CLI sends them for its own: what the
    failed try has said is withdrawn, and the answer starts anew after `retry_delay_ms`.

    :param prompt: text or content blocks; a stream of prompts can be read only once, so it is not
        retried.
    :param options: see `ClaudeCodeOptions`.
    :param retry: how often and how long.
    :param query_func: what asks; for tests.
    :raises ClaudeSDKError: the last failure, when it is not worth another try
    """
    config = retry or RetryConfig()
    attempt = 0
    while True:
        stream = query_func(prompt=prompt, options=options)
        try:
            async for message in stream:
                yield message
            return
        except ClaudeSDKError as error:
            attempt += 1
            delay = config.delay(error, attempt) if _repeatable(prompt) else None
            if delay is None:
                raise
            notice = retry_notice(error, attempt, config.max_retries, delay)
        finally:
            await stream.aclose()
        yield notice
        await config.sleep(delay)


def _repeatable(prompt: Prompt) -> bool:
    return not hasattr(prompt, "__aiter__")
