"""An adapter for the official SDK's transports, which exchange text and decoded messages."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Protocol, runtime_checkable

import anyio

from ..concurrency.tasks import call_soon
from ..errors import ClaudeSDKError, CLIConnectionError, OptionsError, TransportClosedError
from ..logs import get_logger, log_failure
from ..messages import JSONObject
from .base import Transport

log = get_logger(__name__)

CLOSE_SECONDS = 10.0
"""Time limit for `close()`, which is shielded from cancellation."""


@runtime_checkable
class MessageStream(Protocol):
    """The methods of the official SDK's `Transport`."""

    async def connect(self) -> None:
        """Open the connection."""

    async def write(self, data: str) -> None:
        """Send one line of JSON as text."""

    def read_messages(self) -> AsyncIterator[JSONObject]:
        """Iterate over the decoded messages."""

    async def close(self) -> None:
        """Close the connection."""

    def is_ready(self) -> bool:
        """Return whether the connection can send."""

    async def end_input(self) -> None:
        """Signal the end of input."""


def as_transport(transport: object) -> Transport:
    """Return `transport` itself, or an adapter if it has the official SDK's methods.

    :raises OptionsError: if it has neither set of methods
    """
    if isinstance(transport, MessageStream):
        return MessageTransport(transport)
    if isinstance(transport, Transport):
        return transport
    raise OptionsError(
        f"{type(transport).__name__} is not a transport. Subclass claude_notebook.Transport, or "
        "implement connect, write, read_messages, close, is_ready and end_input.",
        field="transport",
    )


class MessageTransport(Transport):
    """A byte stream on top of another transport's messages.

    :param messages: an unopened transport with the official SDK's methods
    """

    def __init__(self, messages: MessageStream) -> None:
        self._messages = messages
        self._iterator: AsyncIterator[JSONObject] | None = None
        self._scope: anyio.CancelScope | None = None
        self._schedule: Callable[[Callable[[], None]], object] = lambda function: function()
        self._stopped = False
        self._closed = False
        self._ended = False

    async def open(self) -> None:
        """Open the inner transport.

        :raises CLIConnectionError: if it fails
        """
        try:
            await self._messages.connect()
        except ClaudeSDKError:
            raise
        except Exception as error:
            raise _failure("cannot connect", error) from error
        self._schedule = call_soon()
        self._iterator = aiter(self._messages.read_messages())

    async def send(self, data: bytes) -> None:
        """Write a line, even if the caller is cancelled in the meantime."""
        if self._closed or self._stopped:
            raise TransportClosedError("The transport is closed. Call connect() to open another.")
        try:
            with anyio.CancelScope(shield=True):
                await self._messages.write(data.decode())
        except ClaudeSDKError as error:
            raise TransportClosedError(str(error)) from error
        except Exception as error:
            raise TransportClosedError(f"The transport cannot write: {error!r}.") from error

    async def send_eof(self) -> None:
        """Signal the end of input."""
        try:
            await self._messages.end_input()
        except Exception as error:  # noqa: BLE001  the contract: does not raise
            log_failure(log, "end_input() of the transport", error)

    async def receive(self) -> bytes:
        """Return the next message as a line."""
        if self._closed:
            raise TransportClosedError("The transport is closed. Call connect() to open another.")
        if self._ended or self._stopped or self._iterator is None:
            return b""
        line = b""
        with anyio.CancelScope() as self._scope:
            line = await self._next_line(self._iterator)
        self._ended = not line
        return line

    async def _next_line(self, messages: AsyncIterator[JSONObject]) -> bytes:
        try:
            message = await anext(messages)
        except StopAsyncIteration:
            return b""
        except ClaudeSDKError:
            raise
        except Exception as error:
            raise _failure("cannot read", error) from error
        return json.dumps(message).encode() + b"\n"

    async def aclose(self, grace: float = 2.0) -> None:
        """Close the inner transport once, within a bounded time."""
        if self._closed:
            return
        self._closed = True
        try:
            with anyio.move_on_after(max(grace, CLOSE_SECONDS), shield=True):
                await self._messages.close()
        except Exception as error:  # noqa: BLE001  the contract: does not raise
            log_failure(log, "close() of the transport", error)

    def kill(self) -> None:
        """Stop reading. The session closes the inner transport afterwards."""
        self._stopped = True
        if self._scope is not None:
            with contextlib.suppress(RuntimeError):  # the event loop has ended
                self._schedule(self._scope.cancel)

    async def wait(self) -> int | None:
        """Return None, because there is no process."""
        return None

    @property
    def exit_code(self) -> int | None:
        """Always None, because there is no process."""
        return None

    @property
    def reports_exit(self) -> bool:
        """Always False, because an official transport raises an exception on connection failure."""
        return False

    @property
    def stderr(self) -> str:
        """Always empty, because there is no process."""
        return ""


def _failure(problem: str, error: Exception) -> CLIConnectionError:
    return CLIConnectionError(f"The transport {problem}: {error!r}. Check its code.")
