"""Conversion of steps to actions: events of a stream and positions of failures."""

import json

import pytest

from claude_notebook.testing import (
    Cut,
    ErrorEvent,
    Hang,
    Malformed,
    Status,
    Step,
    Think,
    Use,
)
from claude_notebook.testing.answer import (
    Delay,
    Drop,
    Envelope,
    Head,
    Send,
    Stall,
    plan,
)

STEP = Step("abcdef", chunk=2)


def actions(step, failure=None, *, stream=True):
    envelope = Envelope("claude-test", stream, 10, lambda prefix: f"{prefix}_1")
    return list(plan(step, failure, envelope))


def events(planned):
    data = b"".join(action.data for action in planned if isinstance(action, Send)).decode()
    frames = [frame.split("\n") for frame in data.split("\n\n") if frame]
    for name, value in frames:
        assert name == f"event: {json.loads(value.removeprefix('data: '))['type']}"
    return [json.loads(value.removeprefix("data: ")) for _, value in frames]


def kinds(planned):
    return [event["type"] for event in events(planned)]


def whole(planned):
    return json.loads(b"".join(action.data for action in planned if isinstance(action, Send)))


def test_plan_streams_text_in_chunks():
    planned = actions(STEP)

    assert planned[0] == Head(200, "text/event-stream")
    assert kinds(planned) == [
        "message_start",
        "content_block_start",
        *["content_block_delta"] * 3,
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert [event["delta"]["text"] for event in events(planned)[2:5]] == ["ab", "cd", "ef"]
    assert events(planned)[-2]["delta"]["stop_reason"] == "end_turn"


def test_plan_streams_blocks_in_order():
    step = Step([Think("hm", "signed"), "look", Use("Bash", {"command": "ls é"}, id="toolu_own")])
    planned = events(actions(step))

    starts = [event for event in planned if event["type"] == "content_block_start"]
    assert [(event["index"], event["content_block"]["type"]) for event in starts] == [
        (0, "thinking"),
        (1, "text"),
        (2, "tool_use"),
    ]
    assert starts[2]["content_block"] == {
        "type": "tool_use",
        "id": "toolu_own",
        "name": "Bash",
        "input": {},
    }
    deltas = [event["delta"] for event in planned if event["type"] == "content_block_delta"]
    assert deltas[1] == {"type": "signature_delta", "signature": "signed"}
    written = "".join(delta.get("partial_json", "") for delta in deltas)
    assert json.loads(written) == {"command": "ls é"}
    assert planned[-2]["delta"]["stop_reason"] == "tool_use"


def test_plan_unstreamed_answer_matches_stream():
    step = Step(["look", Use("Bash", {"command": "ls"})], usage={"input_tokens": 7})
    message = whole(actions(step, stream=False))

    assert message["content"][0] == {"type": "text", "text": "look"}
    assert message["content"][1]["input"] == {"command": "ls"}
    assert message["stop_reason"] == "tool_use"
    assert message["usage"]["input_tokens"] == 7
    started = events(actions(step))[0]["message"]
    assert {**started, "content": [], "stop_reason": None} == started
    assert started["usage"]["input_tokens"] == 7


def test_plan_without_delay_sends_one_batch():
    assert [type(action) for action in actions(STEP)] == [Head, Send]


def test_plan_with_delay_sends_each_delta_separately():
    planned = actions(Step("abcdef", chunk=2, delay=0.5, wait=2.0))

    assert [type(action) for action in planned] == [Delay, Head, *[Send, Delay] * 3, Send]
    assert [action.seconds for action in planned if isinstance(action, Delay)] == [2.0, *[0.5] * 3]


def test_plan_limits_size_of_batches():
    planned = actions(Step("x" * 100_000, chunk=1))

    assert len(kinds(planned)) == 100_005
    assert max(len(action.data) for action in planned if isinstance(action, Send)) < 70_000


@pytest.mark.parametrize(
    ("failure", "deltas"),
    [(Cut(0), 0), (Cut(2), 2), (Cut(99), 3), (Hang(0), 0), (Hang(2), 2), (Hang(99), 3)],
)
def test_plan_fails_after_given_deltas(failure, deltas):
    planned = actions(STEP, failure)

    assert kinds(planned).count("content_block_delta") == deltas
    assert "message_stop" not in kinds(planned)
    assert planned[-1] == (Drop() if isinstance(failure, Cut) else Stall())


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(("failure", "end"), [(Cut, Drop), (Hang, Stall)])
def test_plan_fails_before_and_at_start(stream, failure, end):
    before = actions(STEP, failure("before"), stream=stream)
    start = actions(STEP, failure("start"), stream=stream)

    assert not any(isinstance(action, (Head, Send)) for action in before)
    assert isinstance(start[0], Head)
    assert isinstance(before[-1], end)
    assert isinstance(start[-1], end)


def test_plan_error_event_ends_stream():
    planned = events(actions(STEP, ErrorEvent("api_error", "broken", after=1)))

    assert [event["type"] for event in planned].count("content_block_delta") == 1
    assert planned[-1]["error"] == {"type": "api_error", "message": "broken"}


def test_plan_malformed_line_among_valid_ones():
    planned = actions(STEP, Malformed(1))
    lines = b"".join(action.data for action in planned if isinstance(action, Send)).split(b"\n")
    wrong = [line for line in lines if line.startswith(b"data: ") and not is_json(line[6:])]

    assert len(wrong) == 1
    assert lines[-2:] == [b"", b""]


def is_json(data):
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


def test_plan_error_uses_usual_type_by_default():
    usual = actions(STEP, Status(429, headers={"retry-after": "3"}))
    own = actions(STEP, Status(429, error="my_error", message="mine"), stream=False)

    assert usual[0] == Head(429, headers={"retry-after": "3"})
    assert whole(usual)["error"]["type"] == "rate_limit_error"
    assert whole(own)["error"] == {"type": "my_error", "message": "mine"}


def test_plan_unstreamed_failures():
    refused = actions(STEP, ErrorEvent("overloaded_error"), stream=False)
    broken = actions(STEP, Malformed(1), stream=False)

    assert refused[0] == Head(529)
    assert broken[0] == Head(200)
    assert not is_json(broken[1].data)
