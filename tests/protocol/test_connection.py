"""Bytes in, events out."""

import itertools
import json
import uuid

import pytest
from hypothesis import given, strategies as st

from claude_notebook.errors import CLIJSONDecodeError
from claude_notebook.messages import ResultMessage, UnknownMessage, UserMessage
from claude_notebook.protocol.connection import Connection
from claude_notebook.protocol.control import ControlRequest

LINES = {
    b'{"type":"result","result":"x"}': ResultMessage(result="x"),
    b'{"type":"control_request","request_id":"r","request":{"subtype":"s"}}': ControlRequest(
        "r", "s", {"subtype": "s"}
    ),
    "a stray line \u2028 here".encode(): UnknownMessage("a stray line \u2028 here"),
    b'{"type":"user","message":{"content":"\xe2\x80\xa8"}}\r': UserMessage("\u2028"),
    b"": None,
    b" \t\r": None,
    b'{"type":': CLIJSONDecodeError,
    b'{"type":"user","message":{"content":"' + b"x" * 300 + b'"}}': CLIJSONDecodeError,
}


def events_of(connection: Connection) -> list:
    return list(iter(connection.next_event, None))


@given(st.lists(st.sampled_from(list(LINES))), st.lists(st.integers(0, 999)), st.booleans())
def test_events_do_not_depend_on_the_cuts(lines, cuts, last_is_ended):
    connection = Connection(limit=300)
    data = b"\n".join(lines) + (b"\n" if last_is_ended and lines else b"")
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    events = []
    for start, end in itertools.pairwise(places):
        if start < end:
            connection.receive_data(data[start:end])
            events += events_of(connection)
    connection.receive_data(b"")
    events += events_of(connection)

    expected = [LINES[line] for line in lines if LINES[line] is not None]
    assert len(events) == len(expected)
    for event, wanted in zip(events, expected, strict=True):
        if wanted is CLIJSONDecodeError:
            assert isinstance(event, CLIJSONDecodeError)
        elif isinstance(wanted, UnknownMessage):
            assert event.raw == wanted.raw
        else:
            assert event == wanted


def test_a_line_above_the_limit_names_the_option_and_the_rest_goes_on():
    connection = Connection(limit=100)
    connection.receive_data(b'{"type":"' + b"x" * 5000 + b'\n{"type":"result"}\n')

    error, result = events_of(connection)
    assert isinstance(error, CLIJSONDecodeError)
    assert "max_buffer_size, 100 bytes" in str(error)
    assert len(error.line) == 200
    assert result == ResultMessage()


@pytest.mark.parametrize("verbatim", [False, True])
def test_prompts(verbatim):
    data = Connection(100).send_user("hi", uuid="u", session_id="s", verbatim=verbatim)
    sent = json.loads(data)

    assert sent["message"] == {"role": "user", "content": "hi"}
    assert (sent["uuid"], sent["session_id"]) == ("u", "s")
    assert sent.get("client_composed", False) is verbatim


def test_ids_of_requests_are_unique_by_default():
    connection = Connection(100)
    ids = {connection.send_request("interrupt", {})[0] for _ in range(50)}

    assert len(ids) == 50
    assert all(uuid.UUID(hex=one) for one in ids)


@pytest.mark.parametrize("space", ["", " "])
def test_an_answer_above_the_limit_is_a_refusal_of_what_was_asked(space):
    connection = Connection(limit=300, new_id=lambda: "ours")
    connection.send_request("get_usage", {})
    body = {"subtype": "success", "request_id": "ours", "response": {"x": "y" * 300}}
    answer = {"type": "control_response", "response": body}
    line = json.dumps(answer, separators=(f",{space}", f":{space}")).encode() + b"\n"

    connection.receive_data(line)
    (refusal,) = events_of(connection)
    assert refusal.request_id == "ours"
    assert "max_buffer_size, 300 bytes" in refusal.error
    connection.receive_data(line)
    assert events_of(connection) == []  # nobody waits for it any more
