"""Whatever is said arrives whole: no field, key or value is lost or changed on its way."""

import json
from typing import get_args

import pytest
import recorded
from hypothesis import given, settings, strategies as st
from wire import PLAIN, PLAIN_OBJECTS, TEXT, WIRE, instances, line

from claude_notebook.messages import Message, RateLimitEvent, SystemMessage, UnknownMessage
from claude_notebook.protocol.codec import flat_messages as flat, lines as codec
from claude_notebook.protocol.codec.encoder import encode_json
from claude_notebook.protocol.control import ControlRequest, ControlResponse

OBJECTS_OF_NO_TYPE = PLAIN_OBJECTS.filter(lambda value: "type" not in value)


@given(PLAIN.filter(lambda value: not isinstance(value, dict)) | OBJECTS_OF_NO_TYPE)
def test_any_json_line_comes_back_whole(value):
    data = encode_json(value)
    decoded = codec.decode(data)

    assert isinstance(decoded, UnknownMessage)
    assert json.loads(encode_json(decoded.raw)) == json.loads(data) == value


@pytest.mark.parametrize("kind", WIRE, ids=lambda kind: kind.__name__)
@settings(max_examples=50)
@given(st.data())
def test_any_message_comes_back_as_it_was(kind, data):
    message = data.draw(instances(kind))

    assert codec.decode(encode_json(WIRE[kind](message))) == message


@given(st.sampled_from([*flat.SYSTEM, "made_up"]), PLAIN_OBJECTS, PLAIN)
def test_any_system_message_has_all_its_data(subtype, body, patch):
    raw = {**body, "type": "system", "subtype": subtype, "patch": {"status": patch}}
    decoded = codec.decode(encode_json(raw))

    assert isinstance(decoded, SystemMessage)
    assert decoded.subtype == subtype
    assert decoded.data == raw


@given(PLAIN_OBJECTS, TEXT)
def test_any_standing_against_a_limit_has_all_its_data(info, uuid):
    decoded = codec.decode(line(type="rate_limit_event", rate_limit_info=info, uuid=uuid))

    assert isinstance(decoded, RateLimitEvent)
    assert decoded.rate_limit_info.raw == info
    assert decoded.uuid == uuid


@given(TEXT, PLAIN_OBJECTS, PLAIN)
def test_any_question_and_any_answer_have_all_their_data(request_id, request, response):
    asked = codec.decode(line(type="control_request", request_id=request_id, request=request))
    assert isinstance(asked, ControlRequest)
    assert (asked.request_id, asked.request) == (request_id, request)

    body = {"request_id": request_id, "response": response}
    answered = codec.decode(line(type="control_response", response=body))
    assert answered == ControlResponse(request_id, response)


def different(ours: dict, theirs: dict) -> set[str]:
    """The keys that both have, with different values. What we have no field for does not count."""
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
def test_what_the_real_cli_has_said_comes_back_as_it_was(path):
    for raw in recorded.lines(path, "cli"):
        message = codec.decode(json.dumps(raw).encode())
        if type(message) in WIRE:
            again = json.loads(encode_json(WIRE[type(message)](message)))
            assert different(again, raw) == set()


def test_no_class_of_message_is_left_out_here():
    looked_at = {*WIRE, *flat.SYSTEM.values(), SystemMessage, RateLimitEvent, UnknownMessage}

    assert looked_at >= {*get_args(Message)}
