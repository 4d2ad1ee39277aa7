"""Replay of recorded conversations with new ids."""

import json
from pathlib import Path

import pytest
import recorded
from recorded import ALL, name_of

from claude_notebook import (
    ClaudeSDKClient,
    ProcessError,
    ReplayTransport,
    SessionNotFoundError,
    query,
)
from claude_notebook.errors import APIError, CassetteError
from claude_notebook.messages import (
    InformationalMessage,
    ResultMessage,
    SystemMessage,
    UnknownMessage,
)
from claude_notebook.protocol.codec import lines as codec
from claude_notebook.recording import IdMapper

CONVERSATIONS = [path for path in ALL if recorded.is_conversation(path)]
NOT_STARTED = {"bidi_sessions.5_unknown": SessionNotFoundError}


def expected(path: Path, *, ours: bool) -> list[str]:
    """Return the types of the expected messages, with lifecycle messages unless `ours`."""
    kinds = [line["type"] for line in recorded.lines(path, "cli") if not line.get("sdk_host_only")]
    hidden = {"command_lifecycle"} if ours else set()
    return [kind for kind in kinds if not kind.startswith("control_") and kind not in hidden]


def raw_results(path: Path) -> list[dict]:
    return [line for line in recorded.lines(path, "cli") if line["type"] == "result"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "path", [p for p in CONVERSATIONS if name_of(p) not in NOT_STARTED], ids=name_of
)
async def test_client_replays_recorded_conversation(path):
    messages, error, question = await recorded.replay(path)

    # The CLI's messages have ids; the notice of a failed handler has none.
    ours = [m for m in messages if isinstance(m, InformationalMessage) and not m.uuid]
    assert len(ours) == (2 if name_of(path) == "bidi_can_use_tool_error" else 0)
    assert len(messages) - len(ours) == len(expected(path, ours=True))
    assert not any(isinstance(message, UnknownMessage) for message in messages)
    results = [message for message in messages if isinstance(message, ResultMessage)]
    assert [result.subtype for result in results] == [item["subtype"] for item in raw_results(path)]
    assert isinstance(error, ProcessError)
    assert error.exit_code == recorded.ending(path).exit_code
    questions = {"can_use_tool", "hook_callback"}
    requests = [item for item in recorded.lines(path, "cli") if item["type"] == "control_request"]
    assert len(question) == sum(item["request"]["subtype"] in questions for item in requests)


@pytest.mark.anyio
@pytest.mark.parametrize(("name", "kind"), NOT_STARTED.items())
async def test_client_reports_failed_start(name, kind):
    path = recorded.FOLDER / f"{name}.jsonl"
    client = ClaudeSDKClient(transport=ReplayTransport(path, rewriter=IdMapper()))

    with pytest.raises(kind):
        await client.connect()

    assert client.alive is False


def prompts_only(path: Path) -> bool:
    first, *rest = recorded.lines(path, "us")
    return bool(rest) and not first["request"]["hooks"] and {r["type"] for r in rest} == {"user"}


@pytest.mark.anyio
@pytest.mark.parametrize("path", [p for p in CONVERSATIONS if prompts_only(p)], ids=name_of)
async def test_query_holds_a_recorded_conversation_to_its_end(path):
    async def prompts():
        for line in recorded.lines(path, "us")[1:]:
            yield line

    messages, error = [], None
    try:
        async for message in query(
            prompt=prompts(), transport=ReplayTransport(path, rewriter=IdMapper())
        ):
            messages.append(message)
    except (APIError, ProcessError) as raised:
        error = raised

    results = raw_results(path)
    if error is None:
        assert len(messages) == len(expected(path, ours=False))
        # An interrupt is an error of the turn, but not of the query.
        assert not any(result["is_error"] and result["subtype"] == "success" for result in results)
    elif isinstance(error, APIError):
        assert messages[-1] is error.result_message
        assert error.result_message.is_error
    else:
        assert not results or results[-1]["is_error"]
        assert error.exit_code == recorded.ending(path).exit_code


@pytest.mark.anyio
async def test_costs_of_turns_add_up_to_the_total():
    path = recorded.FOLDER / "bidi_two_turns.jsonl"
    messages, _, _ = await recorded.replay(path)

    first, second = (m for m in messages if isinstance(m, ResultMessage))
    assert first.cost_usd == first.total_cost_usd > 0
    assert second.cost_usd == pytest.approx(second.total_cost_usd - first.total_cost_usd)


@pytest.mark.anyio
async def test_replay_of_cleared_conversation_counts_from_zero():
    path = recorded.FOLDER / "bidi_slash.jsonl"
    messages, _, _ = await recorded.replay(path)

    kinds = [type(m).__name__ for m in messages]
    after = messages[kinds.index("ConversationResetMessage") :]
    results = [m for m in after if isinstance(m, ResultMessage)]
    assert sum(r.cost_usd for r in results) == pytest.approx(results[-1].total_cost_usd)
    assert all(r.cost_usd >= 0 for r in results)


@pytest.mark.anyio
async def test_another_prompt_than_the_recorded_one_is_refused():
    path = recorded.FOLDER / "bidi_sessions.1_first.jsonl"

    with pytest.raises(CassetteError, match=r'"First thing".*"Something else"'):
        async for _ in query(
            prompt="Something else", transport=ReplayTransport(path, rewriter=IdMapper())
        ):
            pass


# --- the mapper alone ----------------------------------------------------------------------------


def line(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def request(request_id: str, subtype: str, **fields: object) -> bytes:
    return line(
        type="control_request", request_id=request_id, request={"subtype": subtype, **fields}
    )


def user(content: object, **fields: object) -> bytes:
    return line(type="user", message={"role": "user", "content": content}, **fields)


def hooks(*ids: str) -> dict:
    return {"Stop": [{"matcher": None, "hookCallbackIds": list(ids)}], "PreToolUse": []}


@pytest.mark.parametrize(
    ("recorded_sent", "actual", "recorded_received", "handed_out"),
    [
        (
            request("r1", "interrupt"),
            request("now", "interrupt"),
            {"type": "control_response", "response": {"request_id": "r1", "x": "r1é"}},
            {"type": "control_response", "response": {"request_id": "now", "x": "r1é"}},
        ),
        (
            user("hi", uuid="u1"),
            user("hi", uuid="u2"),
            {"type": "result", "user_message_uuids": ["u1", "u0"], "command_uuid": "u1"},
            {"type": "result", "user_message_uuids": ["u2", "u0"], "command_uuid": "u2"},
        ),
        (
            request("r1", "initialize", hooks=hooks("a", "b")),
            request("r1", "initialize", hooks=hooks("x", "y")),
            {"request": {"subtype": "hook_callback", "callback_id": "b"}},
            {"request": {"subtype": "hook_callback", "callback_id": "y"}},
        ),
        (user("hi"), user("hi", uuid="u2"), {"type": "result"}, {"type": "result"}),
    ],
)
def test_ids_are_mapped(recorded_sent, actual, recorded_received, handed_out):
    mapper = IdMapper()
    mapper.sent(recorded_sent, actual)

    assert json.loads(mapper.received(line(**recorded_received))) == handed_out


@pytest.mark.parametrize(
    ("then", "now", "told"),
    [
        (user("a"), user("b"), 'a prompt "a", but a prompt "b"'),
        (user("a"), request("r", "interrupt"), 'a prompt "a", but control_request interrupt'),
        (
            request("r", "set_model"),
            request("r", "interrupt"),
            "control_request set_model, but .* interrupt",
        ),
        (line(type="control_response", response={}), user("a"), "a response to a request, but"),
        (b"[1]", user("a"), "no JSON object, but a prompt"),
        (b"what?", user([{"type": "text", "text": "a"}]), "no JSON object, but a prompt"),
    ],
)
def test_id_mapper_rejects_mismatching_line(then, now, told):
    with pytest.raises(CassetteError, match=told):
        IdMapper().sent(then, now)


@pytest.mark.parametrize("text", [b"", b"r1 is not JSON", b'["r1", 1]', b"\xff r1"])
def test_id_mapper_passes_non_objects_unchanged(text):
    mapper = IdMapper()
    mapper.sent(request("r1", "interrupt"), request("r2", "interrupt"))

    assert mapper.received(text) == text


# --- every line of every recording ----------------------------------------------------------------


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_codec_knows_every_recorded_line(path):
    for raw in recorded.lines(path, "cli"):
        message = codec.decode(json.dumps(raw).encode())
        assert not isinstance(message, UnknownMessage), message
        assert "UnknownBlock" not in repr(message)
        if raw["type"] == "system":
            assert isinstance(message, SystemMessage)
            assert type(message) is not SystemMessage, raw
