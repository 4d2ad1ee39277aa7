"""Control requests to the CLI that are waiting for their responses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio

from ...errors import ClaudeSDKError, ControlRequestError, ControlTimeoutError
from ...logs import get_logger
from ...messages import JSON, JSONObject
from ...protocol.connection import Connection
from ...protocol.control import ControlResponse

log = get_logger(__name__)


class PendingRequest:
    """A single control request that is waiting for its response."""

    def __init__(self) -> None:
        self.done = anyio.Event()
        self.response: ControlResponse | None = None
        self.failure: ClaudeSDKError | None = None


class PendingRequests:
    """All control requests that are waiting for their responses.

    :param connection: encodes the requests
    :param send: sends bytes to the CLI
    """

    def __init__(self, connection: Connection, send: Callable[[bytes], Awaitable[None]]) -> None:
        self._connection = connection
        self._send = send
        self._by_id: dict[str, PendingRequest] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    async def request(self, subtype: str, payload: JSONObject, seconds: float) -> JSON:
        """Send a control request and return its response.

        :param seconds: time limit for the response
        :raises ControlTimeoutError: if no response arrives in time
        :raises ControlRequestError: if the CLI rejects the request
        :raises ClaudeSDKError: if the conversation ends first
        """
        request_id, data = self._connection.send_request(subtype, payload)
        log.debug("request to the CLI: %s", subtype)
        pending = self._by_id[request_id] = PendingRequest()
        try:
            with anyio.move_on_after(seconds):
                await self._send(data)
                await pending.done.wait()
        finally:
            del self._by_id[request_id]
            self._connection.abandon(request_id)
        if pending.failure is not None:
            raise pending.failure
        if pending.response is None:
            raise ControlTimeoutError(subtype, seconds)
        if pending.response.error is not None:
            raise ControlRequestError(subtype, pending.response.error)
        return pending.response.response

    def settle(self, response: ControlResponse) -> None:
        """Deliver a response. This does nothing if its request is no longer pending."""
        pending = self._by_id.get(response.request_id)
        if pending is not None:
            pending.response = response
            pending.done.set()

    def fail(self, error: ClaudeSDKError) -> None:
        """Fail all pending requests with `error`."""
        for pending in self._by_id.values():
            pending.failure = error
            pending.done.set()
