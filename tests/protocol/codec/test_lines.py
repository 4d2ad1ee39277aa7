"""The decoder returns one value per line and loses no line."""

import dataclasses
import json
from dataclasses import dataclass

import pytest
from hypothesis import given, strategies as st
from wire import BODIES, JSON_VALUES, TYPES, line

from claude_notebook import messages
from claude_notebook.errors import CLIJSONDecodeError, OptionsError
from claude_notebook.messages import (
    AssistantMessage,
    ResultMessage,
    UnknownMessage,
    UserMessage,
)
from claude_notebook.protocol.codec import flat_messages as flat, lines as codec
from claude_notebook.protocol.codec.encoder import encode_json, encode_user
from claude_notebook.protocol.control import ControlCancel, ControlRequest, ControlResponse


def decode_or_error(data: bytes) -> object:
    try:
        return codec.decode(data)
    except CLIJSONDecodeError as error:
        return error


# --- any input -----------------------------------------------------------------------------


@given(JSON_VALUES)
def test_decode_returns_a_value_for_any_json(value):
    decoded = codec.decode(json.dumps(value).encode())

    assert isinstance(decoded, UnknownMessage)
    assert decoded.reason


@given(TYPES, st.sampled_from([*flat.SYSTEM, "made_up", None, 3]), BODIES)
def test_decode_returns_a_value_for_any_object_of_a_known_type(kind, subtype, body):
    raw = line(**{**body, "type": kind, "subtype": subtype})
    decoded = codec.decode(raw)

    assert decoded is not None
    if isinstance(decoded, UnknownMessage):
        assert decoded.raw["type"] == kind
        assert decoded.reason


@given(st.binary(max_size=50) | TYPES.map(lambda kind: b'{"type": "%s", ' % str(kind).encode()))
def test_decode_returns_a_value_or_one_error_for_any_bytes(data):
    text = data.decode(errors="replace")
    decoded = decode_or_error(data)

    if isinstance(decoded, CLIJSONDecodeError):
        assert text.lstrip("\x00 \t\r").startswith("{")
        assert decoded.line == text[:200]
    assert decoded is not None


# --- messages -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["assistant", "user"])
def test_decode_sets_every_field_of_a_message(kind):
    message = codec.decode(b'{"type":"%s","message":{"content":[],"model":""}}' % kind.encode())
    assert list(vars(message)) != []
    assert vars(message) == vars(type(message)(content=[]))
    assert (message, repr(message)) == (type(message)(content=[]), repr(type(message)(content=[])))
    assert dataclasses.replace(message, uuid="u").uuid == "u"


def test_decode_keeps_the_fields_around_an_answer():
    decoded = codec.decode(
        line(
            type="assistant",
            message={
                "id": "m",
                "model": "<synthetic>",
                "content": [],
                "usage": {"input_tokens": 1},
                "stop_reason": "end_turn",
            },
            parent_tool_use_id="p",
            error="rate_limit",
            session_id="s",
            uuid="u",
            a_new_field=1,
        )
    )

    assert decoded == AssistantMessage(
        content=[],
        model="<synthetic>",
        message_id="m",
        usage={"input_tokens": 1},
        stop_reason="end_turn",
        parent_tool_use_id="p",
        error="rate_limit",
        session_id="s",
        uuid="u",
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"type": "user", "message": {"content": "hi\u2028"}, "isReplay": True},
            UserMessage("hi\u2028", is_replay=True),
        ),
        (
            {"type": "result", "is_error": None, "modelUsage": {"m": {"costUSD": 1}}, "new": 1},
            ResultMessage(model_usage={"m": {"costUSD": 1}}),
        ),
        (
            {"type": "result", "deferred_tool_use": {"id": "1", "name": "n", "input": {}}},
            ResultMessage(deferred_tool_use=messages.DeferredToolUse("1", "n")),
        ),
        (
            {"type": "stream_event", "event": {"type": "made_up"}, "uuid": "u"},
            messages.StreamEvent("u", "", {"type": "made_up"}),
        ),
        (
            {"type": "rate_limit_event", "rate_limit_info": {"status": "new", "resetsAt": 5}},
            messages.RateLimitEvent(
                messages.RateLimitInfo("new", 5, raw={"status": "new", "resetsAt": 5})
            ),
        ),
        (
            {"type": "conversation_reset", "new_conversation_id": "n"},
            messages.ConversationResetMessage("n"),
        ),
        (
            {"type": "command_lifecycle", "command_uuid": "c", "state": "queued"},
            messages.CommandLifecycleMessage("c", "queued"),
        ),
        (
            {"type": "transcript_mirror", "filePath": "/f", "entries": [{}]},
            messages.TranscriptMirrorMessage("/f", [{}]),
        ),
        (
            {"type": "control_request", "request_id": 7, "request": {"subtype": "x"}},
            ControlRequest("7", "x", {"subtype": "x"}),
        ),
        (
            {"type": "control_response", "response": {"request_id": "r", "response": {"a": 1}}},
            ControlResponse("r", {"a": 1}),
        ),
        (
            {"type": "control_response", "response": {"request_id": "r", "subtype": "error"}},
            ControlResponse("r", None, "no reason given"),
        ),
        ({"type": "control_cancel_request", "request_id": "r"}, ControlCancel("r")),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
def test_decode_returns_the_message_of_each_type(given, message):
    assert codec.decode(line(**given)) == message


# --- what does not fit is kept --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ({"type": "made_up"}, "unknown type"),
        ({}, "unknown type"),
        ({"type": ["result"]}, "Expected `str`"),
        ({"type": "control_request"}, "'request' is missing"),
        ({"type": "control_response", "response": {}}, "'request_id' is missing"),
        ({"type": "rate_limit_event"}, "'rate_limit_info' is missing"),
        ({"type": "user"}, "missing required field `message`"),
        ({"type": "user", "message": {"content": None}}, "Expected `array`"),
        ({"type": "assistant", "message": {"content": "text"}}, "Expected `array`"),
        ({"type": "command_lifecycle", "state": 1}, "Expected `str`"),
        ({"type": "system", "subtype": ["status"]}, "unhashable"),
        ({"type": "control_request", "request_id": "r", "request": []}, "no attribute"),
        ({"type": "stream_event", "event": 1}, "Expected `object`"),
    ],
    ids=repr,
)
def test_decode_keeps_malformed_messages_raw(raw, reason):
    decoded = codec.decode(line(**raw))

    assert isinstance(decoded, UnknownMessage)
    assert decoded.raw == raw
    assert reason in decoded.reason


@pytest.mark.parametrize(
    ("data", "raw"),
    [
        (b"(node:1) Warning: something", "(node:1) Warning: something"),
        (b"[1, 2]", [1, 2]),
        (b"null", None),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"[" * 5000, "[" * 5000),
    ],
)
def test_decode_accepts_stray_lines(data, raw):
    assert codec.decode(data).raw == raw


@pytest.mark.parametrize(
    "data",
    [
        b'{"type": "result"',
        b'{"type": "result"}}',
        b'\x00\x00{"type": "result"}',
        b"{'type': 'result'}",
        b'{"a":' * 5000,
    ],
    ids=lambda data: repr(data[:30]),
)
def test_decode_raises_one_error_for_a_broken_object(data):
    with pytest.raises(CLIJSONDecodeError, match="not JSON") as caught:
        codec.decode(data)

    assert caught.value.line == data.decode()[:200]


@pytest.mark.parametrize(
    ("data", "result"),
    [
        (rb'{"type":"result","result":"a\ud800b"}', "a?b"),
        (b'{"type":"result","result":"a\xffb"}', "a\ufffdb"),
        (b'{"type":"result","result":"a\x00b\tc"}', "a\x00b\tc"),
        (b'{"type":"result","result":"x","total_cost_usd":NaN}', "x"),
        (b'{"type":"result","result":"x","total_cost_usd":-Infinity}', "x"),
        (b'{"type":"result","result":"x","total_cost_usd":1e999}', "x"),
        (b'{"type":"result","result":"x","usage":{"a":1.5, "b":-1e999}}', "x"),
    ],
    ids=repr,
)
def test_decode_repairs_lines(data, result):
    decoded = codec.decode(data)

    assert isinstance(decoded, ResultMessage)
    assert decoded.result == result
    assert decoded.total_cost_usd is None


def test_decode_accepts_a_line_of_10_mb():
    text = "é" * 5_000_000
    raw = json.dumps({"type": "result", "result": text}, ensure_ascii=False).encode()

    assert codec.decode(raw).result == text


@pytest.mark.parametrize("kind", ["made_up", "result"])
@pytest.mark.parametrize("depth", [*range(880, 1010, 3), 200_000])
def test_decode_keeps_or_reports_deep_nesting(kind, depth):
    data = b'{"type":"%s","x":%sNaN%s}' % (kind.encode(), b"[" * depth, b"]" * depth)
    decoded = decode_or_error(data)

    if isinstance(decoded, CLIJSONDecodeError):
        assert "recursion" in str(decoded)
    elif isinstance(decoded, UnknownMessage):
        assert decoded.raw["type"] == kind
    else:
        assert decoded == ResultMessage()


def test_decode_message_returns_control_lines_as_unknown():
    raw = {"type": "control_cancel_request", "request_id": "r"}

    assert codec.decode_message(line(**raw)) == UnknownMessage(raw, "a control message")
    assert codec.decode_message(line(type="result")) == ResultMessage()


@pytest.mark.parametrize("data", [b"\xff", b"\x00", b"\t", rb"\ud800"])
def test_decode_message_returns_repaired_control_lines_as_unknown(data):
    decoded = codec.decode_message(b'{"type":"control_cancel_request","request_id":"r%s"}' % data)

    assert isinstance(decoded, UnknownMessage)
    assert decoded.reason == "a control message"
    assert decoded.raw["request_id"].startswith("r")


# --- encoding -----------------------------------------------------------------------------------


@dataclass
class Point:
    x: int
    name: str


@given(JSON_VALUES)
def test_encode_json_writes_one_line(value):
    encoded = encode_json({"value": value})

    assert encoded.endswith(b"}\n")
    assert encoded.count(b"\n") == 1
    assert set(json.loads(encoded)) == {"value"}


@given(st.recursive(st.none() | st.integers(-(2**53), 2**53) | st.text(), st.lists, max_leaves=5))
def test_encode_json_keeps_json_values(value):
    assert json.loads(encode_json(value)) == value


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        (float("nan"), None),
        ({"a": float("inf"), "b": "\ud800"}, {"a": None, "b": "?"}),
        (("\udfff", {"k\ud800": Point(1, "\ud800")}), ["?", {"k?": {"x": 1, "name": "?"}}]),
        ({1: 2}, {"1": 2}),
        (2**70, 2**70),
        ("\u2028\x00\n", "\u2028\x00\n"),
    ],
    ids=repr,
)
def test_encode_json_converts_unusual_values(value, wire):
    assert json.loads(encode_json(value)) == wire


RING: list = []
RING.append(RING)


@pytest.mark.parametrize(
    "value", [object(), {(1, 2): 3}, RING, {"a": "\ud800", "b": object()}, 10**5000], ids=type
)
def test_encode_json_raises_for_values_that_are_not_json(value):
    with pytest.raises(OptionsError, match="cannot be sent as JSON"):
        encode_json(value)


@pytest.mark.parametrize(
    ("more", "added"),
    [
        ({}, {}),
        ({"uuid": "u"}, {"uuid": "u"}),
        ({"verbatim": True}, {"client_composed": True}),
        ({"parent_tool_use_id": "p", "session_id": "s"}, {"parent_tool_use_id": "p"}),
    ],
)
def test_encode_user_adds_optional_fields(more, added):
    sent = json.loads(encode_user([{"type": "text", "text": "hi"}], **more))

    assert sent == {
        "type": "user",
        "message": {"role": "user", "content": [{"type": "text", "text": "hi"}]},
        "parent_tool_use_id": None,
        "session_id": more.get("session_id", "default"),
        **added,
    }
