"""Each content block by its class, and none is dropped."""

import pytest
from hypothesis import given, strategies as st
from wire import BODIES, JSON_VALUES, line

from claude_notebook.messages import (
    AssistantMessage,
    DocumentBlock,
    ImageBlock,
    RedactedThinkingBlock,
    ServerToolResultBlock,
    ServerToolUseBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    UnknownBlock,
)
from claude_notebook.protocol.codec import lines as codec


@pytest.mark.parametrize(
    ("raw", "block"),
    [
        ({"type": "text", "text": "a"}, TextBlock("a")),
        ({"type": "text", "text": "a", "citations": [{"x": 1}]}, TextBlock("a", [{"x": 1}])),
        ({"type": "thinking", "thinking": "t", "signature": "s"}, ThinkingBlock("t", "s")),
        ({"type": "redacted_thinking", "data": "d"}, RedactedThinkingBlock("d")),
        (
            {"type": "tool_use", "id": "1", "name": "Bash", "input": {"a": [1]}},
            ToolUseBlock("1", "Bash", {"a": [1]}),
        ),
        (
            {"type": "tool_result", "tool_use_id": "1", "content": "x", "is_error": True},
            ToolResultBlock("1", "x", True),
        ),
        (
            {"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text"}]},
            ToolResultBlock("1", [{"type": "text"}]),
        ),
        ({"type": "server_tool_use", "id": "1", "name": "n"}, ServerToolUseBlock("1", "n")),
        ({"type": "mcp_tool_use", "id": "1", "name": "n"}, ServerToolUseBlock("1", "n")),
        (
            {"type": "web_search_tool_result", "tool_use_id": "1", "content": [{}]},
            ServerToolResultBlock("1", [{}], "web_search_tool_result"),
        ),
        ({"type": "image", "source": {"type": "url"}}, ImageBlock({"type": "url"})),
        ({"type": "document", "source": {}, "title": "t"}, DocumentBlock({}, "t")),
        ({"type": "hologram", "z": 1}, UnknownBlock({"type": "hologram", "z": 1})),
        ({"type": "text", "text": 1}, UnknownBlock({"type": "text", "text": 1})),
        ({"type": None}, UnknownBlock({"type": None})),
        ("text", UnknownBlock("text")),
        (None, UnknownBlock(None)),
    ],
    ids=repr,
)
def test_decode_block_returns_the_block_of_each_type(raw, block):
    for kind in ("assistant", "user"):
        decoded = codec.decode(line(type=kind, message={"content": [raw]}))

        assert decoded.content == [block]


@given(st.lists(JSON_VALUES | BODIES, max_size=4))
def test_decode_keeps_every_content_block(blocks):
    decoded = codec.decode(line(type="assistant", message={"content": blocks}))

    assert isinstance(decoded, AssistantMessage)
    assert len(decoded.content) == len(blocks)
