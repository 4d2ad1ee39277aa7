"""Hints about tools in all accepted forms."""

import pytest
from mcp.types import ToolAnnotations as TheirAnnotations

from claude_notebook import ToolAnnotations, tool
from claude_notebook.tools.annotations import wire_annotations

CASES = [
    (None, {}, {}),
    (ToolAnnotations(), {}, {}),
    (ToolAnnotations(readOnlyHint=True, title="T"), {"title": "T", "readOnlyHint": True}, {}),
    (ToolAnnotations(read_only_hint=True), {"readOnlyHint": True}, {}),
    (ToolAnnotations(readOnlyHint=False, read_only_hint=True), {"readOnlyHint": False}, {}),
    (
        ToolAnnotations(destructive_hint=True, idempotent_hint=False, open_world_hint=True),
        {"destructiveHint": True, "idempotentHint": False, "openWorldHint": True},
        {},
    ),
    (
        ToolAnnotations(max_result_size_chars=5),
        {},
        {"anthropic/maxResultSizeChars": 5},
    ),
    ({"readOnlyHint": True, "maxResultSizeChars": 7}, {"readOnlyHint": True}, {
        "anthropic/maxResultSizeChars": 7
    }),
    (TheirAnnotations(readOnlyHint=True), {"readOnlyHint": True}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("value", "wire", "meta"), CASES)
def test_wire_annotations_splits_metadata(value, wire, meta):
    assert wire_annotations(value) == (wire, meta)


def test_tool_describes_annotations():
    @tool(annotations=ToolAnnotations(readOnlyHint=True, maxResultSizeChars=9), meta={"x/y": 1})
    def look() -> None:
        """Look."""

    assert look.describe(always_load=False) == {
        "name": "look",
        "description": "Look.",
        "inputSchema": look.schema,
        "annotations": {"readOnlyHint": True},
        "_meta": {"anthropic/maxResultSizeChars": 9, "x/y": 1},
    }
