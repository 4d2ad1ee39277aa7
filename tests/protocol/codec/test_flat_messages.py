"""Messages whose fields stand side by side: by their classes, and what does not fit."""

import json

import pytest
from wire import line

from claude_notebook.messages import (
    ModelRefusalMessage,
    ResultMessage,
    SystemMessage,
    TaskUpdatedMessage,
    TextBlock,
)
from claude_notebook.protocol.codec import flat_messages as flat, lines as codec
from claude_notebook.protocol.codec.encoder import encode
from claude_notebook.protocol.codec.lines import decode_message

# --- the CLI about itself -----------------------------------------------------------------------


@pytest.mark.parametrize(("subtype", "kind"), flat.SYSTEM.items())
def test_decode_system_returns_the_class_of_each_subtype(subtype, kind):
    raw = {"type": "system", "subtype": subtype, "patch": {}, "session_id": "s", "new": [1]}
    decoded = codec.decode(line(**raw))

    assert type(decoded) is kind
    assert decoded.data == raw
    assert decoded.session_id == "s"


def test_decode_system_takes_a_task_status_from_the_patch():
    raw = {"type": "system", "subtype": "task_updated", "patch": {"status": "completed"}}

    assert codec.decode(line(**raw)).status == "completed"


@pytest.mark.parametrize(
    "raw",
    [
        {"type": "system", "subtype": "made_up", "x": 1},
        {"type": "system", "subtype": "api_retry", "attempt": "one"},
        {"type": "system"},
    ],
    ids=repr,
)
def test_decode_system_returns_a_plain_message_for_other_subtypes(raw):
    assert codec.decode(line(**raw)) == SystemMessage(raw.get("subtype", ""), raw)


# --- results ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({"num_turns": "many", "result": "x"}, {"result": "x"}),
        ({"num_turns": 1.5, "duration_ms": [1], "is_error": True}, {"is_error": True}),
        ({"result": {"text": "x"}, "errors": ["a", 1], "session_id": "s"}, {"session_id": "s"}),
        ({"modelUsage": [1], "total_cost_usd": 1}, {"total_cost_usd": 1.0}),
        ({"modelUsage": {"m": 1}, "subtype": "error_max_turns"}, {"subtype": "error_max_turns"}),
        ({"deferred_tool_use": "x", "stop_reason": "refusal"}, {"stop_reason": "refusal"}),
    ],
    ids=repr,
)
def test_decode_result_never_fails_for_a_malformed_field(value, kept):
    assert codec.decode(line(type="result", **value)) == ResultMessage(**kept)


@pytest.mark.parametrize("usage", [{"m": {"costUSD": "?", "made_up": [1]}}, {"m": {}}, {}])
def test_decode_result_keeps_unknown_keys_of_usage(usage):
    names = {"modelUsage": usage, "model_usage_since_last_result": usage}
    result = codec.decode(line(type="result", **names))
    assert (result.model_usage, result.model_usage_since_last_result) == (usage, usage)

    for subtype in ("task_progress", "task_notification"):
        task = codec.decode(line(type="system", subtype=subtype, usage=usage, task_id="t"))
        assert type(task) is flat.SYSTEM[subtype]
        assert task.usage == usage


@pytest.mark.parametrize(
    ("subtype", "fields"),
    [
        ("model_refusal_no_fallback", {"original_model": "opus", "request_id": None}),
        ("model_refusal_no_fallback", {"refused_user_message_uuid": "u", "content": "Declined."}),
        ("model_refusal_no_fallback", {"api_refusal_category": "cyber", "content": ""}),
        ("model_refusal_fallback", {"original_model": "opus", "fallback_model": "haiku"}),
        ("model_refusal_fallback", {"direction": "retry", "scope": "local", "content": "x"}),
        ("model_refusal_fallback", {"api_refusal_explanation": "no", "trigger": "refusal"}),
    ],
)
def test_decode_system_types_refusals_of_the_model(subtype, fields):
    wire = {"type": "system", "subtype": subtype, "uuid": "1", "session_id": "s", **fields}
    message = decode_message(json.dumps(wire).encode())

    assert type(message) is ModelRefusalMessage
    for name, value in fields.items():
        if name != "trigger":
            assert getattr(message, name) == value
    assert message.data == wire
    assert decode_message(encode(message)[:-1]) == message


@pytest.mark.parametrize("value", [True, False, None])
def test_decode_system_reads_the_sandbox_of_the_start(value):
    wire = {"type": "system", "subtype": "init", "sandbox_enabled": value}
    assert decode_message(json.dumps(wire).encode()).sandbox_enabled is value


def test_decode_message_reads_the_fields_of_a_retry_after_a_refusal():
    user = {"type": "user", "message": {"role": "user", "content": "again"}}
    retried = decode_message(
        json.dumps({**user, "refusal_retry": True, "refused_message_id": "msg_1"}).encode()
    )
    assert (retried.refusal_retry, retried.refused_message_id) == (True, "msg_1")
    assert decode_message(encode(retried)[:-1]) == retried

    body = {"role": "assistant", "model": "m", "content": []}
    refused = {"type": "assistant", "message": body, "refused_message_id": "msg_1"}
    assert decode_message(json.dumps(refused).encode()).refused_message_id == "msg_1"


@pytest.mark.parametrize(
    "patch",
    [
        {},
        {"patch": None},
        {"patch": "completed"},
        {"patch": ["completed"]},
        {"patch": 42},
        {"patch": {"status": 7}},
    ],
)
def test_decode_system_reads_task_updates_without_a_usable_patch(patch):
    wire = {"type": "system", "subtype": "task_updated", "task_id": "t", **patch}
    message = decode_message(json.dumps(wire).encode())

    assert (type(message), message.task_id, message.status) == (TaskUpdatedMessage, "t", None)
    assert message.data == wire


@pytest.mark.parametrize("kind", ["user", "assistant"])
@pytest.mark.parametrize(
    "field",
    [
        {"origin": "human"},
        {"uuid": 7},
        {"session_id": ["s"]},
        {"timestamp": {}},
        {"parent_tool_use_id": False},
        {"agent_id": 1.5},
    ],
)
def test_decode_message_reads_content_despite_a_field_of_the_wrong_type(kind, field):
    body = {"role": kind, "model": "m", "content": [{"type": "text", "text": "hi"}]}
    wire = {"type": kind, "message": body, "subagent_type": "kept", **field}
    message = decode_message(json.dumps(wire).encode())

    assert message.content == [TextBlock("hi")]
    assert message.subagent_type == "kept"
    assert getattr(message, next(iter(field)), None) is None


@pytest.mark.parametrize("body", [{"content": 7}, {}, None, "x"])
def test_decode_message_keeps_a_message_without_usable_content(body):
    wire = {"type": "user", "message": body, "origin": "human"}
    assert decode_message(json.dumps(wire).encode()).raw == wire
