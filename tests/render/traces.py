"""Recorded conversations as messages."""

from __future__ import annotations

from pathlib import Path

from claude_notebook.messages import Message
from claude_notebook.protocol.codec.lines import decode_message
from claude_notebook.recording.transports import Cassette
from claude_notebook.render.view.reducer import apply_message
from claude_notebook.render.view.turn_view import TurnView

FOLDER = Path(__file__).parent.parent / "cassettes"
NAMES = sorted(path.name.removesuffix(".jsonl") for path in FOLDER.glob("*.jsonl"))


def messages_of(name: str) -> list[Message]:
    """Return the messages of the CLI without control requests and responses."""
    records = Cassette(FOLDER / f"{name}.jsonl").records()
    lines = [record.line for record in records if record.source == "cli"]
    return [decode_message(line) for line in lines if b'"control_' not in line[:60]]


def view_of(
    messages: list[Message], *, start: float = 1_000_000.0, step: float = 100.0
) -> TurnView:
    """Return the view of a turn with one message every `step` milliseconds."""
    view = TurnView(start)
    now = start
    for message in messages:
        now += step
        apply_message(view, message, now)
    view.finish("done", now)
    return view
