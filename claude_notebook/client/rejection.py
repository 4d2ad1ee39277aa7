"""Early end of a turn whose key the service has rejected."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ..errors import ClaudeSDKError
from ..logs import get_logger
from ..messages import APIRetryMessage
from ..protocol.codec.encoder import Encodable
from ..protocol.connection import Event

log = get_logger(__name__)

REJECTIONS = frozenset({401, 402})
"""HTTP statuses that another try with the same key does not change."""

PATIENCE = 2
"""Retries to wait for, because the CLI may renew a sign-in after the first rejection."""


def is_rejection(message: object) -> bool:
    """Return True for a retry that cannot succeed: the service has rejected the key repeatedly.

    The CLI would retry ten times, which takes three minutes.
    """
    return (
        isinstance(message, APIRetryMessage)
        and message.error_status in REJECTIONS
        and message.attempt >= PATIENCE
    )


class RejectionWatch:
    """An observer that interrupts a turn once its key is rejected.

    :param start: runs a function in the background
    :param interrupt: interrupts the turn
    """

    def __init__(
        self,
        start: Callable[[Callable[[], Awaitable[None]], str], None],
        interrupt: Callable[[], Awaitable[object]],
    ) -> None:
        self._start = start
        self._interrupt = interrupt

    def received(self, event: Event, line: bytes) -> None:
        """Interrupt the turn after a hopeless retry."""
        if is_rejection(event):
            self._start(self._stop, "claude rejection")

    def sent(self, event: Encodable, line: bytes) -> None:
        """Ignore the lines to the CLI."""

    async def _stop(self) -> None:
        try:
            await self._interrupt()
        except ClaudeSDKError as error:
            log.debug("cannot interrupt a turn whose key is rejected: %r", error)
