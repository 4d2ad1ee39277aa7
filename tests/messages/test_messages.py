"""Messages as plain values that cover the CLI's output."""

import dataclasses
import json
from collections import defaultdict

import pytest
import recorded

from claude_notebook import messages
from claude_notebook.messages import AssistantMessage, SystemMessage, TextBlock
from claude_notebook.protocol.codec import lines as codec

CLASSES = sorted(
    {
        kind
        for name in messages.__all__
        if dataclasses.is_dataclass(kind := getattr(messages, name))
    },
    key=lambda kind: kind.__name__,
)

# Fields with another name on the wire, or split up.
ELSEWHERE = {
    "type",
    "message",
    "isReplay",
    "isSynthetic",
    "modelUsage",
    "permissionMode",
    "apiKeySource",
    "rate_limit_info",
}


@pytest.mark.parametrize("kind", CLASSES)
def test_messages_have_defaults_and_are_frozen(kind):
    value = kind()

    assert value == kind()
    assert dataclasses.replace(value) == value
    assert all(field.init for field in dataclasses.fields(kind))
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, dataclasses.fields(kind)[0].name, 1)


def test_messages_do_not_share_lists():
    assert AssistantMessage().content is not AssistantMessage().content
    assert AssistantMessage([TextBlock("x")]).content[0].text == "x"


def test_messages_cover_recorded_keys():
    """System messages are exempt because their `data` is complete."""
    unknown = defaultdict(set)
    for path in recorded.ALL:
        for raw in recorded.lines(path, "cli"):
            if raw["type"].startswith("control_"):
                continue
            message = codec.decode(json.dumps(raw).encode())
            if isinstance(message, SystemMessage):
                assert message.data == raw
                continue
            fields = {field.name for field in dataclasses.fields(message)}
            unknown[raw["type"]] |= set(raw) - fields - ELSEWHERE

    assert {kind: keys for kind, keys in unknown.items() if keys} == {}
