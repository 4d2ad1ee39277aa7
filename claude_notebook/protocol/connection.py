"""The protocol as a state machine without I/O: bytes in, events out; calls in, bytes out."""

from __future__ import annotations

import enum
import re
import uuid
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, Union

from ..errors import CLIJSONDecodeError, LineTooLongError, ProtocolError
from ..messages import JSON, JSONObject, Message, UnknownMessage, UserMessage
from ..replay import RecordedAnswer
from .codec import lines as codec
from .codec.encoder import Encodable, encode, encode_user
from .control import ControlCancel, ControlRequest, ControlResponse, OpenRequests, State
from .framing import LineSplitter, Oversized

Event = Union[Encodable, RecordedAnswer, ProtocolError]
"""A value that one side receives. A `ProtocolError` takes the place of an unreadable line."""


class Role(enum.Enum):
    """The side of the conversation that a `Connection` represents."""

    CLIENT = "client"
    CLI = "cli"


_MESSAGES_OF: dict[Role, tuple[type, ...]] = {
    Role.CLIENT: (UserMessage, ControlRequest, ControlResponse),
    Role.CLI: (object,),
}
"""The types that each role may send. The CLI may send all of them."""


_CONTROL_EVENTS = frozenset({ControlRequest, ControlResponse, ControlCancel})


class Observer(Protocol):
    """Sees every line of a connection, together with the value that it encodes."""

    def received(self, event: Event, line: bytes) -> None:
        """Observe an event.

        :param line: the line without its line ending. It is b"" for a `RecordedAnswer`, which has
            no line, and for a line above the size limit, which is not kept.
        """

    def sent(self, event: Encodable, line: bytes) -> None:
        """Observe an encoded value and its line, without the line ending."""


_BEGINNING = 400
"""Number of bytes to search for a request or response id in an unreadable line."""

_CONTROL = re.compile(
    r'\s*\{"type": ?"control_(request|response)".*?"request_id": ?"([^"]*)"', re.DOTALL
)


class Connection:
    """One side of a conversation between a client and the CLI.

    Pass received bytes to `receive_data`, take events from `next_event`, and transmit the bytes
    that the `send_*` methods return. Every received line is split and decoded once, and observers
    get both the decoded event and the line.

    :param limit: maximum size of a line in bytes.
    :param new_id: a function that returns a new id for a control request.
    :param role: the side that this connection represents.
    """

    def __init__(
        self,
        limit: int,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
        role: Role = Role.CLIENT,
    ) -> None:
        self.role = role
        self.requests_sent = OpenRequests()
        self.requests_received = OpenRequests()
        self.line = b""
        """The line of the event most recently returned by `next_event`."""
        self._lines = LineSplitter(limit)
        self._limit = limit
        self._new_id = new_id
        self._ready: deque[bytes | RecordedAnswer] = deque()
        self._observers: tuple[Observer, ...] = ()

    def add_observer(self, observer: Observer) -> None:
        """Let `observer` see all lines from now on. Any exception that it raises propagates."""
        self._observers = (*self._observers, observer)

    # --- in --------------------------------------------------------------------------------

    def receive_data(self, data: bytes) -> None:
        """Add received bytes; b"" marks the end of the stream."""
        if data:
            self._ready.extend(self._lines.feed(data))
        elif (rest := self._lines.end()) is not None:
            self._ready.append(rest)

    def receive_answer(self, answer: RecordedAnswer) -> None:
        """Add a recorded answer, which does not go through the codec.

        It comes after the lines that have been completed so far.
        """
        self._ready.append(answer)

    def next_event(self) -> Event | None:
        """Return the next event, or None until more data arrives."""
        while self._ready:
            item = self._ready.popleft()
            if isinstance(item, RecordedAnswer):
                event: Event = item
                self.line = b""
            elif not item or item.isspace():
                continue
            else:
                event = self._decode(item)
                self.line = b"" if isinstance(item, Oversized) else item
            for observer in self._observers:
                observer.received(event, self.line)
            if self._is_wanted(event):
                return event
        return None

    def _decode(self, line: bytes) -> Event:
        if isinstance(line, Oversized):
            beginning = line.decode("utf-8", errors="replace")
            from ..redact import redact  # rarely needed

            return _unreadable(beginning, LineTooLongError(redact(beginning), self._limit))
        try:
            return _as_request(codec.decode(line))
        except CLIJSONDecodeError as error:
            return _unreadable(line[:_BEGINNING].decode("utf-8", errors="replace"), error)

    def _is_wanted(self, event: Event) -> bool:
        """Update the tables of open requests.

        Return False for a response or withdrawal that does not match a request.

        A response may arrive after its request has been abandoned.
        """
        if type(event) not in _CONTROL_EVENTS:  # a hash lookup, since this runs for each message
            return True
        if isinstance(event, ControlRequest):
            self.requests_received.open(event.request_id, event.subtype)
        elif isinstance(event, ControlResponse):
            return self.requests_sent.move(event.request_id, State.ANSWERED)
        elif isinstance(event, ControlCancel):
            return self.requests_received.move(event.request_id, State.WITHDRAWN)
        return True

    # --- out -------------------------------------------------------------------------------

    def send_user(
        self,
        content: str | Sequence[JSONObject],
        *,
        uuid: str | None = None,
        session_id: str = "default",
        verbatim: bool = False,
        fields: Mapping[str, JSON] | None = None,
    ) -> bytes:
        """Encode a prompt."""
        data = encode_user(
            content, uuid=uuid, session_id=session_id, verbatim=verbatim, fields=fields
        )
        return self._observed(codec.decode_message(data[:-1]), data) if self._observers else data

    def send_message(self, message: Message) -> bytes:
        """Encode a message.

        :raises ProtocolError: if this role does not send messages of that type
        """
        if not isinstance(message, _MESSAGES_OF[self.role]):
            raise ProtocolError(
                f"A {self.role.value} does not send {type(message).__name__}. Use Role.CLI."
            )
        return self._send(message)

    def send_request(self, subtype: str, payload: JSONObject) -> tuple[str, bytes]:
        """Encode a control request.

        :returns: the id, which the response repeats, and the bytes
        :raises OptionsError: if the payload cannot be represented as JSON
        """
        request_id = self._new_id()
        data = self._send(ControlRequest(request_id, subtype, {"subtype": subtype, **payload}))
        self.requests_sent.open(request_id, subtype)
        return request_id, data

    def abandon(self, request_id: str) -> None:
        """Stop waiting for a request's response. The peer is not notified."""
        self.requests_sent.move(request_id, State.WITHDRAWN)

    def send_cancel(self, request_id: str) -> bytes:
        """Encode the withdrawal of a request, or return b"" if it is not open.

        :raises ProtocolError: if this role cannot withdraw a request
        """
        if self.role is not Role.CLI:
            raise ProtocolError("A client cannot withdraw a request. Use abandon().")
        known = self.requests_sent.move(request_id, State.WITHDRAWN)
        return self._send(ControlCancel(request_id)) if known else b""

    def send_answer(self, request_id: str, response: JSON) -> bytes:
        """Encode the response to a request, or return b"" if the request is not open.

        :raises OptionsError: if the response cannot be represented as JSON; the request stays open
        """
        return self._answer(ControlResponse(request_id, response))

    def send_refusal(self, request_id: str, error: str) -> bytes:
        """Encode an error as the response to a request, or return b"" if it is not open."""
        return self._answer(ControlResponse(request_id, error=error))

    def _answer(self, response: ControlResponse) -> bytes:
        # If encoding fails, the request stays open so that it can be rejected.
        data = encode(response)
        if not self.requests_received.move(response.request_id, State.ANSWERED):
            return b""
        return self._observed(response, data)

    def _send(self, event: Encodable) -> bytes:
        return self._observed(event, encode(event))

    def _observed(self, event: Encodable, data: bytes) -> bytes:
        for observer in self._observers:
            observer.sent(event, data[:-1])
        return data


def _unreadable(beginning: str, error: CLIJSONDecodeError) -> Event:
    """Return the error, or the request or response that the beginning of the line announces.

    Otherwise, the CLI or the caller of a request would wait forever.
    """
    control = _CONTROL.match(beginning)
    if control is None:
        return error
    kind, request_id = control.groups()
    problem = f"it cannot be read: {error.original_error or error}."
    if kind == "request":
        return ControlRequest(request_id, "control", problem=problem)
    return ControlResponse(request_id, error=problem)


def _as_request(event: codec.Incoming) -> codec.Incoming:
    """Return a request even if the line has an unknown shape, because it needs a response."""
    if not isinstance(event, UnknownMessage) or not isinstance(event.raw, dict):
        return event
    if event.raw.get("type") != "control_request" or "request_id" not in event.raw:
        return event
    problem = f"it has an unknown shape: {event.reason}."
    return ControlRequest(str(event.raw["request_id"]), "control", problem=problem)
