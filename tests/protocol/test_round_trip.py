"""The codec loses and changes no field, key or value, in either direction."""

import dataclasses
import json
from typing import get_args

import pytest
import recorded
from hypothesis import given, settings, strategies as st
from wire import MESSAGES, PLAIN, PLAIN_OBJECTS, TEXT, instances, line

from claude_notebook.messages import (
    Message,
    RateLimitEvent,
    RateLimitInfo,
    SystemMessage,
    TaskUpdatedMessage,
    UnknownMessage,
)
from claude_notebook.protocol.codec import flat_messages as flat, lines as codec
from claude_notebook.protocol.codec.encoder import encode, encode_json
from claude_notebook.protocol.control import ControlCancel, ControlRequest, ControlResponse
from claude_notebook.recording.format import Cassette

OBJECTS_OF_NO_TYPE = PLAIN_OBJECTS.filter(lambda value: "type" not in value)


@given(PLAIN.filter(lambda value: not isinstance(value, dict)) | OBJECTS_OF_NO_TYPE)
def test_decode_keeps_any_json_value(value):
    data = encode_json(value)
    decoded = codec.decode(data)

    assert isinstance(decoded, UnknownMessage)
    assert json.loads(encode_json(decoded.raw)) == json.loads(data) == value


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.__name__)
@settings(max_examples=50)
@given(st.data())
def test_decode_returns_an_equal_message_for_an_encoded_one(kind, data):
    message = data.draw(instances(kind))

    assert codec.decode(encode(message)[:-1]) == message


SYSTEM_CLASSES = sorted({*flat.SYSTEM.values()}, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", SYSTEM_CLASSES, ids=lambda kind: kind.__name__)
@settings(max_examples=30)
@given(st.data())
def test_encode_writes_the_fields_of_a_system_message(kind, data):
    subtype = data.draw(st.sampled_from([n for n, k in flat.SYSTEM.items() if k is kind]))
    fields = {"subtype": subtype, "data": {}}
    message = dataclasses.replace(data.draw(instances(kind)), **fields)
    if kind is TaskUpdatedMessage and message.status is None:
        message = dataclasses.replace(message, patch={})  # the status is part of the patch
    decoded = codec.decode(encode(message)[:-1])

    assert decoded.data["subtype"] == subtype
    if kind is TaskUpdatedMessage:
        status = {} if message.status is None else {"status": message.status}
        assert decoded.patch == {**message.patch, **status}
        fields["patch"] = message.patch
    assert dataclasses.replace(decoded, **fields) == message
    assert codec.decode(encode(decoded)[:-1]) == decoded


@given(st.sampled_from([*flat.SYSTEM, "made_up", None]), PLAIN_OBJECTS, PLAIN)
def test_encode_repeats_the_data_of_a_system_message(subtype, body, patch):
    decoded = codec.decode(
        line(**{**body, "type": "system", "subtype": subtype, "patch": {"status": patch}})
    )

    assert codec.decode(encode(decoded)[:-1]) == decoded


def test_encode_writes_a_field_that_differs_from_the_data():
    init = codec.decode(line(type="system", subtype="init", model="a", permissionMode="plan", x=1))
    changed = dataclasses.replace(init, model="b", permission_mode="default")
    again = codec.decode(encode(changed)[:-1])

    assert (again.model, again.permission_mode, again.data["x"]) == ("b", "default", 1)
    assert "permission_mode" not in again.data


@given(instances(RateLimitInfo), TEXT, TEXT)
def test_decode_returns_an_equal_rate_limit_for_an_encoded_one(info, uuid, session_id):
    first = codec.decode(encode(RateLimitEvent(info, uuid, session_id))[:-1])

    assert (first.uuid, first.session_id) == (uuid, session_id)
    assert codec.decode(encode(first)[:-1]) == first
    assert dataclasses.replace(first.rate_limit_info, raw=info.raw) == info


@given(PLAIN | st.text(st.characters(exclude_categories=["Cs"])))
def test_encode_repeats_the_raw_value_of_an_unknown_message(value):
    data = encode(UnknownMessage(value))

    assert data.count(b"\n") == 1
    decoded = codec.decode(data[:-1])
    assert isinstance(decoded, UnknownMessage)
    assert decoded.raw == value


@given(TEXT, TEXT, PLAIN_OBJECTS, PLAIN)
def test_decode_returns_equal_control_values_for_encoded_ones(request_id, subtype, body, response):
    request = ControlRequest(request_id, subtype, {**body, "subtype": subtype})
    answer = ControlResponse(request_id, response)
    for value in (request, answer, ControlResponse(request_id, error="no"), ControlCancel("q")):
        assert codec.decode(encode(value)[:-1]) == value


@given(st.sampled_from([*flat.SYSTEM, "made_up"]), PLAIN_OBJECTS, PLAIN)
def test_decode_keeps_the_data_of_any_system_message(subtype, body, patch):
    raw = {**body, "type": "system", "subtype": subtype, "patch": {"status": patch}}
    decoded = codec.decode(encode_json(raw))

    assert isinstance(decoded, SystemMessage)
    assert decoded.subtype == subtype
    assert decoded.data == raw


@given(PLAIN_OBJECTS, TEXT)
def test_decode_keeps_the_data_of_any_rate_limit(info, uuid):
    decoded = codec.decode(line(type="rate_limit_event", rate_limit_info=info, uuid=uuid))

    assert isinstance(decoded, RateLimitEvent)
    assert decoded.rate_limit_info.raw == info
    assert decoded.uuid == uuid


@given(TEXT, PLAIN_OBJECTS, PLAIN)
def test_decode_keeps_the_data_of_any_request_and_response(request_id, request, response):
    question = codec.decode(line(type="control_request", request_id=request_id, request=request))
    assert isinstance(question, ControlRequest)
    assert (question.request_id, question.request) == (request_id, request)

    body = {"request_id": request_id, "response": response}
    answered = codec.decode(line(type="control_response", response=body))
    assert answered == ControlResponse(request_id, response)


@pytest.mark.parametrize("path", recorded.ALL, ids=recorded.name_of)
def test_recorded_lines_decode_equal_after_encoding(path):
    for record in Cassette(path).records():
        if record.source in ("cli", "us"):
            event = codec.decode(record.line)

            assert codec.decode(encode(event)[:-1]) == event


def different(ours: dict, theirs: dict) -> set[str]:
    """Return the keys that both have, with different values. Unknown fields do not count."""
    known = {key for key in ours.keys() & theirs.keys() if theirs[key] is not None}
    changed = {key for key in known if ours[key] != theirs[key]}
    if "message" in changed and not different(ours["message"], theirs["message"]):
        changed.remove("message")
    if "content" in changed and isinstance(ours["content"], list):
        pairs = zip(ours["content"], theirs["content"], strict=True)
        if not any(different(*pair) for pair in pairs):
            changed.remove("content")
    return changed


@pytest.mark.parametrize("path", recorded.ALL, ids=recorded.name_of)
def test_encode_repeats_the_recorded_lines_of_the_cli(path):
    for raw in recorded.lines(path, "cli"):
        message = codec.decode(json.dumps(raw).encode())
        if type(message) in MESSAGES:
            assert different(json.loads(encode(message)), raw) == set()


def test_round_trip_covers_every_message_class():
    looked_at = {*MESSAGES, *flat.SYSTEM.values(), SystemMessage, RateLimitEvent, UnknownMessage}

    assert looked_at >= {*get_args(Message)}
