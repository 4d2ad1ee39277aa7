"""JSON that is nested too deeply, and lines that cannot be read: the turn continues."""

import copy
import dataclasses
import json

import pytest

from claude_notebook.messages import (
    AssistantMessage,
    ResultMessage,
    TextBlock,
    UnknownBlock,
    UnknownMessage,
    UserMessage,
)
from claude_notebook.protocol.codec import lines as codec
from claude_notebook.protocol.codec.encoder import encode_json
from claude_notebook.protocol.connection import Connection
from claude_notebook.protocol.control import ControlRequest, ControlResponse
from claude_notebook.protocol.depth import LEFT_OUT, MAX_DEPTH, is_too_deep, prune

DEEP = [MAX_DEPTH + 1, 1_000, 5_000, 100_000]
SHAPES = {
    "lists": lambda depth: "[" * depth + "]" * depth,
    "objects": lambda depth: '{"a":' * depth + "1" + "}" * depth,
    "mixed": lambda depth: '[{"a":' * (depth // 2) + "1" + "}]" * (depth // 2),
    "wide": lambda depth: "[1,[]," * depth + "2" + ",{}]" * depth,
}
deeply = pytest.mark.parametrize("depth", DEEP)
shapes = pytest.mark.parametrize("nest", SHAPES.values(), ids=SHAPES)


def events(line, connection=None):
    connection = connection or Connection(1 << 30)
    connection.receive_data(line.encode() + b"\n")
    return list(iter(connection.next_event, None))


def decode(line):
    return codec.decode(line.encode())


@deeply
@shapes
def test_codec_keeps_deep_unknown_message(depth, nest):
    message = decode(f'{{"type":"new","uuid":"u","x":{nest(depth + 2)}}}')

    assert isinstance(message, UnknownMessage)
    assert (message.raw["type"], message.raw["uuid"]) == ("new", "u")
    assert "levels deep" in message.reason
    assert LEFT_OUT in json.dumps(message.raw)


@deeply
@pytest.mark.parametrize(
    "kind", ["system", "stream_event", "rate_limit_event", "transcript_mirror"]
)
def test_codec_keeps_deep_known_message_as_unknown(depth, kind):
    message = decode(f'{{"type":"{kind}","x":{"[" * depth}{"]" * depth}}}')

    assert isinstance(message, UnknownMessage)
    assert message.raw["type"] == kind


@deeply
@shapes
def test_codec_keeps_other_blocks_beside_deep_block(depth, nest):
    use = f'{{"type":"tool_use","id":"t","name":"B","input":{{"x":{nest(depth + 2)}}}}}'
    message = decode(
        f'{{"type":"assistant","message":{{"content":[{{"type":"text","text":"hi"}},{use}]}}}}'
    )

    assert isinstance(message, AssistantMessage)
    assert message.content[0] == TextBlock("hi")
    assert isinstance(message.content[1], UnknownBlock)
    assert message.content[1].raw["id"] == "t"


@deeply
def test_codec_drops_record_of_deep_tool_result(depth):
    deep = SHAPES["lists"](depth)
    block = f'{{"type":"tool_result","tool_use_id":"t","content":{deep}}}'
    message = decode(
        f'{{"type":"user","message":{{"content":[{block}]}},"tool_use_result":{deep},"uuid":"u"}}'
    )

    assert isinstance(message, UserMessage)
    assert isinstance(message.content[0], UnknownBlock)
    assert (message.uuid, message.tool_use_result) == ("u", None)


@deeply
@shapes
def test_codec_prunes_deep_field_of_result(depth, nest):
    message = decode(
        f'{{"type":"result","subtype":"success","result":"ok","total_cost_usd":1.5,'
        f'"structured_output":{nest(depth + 2)}}}'
    )

    assert isinstance(message, ResultMessage)
    assert (message.result, message.total_cost_usd) == ("ok", 1.5)
    assert message.structured_output is None


@deeply
@pytest.mark.parametrize("subtype", ["can_use_tool", "hook_callback", "mcp_message"])
def test_connection_refuses_deep_request(depth, subtype):
    connection = Connection(1 << 30)
    body = f'{{"subtype":"{subtype}","input":{SHAPES["objects"](depth)}}}'
    line = f'{{"type":"control_request","request_id":"r","request":{body}}}'

    (request,) = events(line, connection)

    assert isinstance(request, ControlRequest)
    assert (request.request_id, request.subtype, request.request) == ("r", subtype, {})
    assert "levels deep" in request.problem
    assert connection.send_refusal("r", "no")


@deeply
def test_deep_response_fails_request(depth):
    connection = Connection(1 << 30)
    request_id, _ = connection.send_request("get_usage", {})
    body = (
        f'{{"subtype":"success","request_id":"{request_id}","response":{SHAPES["lists"](depth)}}}'
    )

    (answer,) = events(f'{{"type":"control_response","response":{body}}}', connection)

    assert isinstance(answer, ControlResponse)
    assert "levels deep" in answer.error


UNREADABLE = {
    "cut off": '{"type":"control_request","request_id":"r","request":{"subtype":"can_use_tool"',
    "no object": '{"type":"control_request","request_id":"r","request":7}',
    "nothing": '{"type":"control_request","request_id":"r"}',
    "not JSON": '{"type":"control_request","request_id":"r","request":{"a":undefined}}',
    "open": '{"type":"control_request","request_id":"r","request":{"a":' + "[" * 5000,
    "too long": '{"type":"control_request","request_id":"r","request":{"a":"' + "x" * 6000 + '"}}',
}


@pytest.mark.parametrize("line", UNREADABLE.values(), ids=UNREADABLE)
def test_connection_refuses_unreadable_request(line):
    connection = Connection(6000)

    (request,) = events(line, connection)

    assert isinstance(request, ControlRequest)
    assert request.request_id == "r"
    assert request.problem
    assert connection.send_refusal("r", "no")


@pytest.mark.parametrize("number", ["9" * 5000, "-" + "9" * 5000, "1e999", "-1e999", "NaN"])
def test_numbers_beyond_bounds_leave_the_message_usable(number):
    message = decode(
        '{"type":"assistant","message":{"content":[{"type":"tool_use","id":"t","name":"B",'
        f'"input":{{"n":{number},"x":1e999}}}}]}}}}'
    )

    assert isinstance(message, AssistantMessage)
    assert message.content[0].input == {"n": None, "x": None}


@pytest.mark.parametrize("depth", [1, 10, 100, MAX_DEPTH - 5])
@shapes
def test_codec_keeps_moderate_depth(depth, nest):
    value = json.loads(nest(depth))
    message = decode(f'{{"type":"new","x":{nest(depth)}}}')

    assert message == UnknownMessage({"type": "new", "x": value}, "unknown type")


@pytest.mark.parametrize(
    "text", ["[" * 5000, '\\"[' * 5000, "\\\\" * 999, "]" * 5000, '{\\"a\\":' * 999]
)
def test_brackets_inside_of_strings_do_not_count(text):
    line = f'{{"type":"result","result":"{text}","x":[{{"a":"{text}"}}]}}'.encode()

    assert not is_too_deep(line)
    assert prune(line) == line
    assert codec.decode(line).result == json.loads(f'"{text}"')


@deeply
@shapes
def test_prune_leaves_valid_json_of_bounded_depth(depth, nest):
    line = f'{{"before":"[","x":{nest(depth + 2)},"after":[{nest(depth + 2)},"]"]}}'.encode()
    pruned = prune(line)

    assert is_too_deep(line)
    assert not is_too_deep(pruned)
    value = json.loads(pruned)
    assert list(value) == ["before", "x", "after"]
    assert value["after"][1] == "]"


@shapes
def test_decoded_message_can_be_copied_and_printed(nest):
    for depth in (MAX_DEPTH - 8, 100_000):
        deep = nest(depth)
        use = f'{{"type":"tool_use","id":"t","name":"mcp__a__b","input":{{"x":{deep}}}}}'
        for line in (
            f'{{"type":"assistant","message":{{"content":[{use}]}}}}',
            f'{{"type":"user","message":{{"content":[]}},"tool_use_result":{deep}}}',
            f'{{"type":"result","structured_output":{deep}}}',
            f'{{"type":"new","x":{deep}}}',
        ):
            message = decode(line)
            assert copy.deepcopy(message) == message
            assert repr(message)
            assert json.dumps(dataclasses.asdict(message), indent=1)
            assert encode_json(message)
