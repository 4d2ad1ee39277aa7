"""A conversation as a state machine: bytes in, events out; wishes in, bytes out. No I/O."""

from __future__ import annotations

import re
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from typing import Union

from ..errors import CLIJSONDecodeError, ProtocolError
from ..messages import JSON, JSONObject, Message, UnknownMessage
from .codec import lines as codec
from .control import ControlCancel, ControlRequest, ControlResponse, Questions, State
from .framing import LineSplitter, Oversized

Event = Union[Message, ControlRequest, ControlResponse, ControlCancel, ProtocolError]
"""What comes in. A `ProtocolError` stands where a line could not be read; the rest goes on."""


_BEGINNING = 400
"""Bytes of an unreadable line that are searched for the id of a request or an answer."""

_CONTROL = re.compile(
    r'\s*\{"type": ?"control_(request|response)".*?"request_id": ?"([^"]*)"', re.DOTALL
)


class Connection:
    """One side of a conversation with the CLI.

    Feed what arrives to `receive_data`, take the events from `next_event`, and send the bytes
    that the `send_*` methods return.

    :param limit: bytes that a line may have.
    :param new_id: makes the ids of our control requests.
    """

    def __init__(self, limit: int, new_id: Callable[[], str] = lambda: uuid.uuid4().hex) -> None:
        self._lines = LineSplitter(limit)
        self._limit = limit
        self._new_id = new_id
        self._ready: deque[bytes | Oversized] = deque()
        self.asked_by_us = Questions()
        self.asked_by_cli = Questions()

    # --- in --------------------------------------------------------------------------------

    def receive_data(self, data: bytes) -> None:
        """Take in a chunk; b"" is the end of the stream."""
        if data:
            self._ready.extend(self._lines.feed(data))
        elif (rest := self._lines.end()) is not None:
            self._ready.append(rest)

    def next_event(self) -> Event | None:
        """The next event, or None until more data comes."""
        while self._ready:
            event = self._read(self._ready.popleft())
            if event is not None:
                return event
        return None

    def _read(self, line: bytes | Oversized) -> Event | None:
        if isinstance(line, Oversized):
            limit = f"the line is longer than max_buffer_size, {self._limit} bytes"
            beginning = line.beginning.decode("utf-8", errors="replace")
            from ..redact import redact  # rarely needed

            error = CLIJSONDecodeError(redact(beginning), ValueError(limit))
            return self._unreadable(beginning, error)
        if not line or line.isspace():
            return None
        try:
            event = codec.decode(line)
        except CLIJSONDecodeError as error:
            return self._unreadable(line[:_BEGINNING].decode("utf-8", errors="replace"), error)
        return self._track(_as_request(event))

    def _unreadable(self, beginning: str, error: CLIJSONDecodeError) -> Event | None:
        """The error, or the request or answer that is known from the beginning of the line.

        Otherwise the CLI, or the caller of a request, would wait for an answer that never comes.
        """
        control = _CONTROL.match(beginning)
        if control is None:
            return error
        kind, request_id = control.groups()
        problem = f"it cannot be read: {error.original_error}."
        if kind == "request":
            return self._track(ControlRequest(request_id, "control", problem=problem))
        return self._track(ControlResponse(request_id, error=problem))

    def _track(self, event: codec.Incoming) -> Event | None:
        if isinstance(event, ControlRequest):
            self.asked_by_cli.ask(event.request_id, event.subtype)
        elif isinstance(event, ControlResponse):
            # An answer that nobody waits for any more, or never did, is no event.
            return event if self.asked_by_us.move(event.request_id, State.ANSWERED) else None
        elif isinstance(event, ControlCancel):
            known = self.asked_by_cli.move(event.request_id, State.WITHDRAWN)
            return event if known else None
        return event

    # --- out -------------------------------------------------------------------------------

    def send_user(
        self,
        content: str | Sequence[JSONObject],
        *,
        uuid: str | None = None,
        session_id: str = "default",
        verbatim: bool = False,
    ) -> bytes:
        """A prompt."""
        return codec.encode_user(content, uuid=uuid, session_id=session_id, verbatim=verbatim)

    def send_request(self, subtype: str, payload: JSONObject) -> tuple[str, bytes]:
        """A control request: its id, by which the answer is known, and the bytes.

        :raises OptionsError: JSON cannot say it
        """
        request_id = self._new_id()
        line = codec.encode(
            {
                "type": "control_request",
                "request_id": request_id,
                "request": {"subtype": subtype, **payload},
            }
        )
        self.asked_by_us.ask(request_id, subtype)
        return request_id, line

    def abandon(self, request_id: str) -> None:
        """Nobody waits for this answer any more."""
        self.asked_by_us.move(request_id, State.WITHDRAWN)

    def send_answer(self, request_id: str, response: JSON) -> bytes:
        """The answer to a question of the CLI; b"" if it has been withdrawn or answered.

        :raises OptionsError: JSON cannot say it; the question stays open
        """
        return self._answer(
            request_id, {"subtype": "success", "request_id": request_id, "response": response}
        )

    def send_refusal(self, request_id: str, error: str) -> bytes:
        """The error that a question of the CLI led to; b"" as in `send_answer`."""
        return self._answer(
            request_id, {"subtype": "error", "request_id": request_id, "error": error}
        )

    def _answer(self, request_id: str, response: JSONObject) -> bytes:
        # Encoded first: where that fails, the question is still open for a refusal.
        line = codec.encode({"type": "control_response", "response": response})
        return line if self.asked_by_cli.move(request_id, State.ANSWERED) else b""


def _as_request(event: codec.Incoming) -> codec.Incoming:
    """A request of another shape than known still needs an answer."""
    if not isinstance(event, UnknownMessage) or not isinstance(event.raw, dict):
        return event
    if event.raw.get("type") != "control_request" or "request_id" not in event.raw:
        return event
    problem = f"it has an unknown shape: {event.reason}."
    return ControlRequest(str(event.raw["request_id"]), "control", problem=problem)
