"""Handlers for stream events, which carry the answer while the model produces it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from ...messages import JSONObject, StreamEvent
from ...messages.json_fields import Fields
from ..tools.base import Call
from .entries import Draft, ProseEntry, ToolEntry

if TYPE_CHECKING:
    from .turn_view import TurnView

Handler = Callable[["TurnView", "str | None", JSONObject, float], None]


def stream_event(view: TurnView, message: StreamEvent, now_ms: float) -> None:
    """Apply a single stream event to the view."""
    handler = _EVENTS.get(Fields(message.event).text("type"))
    if handler is not None:
        handler(view, message.parent_tool_use_id, message.event, now_ms)


def _on_message_start(view: TurnView, parent: str | None, event: JSONObject, now_ms: float) -> None:
    view.withdraw(parent)
    view.end_retry()
    message = Fields(event).obj("message")
    view.drafts[parent] = Draft(message.text("id"))
    usage = message.raw.get("usage")
    view.totals.request(message.text("id"), message.text("model"), usage, main=parent is None)


def _on_message_delta(view: TurnView, parent: str | None, event: JSONObject, now_ms: float) -> None:
    draft = view.drafts.get(parent)
    if draft is not None:
        view.totals.request(draft.message_id, "", event.get("usage"), main=parent is None)


def _on_block_start(view: TurnView, parent: str | None, event: JSONObject, now_ms: float) -> None:
    draft = view.drafts.get(parent)
    block = Fields(event).obj("content_block")
    if draft is None:
        return
    index = Fields(event).whole("index")
    kind = block.text("type")
    if kind in ("tool_use", "server_tool_use"):
        call = Call(block.text("name"), cwd=view.cwd)
        draft.blocks[index] = view.tool(block.text("id"), call, parent, now_ms)
    elif kind == "thinking":
        draft.blocks[index] = view.prose("thinking", parent, now_ms)
    elif kind == "text" and block.text("text"):
        _grow(view, parent, index, "text", block.text("text"), now_ms)


def _on_block_delta(view: TurnView, parent: str | None, event: JSONObject, now_ms: float) -> None:
    delta = event.get("delta")
    if not isinstance(delta, dict):
        return
    kind, index = delta.get("type"), event.get("index")
    if not isinstance(index, int):
        index = 0
    if kind == "text_delta":
        _grow(view, parent, index, "text", delta.get("text"), now_ms)
    elif kind == "thinking_delta":
        _grow(view, parent, index, "thinking", delta.get("thinking"), now_ms)
    elif kind == "input_json_delta":
        _grow_input(view, parent, index, delta.get("partial_json"))


def _grow(
    view: TurnView,
    parent: str | None,
    index: int,
    kind: Literal["text", "thinking"],
    text: object,
    now_ms: float,
) -> None:
    draft = view.drafts.get(parent)
    if draft is None or not isinstance(text, str) or not text:
        return
    entry = draft.blocks.get(index)
    if entry is None:
        entry = draft.blocks[index] = view.prose(kind, parent, now_ms)
    if isinstance(entry, ProseEntry) and entry.open:
        entry.feed(text)
        view.touch(entry)


def _grow_input(view: TurnView, parent: str | None, index: int, text: object) -> None:
    draft = view.drafts.get(parent)
    entry = draft.blocks.get(index) if draft is not None else None
    if isinstance(entry, ToolEntry) and isinstance(text, str):
        entry.feed_json(text)
        view.touch(entry)


_EVENTS: dict[str, Handler] = {
    "message_start": _on_message_start,
    "message_delta": _on_message_delta,
    "content_block_start": _on_block_start,
    "content_block_delta": _on_block_delta,
}
