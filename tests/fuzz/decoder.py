"""Bytes from anywhere never break the decoder: each line is a value or one error."""

from collections.abc import Iterator
from typing import get_args

from claude_notebook.errors import CLIJSONDecodeError, OptionsError, ProtocolError
from claude_notebook.messages import Message
from claude_notebook.protocol.codec import lines as codec
from claude_notebook.protocol.codec.encoder import encode_json
from claude_notebook.protocol.connection import Connection, Event
from claude_notebook.protocol.control import ControlCancel, ControlRequest, ControlResponse

LIMIT = 3000
CONTROL = (ControlRequest, ControlResponse, ControlCancel)
MESSAGES = get_args(Message)


def check(data: bytes) -> list[Event]:
    """Raise AssertionError where `data` breaks a promise; return the events."""
    for line in data.split(b"\n"):
        check_line(line)
    events = list(stream(data, len(data) + 1))
    pieces = list(stream(data, sum(data) % 61 + 1))
    assert [said(one) for one in events] == [said(one) for one in pieces], "the cuts matter"
    return events


def check_line(line: bytes) -> None:
    """A line is a value or one error, the same each time; where messages stand it is a message."""
    try:
        value = codec.decode(line)
    except CLIJSONDecodeError:
        return
    assert isinstance(value, (*MESSAGES, *CONTROL)), type(value)
    assert isinstance(codec.decode_message(line), MESSAGES)
    assert said(value) == said(codec.decode(line)), "not the same each time"


def stream(data: bytes, size: int) -> Iterator[Event]:
    """The events when `data` comes in chunks of `size`."""
    connection, asked = Connection(LIMIT), set()
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    for chunk in [*chunks, b""]:
        connection.receive_data(chunk)
        while (event := connection.next_event()) is not None:
            if isinstance(event, ControlRequest):
                asked.add(event.request_id)
            elif isinstance(event, ControlCancel):
                asked.remove(event.request_id)
                assert connection.send_refusal(event.request_id, "too late") == b""
            yield event
    for request_id in asked:
        assert connection.send_refusal(request_id, "no"), "an open question can be answered"
        assert connection.send_refusal(request_id, "no") == b"", "once"
    assert len(connection.requests_received) == 0


def said(event: object) -> bytes | str:
    """An event as one line of JSON. What is too deep for that is told, by the right exception."""
    if isinstance(event, ProtocolError):
        return str(event)
    try:
        line = encode_json(event)
    except OptionsError:
        return type(event).__name__
    assert line.index(b"\n") == len(line) - 1, "one value, one line"
    return line
