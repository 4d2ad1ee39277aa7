"""Ends a turn early if the service has rejected its API key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ..errors import ClaudeSDKError
from ..logs import get_logger
from ..messages import APIRetryMessage
from ..protocol.codec.encoder import Encodable
from ..protocol.connection import Event
from ..transport import Transport
from ..transport.base import Origin

log = get_logger(__name__)

REJECTIONS = frozenset({401, 402})
"""HTTP statuses for which a retry with the same key cannot succeed."""

PATIENCE = 2
"""Retries to allow before interrupting. The CLI may renew a sign-in after the first rejection."""


def is_rejection(message: object) -> bool:
    """Return whether a retry is bound to fail because the key has been rejected repeatedly.

    The CLI would retry ten times, which takes three minutes.
    """
    return (
        isinstance(message, APIRetryMessage)
        and message.error_status in REJECTIONS
        and message.attempt >= PATIENCE
    )


class RejectionWatch:
    """An observer that interrupts a turn once its key has been rejected.

    :param start: runs a function in the background
    :param interrupt: interrupts the turn
    :param transport: a recording plays its retries to the end
    """

    def __init__(
        self,
        start: Callable[[Callable[[], Awaitable[None]], str], None],
        interrupt: Callable[[], Awaitable[object]],
        transport: Transport,
    ) -> None:
        self._transport = transport
        self._is_stopping = False
        self._start = start
        self._interrupt = interrupt

    def received(self, event: Event, line: bytes) -> None:
        """Interrupt the turn if its retries cannot succeed."""
        is_live = self._transport.origin is Origin.LIVE
        if is_live and is_rejection(event) and not self._is_stopping:
            self._is_stopping = True
            self._start(self._stop, "claude rejection")

    def sent(self, event: Encodable, line: bytes) -> None:
        """Ignore lines sent to the CLI."""

    async def _stop(self) -> None:
        try:
            await self._interrupt()
        except ClaudeSDKError as error:
            log.debug("cannot interrupt a turn whose key is rejected: %r", error)
        finally:
            self._is_stopping = False
