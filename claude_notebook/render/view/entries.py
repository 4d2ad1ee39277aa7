"""A turn's panels while they change. Each entry tracks its changes since the last flush."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, Union

import msgspec

from ...messages import JSONObject
from ..content import Piece
from ..html.markdown.stream import MarkdownStream
from ..html.parts import part
from ..html.sanitizer import one_line
from ..model import (
    Op,
    Panel,
    Part,
    TextOp,
    TextPanel,
    ThinkingPanel,
    ToolPanel,
    ToolState,
)
from ..tools.base import Call, Outcome, ToolDisplay
from ..tools.table import show
from .options import PLAIN_LOOK, Look


def panel_op(panel: Panel) -> Op:
    """Return the operation that creates a panel or replaces everything except for its text."""
    return {"op": "panel", "panel": msgspec.to_builtins(panel)}


class ProseEntry:
    """The model's text or thinking while it grows."""

    def __init__(
        self,
        panel_id: str,
        parent: str | None,
        kind: Literal["text", "thinking"],
        look: Look = PLAIN_LOOK,
    ) -> None:
        self.id, self.parent, self.kind = panel_id, parent, kind
        self.look = look
        self.stream = MarkdownStream(look.engine)
        self.seen = 0
        """The number of characters received, some of which may have been dropped due to a limit."""
        self.blocks: list[str] = []
        self.open = True
        self.certain = False  # confirmed by a complete message
        self.started_ms = 0.0
        self.summary = "Thinking…" if kind == "thinking" else ""
        self._sent = 0
        self._tail_sent = ""
        self._chrome_sent = False
        self._grown = False

    @property
    def text(self) -> str:
        """Return the Markdown source."""
        return self.stream.text

    @property
    def fragments(self) -> Iterator[str]:
        """Return the text as safe HTML, in fragments that are each complete."""
        return map(self.look.html, self.stream.fragments())

    def feed(self, text: str) -> None:
        """Append text."""
        self._grown = True
        room = len(text) if self.look.limit is None else max(0, self.look.limit - self.seen)
        self.seen += len(text)
        self.stream.feed(text[:room])

    def close(self, summary: str = "") -> None:
        """Mark the text as complete."""
        if self.open:
            limit = self.look.limit
            if limit is not None and self.seen > limit:
                self.stream.feed(f"\n\n… cut: {limit:,} of {self.seen:,} characters\n")
            self.blocks += map(self.look.html, self.stream.finish())
            self.open, self._chrome_sent, self._grown = False, False, True
            self.summary = summary or self.summary

    def note(self, summary: str) -> None:
        """Replace the summary."""
        if summary != self.summary:
            self.summary, self._chrome_sent = summary, False

    def panel(self) -> TextPanel | ThinkingPanel:
        """Return the panel without its text, which is sent by text operations."""
        if self.kind == "thinking":
            return ThinkingPanel(self.id, parent=self.parent, open=self.open, summary=self.summary)
        return TextPanel(self.id, parent=self.parent, open=self.open)

    def full_panel(self) -> Panel:
        """Return the panel with all of its text."""
        self._take()
        return replace(self.panel(), blocks=tuple(self.blocks), tail=self._tail)

    def ops(self) -> list[Op]:
        """Return the changes since the last call."""
        ops: list[Op] = [] if self._chrome_sent else [panel_op(self.panel())]
        if self._grown:
            self._take()
            ops.append(self._growth())
        self._sent, self._chrome_sent, self._grown = len(self.blocks), True, False
        return ops

    def snapshot(self) -> list[Op]:
        """Return the complete state. A subsequent `ops` may repeat blocks."""
        self._take()
        # The snapshot may be ahead of the last `ops`, so the next text must not build on either.
        self._tail_sent = ""
        return [panel_op(self.panel()), self._text_op(0, self._tail)]

    def _take(self) -> None:
        if self.open:
            self.blocks += map(self.look.html, self.stream.take())

    @property
    def _tail(self) -> str:
        return self.look.html(self.stream.tail)

    def _growth(self) -> Op:
        """Return the new text, leaving out the beginning that it shares with the previous tail."""
        op = self._text_op(self._sent, self._tail)
        first = op["blocks"][0] if op["blocks"] else op["tail"]
        same = common_prefix(self._tail_sent, first)
        self._tail_sent = op["tail"]
        if same:
            op["keep"] = len(first[:same].encode("utf-16-le")) // 2
            if op["blocks"]:
                op["blocks"][0] = first[same:]
            else:
                op["tail"] = first[same:]
        return op

    def _text_op(self, start: int, tail: str) -> TextOp:
        blocks = self.blocks[start:]
        return {"op": "text", "id": self.id, "start": start, "blocks": blocks, "tail": tail}


def common_prefix(first: str, second: str) -> int:
    """Return the length of the longest common prefix of two strings."""
    low, high = 0, min(len(first), len(second))
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


# These fields identify a call while its input is still being written.
_IDENTIFYING_FIELDS = frozenset(
    {
        *("command", "description", "file_path", "notebook_path", "pattern", "path"),
        *("query", "subagent_type", "subject", "url"),
    }
)
_STRING = re.compile(r'"(\w+)"\s*:\s*"((?:[^"\\]|\\.)*)"')
_GUESS_CHARS = 3000


def _unquoted(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text


class ToolEntry:
    """A tool call, from the start of its input to its outcome."""

    def __init__(self, panel_id: str, parent: str | None, call: Call, look: Look) -> None:
        self.id, self.parent, self.call = panel_id, parent, call
        self.look = look
        self.outcome: Outcome | None = None
        self.state: ToolState = "running"
        self.started_ms = 0.0
        self.elapsed_ms: float | None = None
        self.activity = ""
        self.background = False
        self.certain = False  # confirmed by a complete message
        self._json = ""  # the beginning of the input while it is being written
        self._changed = True
        self._display: ToolDisplay | None = None
        self._parts: dict[str, tuple[Part, ...]] = {}
        self._sent: dict[str, tuple[Part, ...]] = {}

    def update(self, **changes: object) -> None:
        """Set fields, and schedule a redraw if any value changed."""
        for name, value in changes.items():
            if getattr(self, name) != value:
                setattr(self, name, value)
                self._changed = True
                if name in ("call", "outcome"):
                    self._display = None
                    self._parts.clear()

    def changed(self) -> None:
        """Schedule a redraw."""
        self._changed = True

    def move(self, panel_id: str, parent: str) -> None:
        """Move the call into `parent` under a new panel id."""
        self.id, self.parent = panel_id, parent
        self._sent.clear()
        self._changed = True

    def feed_json(self, text: str) -> None:
        """Add another piece of the input's JSON while the model is writing it."""
        if len(self._json) < _GUESS_CHARS:
            self._json += text
            fields: JSONObject = {
                k: _unquoted(v) for k, v in _STRING.findall(self._json) if k in _IDENTIFYING_FIELDS
            }
            self.update(call=replace(self.call, input=fields))

    def complete(self, call: Call, now_ms: float) -> None:
        """Set the complete call and start measuring its duration."""
        self._json = ""
        self._parts.clear()  # a call that is still being written has no parts
        self.update(call=call, started_ms=now_ms)

    def finish(self, state: ToolState, now_ms: float) -> None:
        """Set the final state, unless the call has already ended."""
        if self.state in ("running", "waiting"):
            elapsed = max(0.0, now_ms - self.started_ms) if self.started_ms and now_ms else None
            self.update(state=state, elapsed_ms=elapsed, activity="")

    @property
    def display(self) -> ToolDisplay:
        """Return the call's title and pieces."""
        if self._display is None:
            self._display = show(self.call, self.outcome)
        return self._display

    @property
    def title(self) -> str:
        """Return the title, including the current activity if there is one."""
        return f"{self.display.title} · {self.activity}" if self.activity else self.display.title

    def pieces(self, side: str) -> tuple[Piece, ...]:
        """Return the pieces of "input" or "result"."""
        if self._json or not getattr(self.look, side):
            return ()
        pieces = self.display.input if side == "input" else self.display.result
        return tuple(map(self.look.piece, pieces))

    def panel(self) -> ToolPanel:
        """Return the panel."""
        return ToolPanel(
            self.id,
            parent=self.parent,
            tool=one_line(self.call.name, 60),
            icon=self.display.icon,
            title=self.title,
            state=self.state,
            started_ms=self.started_ms,
            elapsed_ms=self.elapsed_ms,
            input=self._side("input"),
            result=self._side("result"),
            open=self.display.open and self.state != "waiting",
        )

    full_panel = panel

    def _side(self, side: str) -> tuple[Part, ...]:
        if side not in self._parts:
            self._parts[side] = tuple(map(self.look.part, self.pieces(side)))
        return self._parts[side]

    def ops(self) -> list[Op]:
        """Return the changes since the last call, without unchanged inputs and results."""
        if not self._changed:
            return []
        panel = self.panel()
        value = msgspec.to_builtins(panel)
        for side, parts in (("input", panel.input), ("result", panel.result)):
            if self._sent.get(side) == parts:
                del value[side]
            self._sent[side] = parts
        self._changed = False
        return [{"op": "panel", "panel": value}]

    def snapshot(self) -> list[Op]:
        """Return the complete state."""
        return [panel_op(self.panel())]


Build = Callable[[str, tuple[Part, ...]], Panel]
"""A function that builds a panel from its id and the parts of its detail."""


class FixedEntry:
    """A panel that is built as a whole and may be rebuilt: a notice, error, checklist or prompt."""

    def __init__(self, panel_id: str, build: Build, pieces: tuple[Piece, ...] = ()) -> None:
        self.id = panel_id
        self._build = build
        self.pieces = pieces
        self._panel: Panel | None = None
        self._changed = True

    def panel(self) -> Panel:
        """Return the panel."""
        if self._panel is None:
            self._panel = self._build(self.id, tuple(part(piece) for piece in self.pieces))
        return self._panel

    full_panel = panel

    @property
    def parent(self) -> str | None:
        """Return the id of the subagent's panel."""
        return self.panel().parent

    def rebuild(self, build: Build, pieces: tuple[Piece, ...] = ()) -> None:
        """Replace the content."""
        self._build, self.pieces, self._panel, self._changed = build, pieces, None, True

    def ops(self) -> list[Op]:
        """Return the panel if it has changed since the last call."""
        changed, self._changed = self._changed, False
        return [panel_op(self.panel())] if changed else []

    def snapshot(self) -> list[Op]:
        """Return the complete state."""
        return [panel_op(self.panel())]


Entry = Union[ProseEntry, ToolEntry, FixedEntry]


@dataclass
class Draft:
    """A streamed answer in progress, with its blocks by index."""

    message_id: str
    blocks: dict[int, ProseEntry | ToolEntry] = field(default_factory=dict)
