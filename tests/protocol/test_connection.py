"""A connection turns bytes into events and calls into bytes, for either side."""

import itertools
import json
import uuid

import pytest
from hypothesis import given, strategies as st

from claude_notebook.errors import CLIJSONDecodeError, ProtocolError
from claude_notebook.messages import (
    AssistantMessage,
    ResultMessage,
    TextBlock,
    UnknownMessage,
    UserMessage,
)
from claude_notebook.protocol.connection import Connection, Role
from claude_notebook.protocol.control import ControlCancel, ControlRequest, ControlResponse
from claude_notebook.replay import RecordedAnswer

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
def test_connection_events_do_not_depend_on_chunk_borders(lines, cuts, last_is_ended):
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


def test_connection_reports_a_line_above_the_limit_and_continues():
    connection = Connection(limit=100)
    connection.receive_data(b'{"type":"' + b"x" * 5000 + b'\n{"type":"result"}\n')

    error, result = events_of(connection)
    assert isinstance(error, CLIJSONDecodeError)
    assert "max_buffer_size, 100 bytes" in str(error)
    assert len(error.line) == 200
    assert result == ResultMessage()


@pytest.mark.parametrize("verbatim", [False, True])
def test_send_user_encodes_a_prompt(verbatim):
    data = Connection(100).send_user("hi", uuid="u", session_id="s", verbatim=verbatim)
    sent = json.loads(data)

    assert sent["message"] == {"role": "user", "content": "hi"}
    assert (sent["uuid"], sent["session_id"]) == ("u", "s")
    assert sent.get("client_composed", False) is verbatim


def test_send_request_returns_unique_ids():
    connection = Connection(100)
    ids = {connection.send_request("interrupt", {})[0] for _ in range(50)}

    assert len(ids) == 50
    assert all(uuid.UUID(hex=request_id) for request_id in ids)


@pytest.mark.parametrize("space", ["", " "])
def test_response_above_the_limit_becomes_a_refusal(space):
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
    assert events_of(connection) == []  # no request is open


# --- observers ------------------------------------------------------------------------------------


class Log:
    """An observer that keeps everything."""

    def __init__(self) -> None:
        self.items: list[tuple[str, object, bytes]] = []

    def received(self, event: object, line: bytes) -> None:
        self.items.append(("received", event, line))

    def sent(self, event: object, line: bytes) -> None:
        self.items.append(("sent", event, line))


def observed(limit: int = 10_000, role: Role = Role.CLIENT) -> tuple[Connection, Log]:
    """Return a connection and its observer."""
    connection, log = Connection(limit, lambda: "r1", role), Log()
    connection.add_observer(log)
    return connection, log


def test_connection_observers_get_each_event_with_its_line():
    connection, log = observed(limit=60)
    lines = [b'{"type":"result","result":"x"}', b"stray", b'{"type":', b"{" + b"x" * 80]
    connection.receive_data(b"\n".join([*lines, b" ", b""]))
    events = events_of(connection)

    assert [event for _, event, _ in log.items] == events
    # A line above the limit is not kept.
    assert [line for _, _, line in log.items] == [*lines[:3], b""]


def test_connection_observers_get_responses_that_no_request_waits_for():
    connection, log = observed()
    line = b'{"type":"control_response","response":{"request_id":"late","subtype":"success"}}'
    connection.receive_data(line + b"\n")

    assert events_of(connection) == []
    assert log.items == [("received", ControlResponse("late"), line)]


def test_connection_observers_get_sent_lines():
    connection, log = observed()
    connection.receive_data(b'{"type":"control_request","request_id":"q","request":{}}\n')
    events_of(connection)
    log.items.clear()
    data = [connection.send_user("hi", uuid="u"), connection.send_request("interrupt", {})[1]]
    data += [connection.send_answer("q", {"a": 1})]

    assert connection.send_answer("q", {"a": 2}) == b""  # answered already, so nothing is sent
    assert [line + b"\n" for _, _, line in log.items] == data
    assert [event for _, event, _ in log.items] == [
        UserMessage("hi", uuid="u", session_id="default"),
        ControlRequest("r1", "interrupt", {"subtype": "interrupt"}),
        ControlResponse("q", {"a": 1}),
    ]


def test_connection_returns_recorded_answers_in_order_and_without_a_line():
    connection, log = observed()
    answer = RecordedAnswer({"subtype": "can_use_tool"}, {"behavior": "allow"})
    connection.receive_data(b'{"type":"result"}\n')
    connection.receive_answer(answer)
    connection.receive_data(b'{"type":"result","result":"x"}\n')

    assert events_of(connection) == [ResultMessage(), answer, ResultMessage(result="x")]
    assert log.items[1] == ("received", answer, b"")


# --- roles ----------------------------------------------------------------------------------------


def test_connections_of_both_roles_understand_each_other():
    client, cli = Connection(10_000), Connection(10_000, lambda: "q1", Role.CLI)
    request_id, data = client.send_request("get_usage", {"x": 1})
    cli.receive_data(client.send_user("hi") + data)
    prompt, request = events_of(cli)
    assert (prompt.content, request.subtype, request.request["x"]) == ("hi", "get_usage", 1)

    message = AssistantMessage([TextBlock("Hello.")], "model")
    question_id, question = cli.send_request("can_use_tool", {"tool_name": "Bash"})
    answer = cli.send_answer(request_id, {"cost": 0})
    client.receive_data(cli.send_message(message) + question + answer)
    assert events_of(client) == [
        message,
        ControlRequest("q1", "can_use_tool", {"subtype": "can_use_tool", "tool_name": "Bash"}),
        ControlResponse(request_id, {"cost": 0}),
    ]
    cli.receive_data(client.send_refusal(question_id, "no"))
    assert events_of(cli) == [ControlResponse("q1", error="no")]


def test_cli_withdraws_an_open_request_once():
    client, cli = Connection(10_000), Connection(10_000, lambda: "q1", Role.CLI)
    question_id, question = cli.send_request("can_use_tool", {})
    client.receive_data(question + cli.send_cancel(question_id))

    assert events_of(client)[1] == ControlCancel("q1")
    assert cli.send_cancel(question_id) == b""
    assert client.send_answer("q1", {}) == b""


def test_client_sends_no_messages_of_the_cli():
    client = Connection(10_000)

    assert client.send_message(UserMessage("hi")).endswith(b"\n")
    with pytest.raises(ProtocolError, match="does not send ResultMessage"):
        client.send_message(ResultMessage())
    with pytest.raises(ProtocolError, match="cannot withdraw"):
        client.send_cancel("q1")
