"""Promises of the decoder for arbitrary bytes, which `fuzz_decoder.py` tries to break."""

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
    """Raise AssertionError if `data` breaks a promise; return the events."""
    for line in data.split(b"\n"):
        check_line(line)
    events = list(stream(data, len(data) + 1))
    pieces = list(stream(data, sum(data) % 61 + 1))
    assert [encode_event(event) for event in events] == [encode_event(event) for event in pieces], (
        "the chunk boundaries matter"
    )
    return events


def check_line(line: bytes) -> None:
    """Check that a line reproducibly gives a value or one error, and a message if required."""
    try:
        value = codec.decode(line)
    except CLIJSONDecodeError:
        return
    assert isinstance(value, (*MESSAGES, *CONTROL)), type(value)
    assert isinstance(codec.decode_message(line), MESSAGES)
    assert encode_event(value) == encode_event(codec.decode(line)), "not reproducible"


def stream(data: bytes, size: int) -> Iterator[Event]:
    """Yield the events of `data` in chunks of `size`."""
    connection, pending = Connection(LIMIT), set()
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    for chunk in [*chunks, b""]:
        connection.receive_data(chunk)
        while (event := connection.next_event()) is not None:
            if isinstance(event, ControlRequest):
                pending.add(event.request_id)
            elif isinstance(event, ControlCancel):
                pending.remove(event.request_id)
                assert connection.send_refusal(event.request_id, "too late") == b""
            yield event
    for request_id in pending:
        assert connection.send_refusal(request_id, "no"), "an open request accepts a response"
        assert connection.send_refusal(request_id, "no") == b"", "only one response"
    assert len(connection.requests_received) == 0


def encode_event(event: object) -> bytes | str:
    """Encode an event as one line of JSON; name the type of one that is nested too deeply."""
    if isinstance(event, ProtocolError):
        return str(event)
    try:
        line = encode_json(event)
    except OptionsError:
        return type(event).__name__
    assert line.index(b"\n") == len(line) - 1, "one value, one line"
    return line
