"""Messages whose fields stand side by side: by their classes, and what does not fit."""

import pytest
from wire import line

from claude_notebook.messages import ResultMessage, SystemMessage
from claude_notebook.protocol.codec import flat_messages as flat, lines as codec

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
