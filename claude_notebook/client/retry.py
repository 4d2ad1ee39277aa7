"""`query_with_retry()`, which retries after failures that may be transient.

The CLI retries API requests on its own (`CLAUDE_CODE_MAX_RETRIES`), so errors that arrive here have
exhausted its retries. The `RETRY_RULES` table lists the errors that are worth retrying.

The loop does not use a retry library, because it yields messages from inside an attempt. Both
stamina and tenacity wrap an attempt in a context manager that swallows `GeneratorExit` and
cancellation until the next step of the loop. They would also contribute nothing but the sleep,
because the delay depends on the error, its `retry_after`, and a relative jitter, and
`stamina.retry_context` accepts neither a `sleep` nor a `random` function.
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
    BillingError,
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
class RetryRule:
    """The rule for one class of errors.

    :param is_retryable: whether a retry may succeed
    :param seconds: the delay before the first retry
    """

    is_retryable: bool
    seconds: float = 0.0


RETRY_RULES: dict[type[ClaudeSDKError], RetryRule] = {
    OptionsError: RetryRule(False),
    CLINotFoundError: RetryRule(False),
    CLINotUsableError: RetryRule(False),
    WorkingDirectoryError: RetryRule(False),
    AuthenticationError: RetryRule(False),
    BillingError: RetryRule(False),
    PermissionDeniedError: RetryRule(False),
    InvalidRequestError: RetryRule(False),
    RateLimitError: RetryRule(True, 10.0),
    OverloadedError: RetryRule(True, 5.0),
    ServerError: RetryRule(True, 2.0),
    APIConnectionError: RetryRule(True, 2.0),
    APIError: RetryRule(False),
    TurnTimeoutError: RetryRule(True, 1.0),
    ProcessError: RetryRule(True, 0.5),
    TransportClosedError: RetryRule(True, 0.5),
    ClaudeSDKError: RetryRule(False),
}
"""If several rules match an error, the rule for its nearest base class applies."""


def retry_rule(error: ClaudeSDKError) -> RetryRule:
    """Return the rule that applies to `error`."""
    return next(RETRY_RULES[kind] for kind in type(error).__mro__ if kind in RETRY_RULES)


@dataclass(frozen=True)
class RetryConfig:
    """The number of retries and the delays between them.

    :param max_retries: the number of attempts after the first
    :param factor: backoff multiplier
    :param max_delay: the maximum delay in seconds, unless the API requests a longer one
    :param max_retry_after: the longest delay in seconds that the API may request; if it requests a
        longer one, give up
    :param jitter: the maximum random share to add to a delay, so that clients do not retry in
        lockstep
    :param kinds: base classes of the errors to retry
    :param random: a function that returns a random number from 0 to 1
    :param sleep: a function that waits for a number of seconds
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
        """Return the seconds to wait before retry number `attempt`, or None to give up.

        Retries are numbered from 1.
        """
        rule = retry_rule(error)
        is_permanent = not rule.is_retryable or not isinstance(error, self.kinds)
        # If the CLI has exhausted its own retries, more of them would not help.
        is_spent = getattr(error, "exhausted", False) or getattr(error, "is_limit", False)
        if is_permanent or attempt > self.max_retries or is_spent:
            return None
        retry_after = getattr(error, "retry_after", None)
        if retry_after is not None:
            return float(retry_after) if retry_after <= self.max_retry_after else None
        seconds = min(self.max_delay, rule.seconds * self.factor ** (attempt - 1))
        return seconds * (1 + self.jitter * self.random())


# These are the CLI's codes for the same failures, so both kinds of retries look alike.
_CODES: dict[type[ClaudeSDKError], str] = {
    RateLimitError: "rate_limit",
    OverloadedError: "overloaded",
    ServerError: "server_error",
    APIConnectionError: "connection_failed",
}


def retry_notice(
    error: ClaudeSDKError, attempt: int, max_retries: int, delay: float
) -> APIRetryMessage:
    """Build the message that announces a retry after `delay` seconds."""
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
    """Run `query()`, retrying after transient failures.

    Each retry is preceded by an `APIRetryMessage`, like the CLI's own retries. It invalidates the
    messages of the failed attempt, and the answer restarts from the beginning after
    `retry_delay_ms`.

    :param prompt: text or content blocks. A stream of prompts is not retried, because it can be
        read only once.
    :param options: see `ClaudeCodeOptions`
    :param retry: the number of retries and the delays between them
    :param query_func: a replacement for `query` in tests
    :raises ClaudeSDKError: the last failure, if it is permanent or no retries are left
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
            delay = config.delay(error, attempt) if _is_repeatable(prompt) else None
            if delay is None:
                raise
            notice = retry_notice(error, attempt, config.max_retries, delay)
        finally:
            await stream.aclose()
        yield notice
        await config.sleep(delay)


def _is_repeatable(prompt: Prompt) -> bool:
    return not hasattr(prompt, "__aiter__")
