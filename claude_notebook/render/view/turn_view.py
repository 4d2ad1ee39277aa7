"""The fold: messages in, panels and the changes to them out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from ... import messages
from ..content import Piece, json_piece
from ..html.markdown.engine import check_engine
from ..html.parts import more_part
from ..html.sanitize import one_line, reveal
from ..model import (
    ErrorPanel,
    Footer,
    NoticeLevel,
    NoticePanel,
    Op,
    Panel,
    Part,
    ToolState,
    TurnState,
    UnknownPanel,
)
from ..tools.base import Call
from .checklist import Checklist
from .entries import Build, Draft, Entry, Fixed, Prose, Tool
from .footer import Totals
from .notices import Trouble, trouble
from .options import ViewOptions
from .tool_state import has_panel, settle, thought_for
from .web_group import WebGroup, join


class TurnView:
    """What one turn looks like, message by message.

    It has no clock: `now_ms` is Unix time in milliseconds, 0 where it is not known.

    :param started_ms: when the turn began.
    :param options: what is shown.
    :param can_stop: whether the view offers to stop the turn.
    :raises OptionsError: the Markdown engine is not known or not installed.
    """

    def __init__(
        self, started_ms: float = 0, *, options: ViewOptions | None = None, can_stop: bool = False
    ) -> None:
        self.options = options or ViewOptions()
        check_engine(self.options.markdown_engine)
        self._look = self.options.look
        self.totals = Totals(started_ms, can_stop=can_stop, on_change=self._changed)
        self.entries: dict[str, Entry] = {}
        self.tools: dict[str, Tool] = {}
        self.drafts: dict[str | None, Draft] = {}
        self.calls: dict[str, Call] = {}
        """Calls that an earlier view has shown, by id: what a lone result belongs to."""
        self.checklist = Checklist()
        self.cwd = ""
        self.mark = ""
        """A class of its own for the saved form, so that a page finds it; "" for none."""
        self.on_change: Callable[[], None] | None = None
        """Called when there is something to flush; it may be called again before the flush."""
        self._count = 0
        self._keys: dict[str, str] = {}
        self._dirty: dict[str, None] = {}
        self._sent: set[str] = set()
        self._dropped: list[str] = []

    # --- what comes in ---

    def notice(
        self,
        level: NoticeLevel,
        text: str,
        *,
        until_ms: float | None = None,
        key: str = "",
        detail: tuple[Piece, ...] = (),
    ) -> None:
        """Add a remark. One with the same `key` that is there already is replaced.

        :param until_ms: the end of a countdown.
        :param detail: what is folded below it.
        """
        shown = reveal(text)
        self.put(
            key,
            lambda i, parts: NoticePanel(
                i, level=level, text=shown, until_ms=until_ms, detail=parts
            ),
            detail,
        )

    def error(self, error: BaseException | Trouble, now_ms: float = 0) -> None:
        """Show what went wrong. The service's own words for the same failure give way to it."""
        said = error if isinstance(error, Trouble) else trouble(error)
        title, text, advice = one_line(said.title), reveal(said.text), reveal(said.advice)
        self.put(
            "error",
            lambda i, parts: ErrorPanel(i, title=title, text=text, advice=advice, detail=parts),
        )

    def ask(self, tool_use_id: str, *, waiting: bool) -> None:
        """A tool waits for the person's permission, or does so no more."""
        tool = self.tools.get(tool_use_id)
        state: ToolState = "waiting" if waiting else "running"
        if tool is not None and tool.state in ("running", "waiting"):
            tool.update(state=state)
            self.touch(tool)

    def finish(self, state: TurnState, now_ms: float) -> None:
        """The turn is over: nothing grows, runs or counts down any more."""
        for entry in self.entries.values():
            if isinstance(entry, Prose):
                entry.close(thought_for(entry, now_ms))
            elif isinstance(entry, Tool):
                settle(entry, state, now_ms)
            self.touch(entry)
        self.drafts.clear()
        self.end_retry()
        started = self.totals.footer.started_ms
        if started and now_ms:
            self.totals.update(elapsed_ms=max(0.0, now_ms - started))
        self.totals.update(state=state, can_stop=False)

    def pause(self) -> None:
        """What has come is a part of a turn: its text stands, its calls run on, no sum is drawn."""
        for entry in self.entries.values():
            if isinstance(entry, Prose):
                entry.close(thought_for(entry, 0))
            self.touch(entry)
        self.totals.footer = Footer(state="done")

    # --- what goes out ---

    def flush(self) -> list[Op]:
        """What has changed since the last call. Finished blocks are never said twice."""
        ops: list[Op] = []
        if gone := [entry_id for entry_id in self._dropped if entry_id in self._sent]:
            ops.append({"op": "drop", "ids": gone})
        self._dropped.clear()
        for entry_id in self._dirty:
            self._sent.add(entry_id)
            ops += self.entries[entry_id].ops()
        self._dirty.clear()
        if self.totals.changed:
            self.totals.changed = False
            ops.append(self._footer_op())
        return ops

    def snapshot(self) -> list[Op]:
        """Everything, for a view that has nothing yet.

        `flush` goes on from where it was: to this view it may repeat blocks, and to another one
        drop panels that it never had. Both mean nothing.
        """
        self._sent.update(self.entries)
        ops = [op for entry in self.entries.values() for op in entry.snapshot()]
        return [*ops, self._footer_op()]

    def more(self, panel_id: str, side: str, part: int, chunk: int) -> Part | None:
        """A chunk of what was cut off a panel's part.

        :param side: "input", "result" or "detail".
        :param part: which part of it, from 0.
        :param chunk: which chunk, from 0.
        :returns: None when there is no such part or chunk.
        """
        entry = self.entries.get(panel_id)
        pieces: tuple[Piece, ...] = ()
        if isinstance(entry, Tool) and side in ("input", "result"):
            pieces = entry.pieces(side)
        elif isinstance(entry, Fixed) and side == "detail":
            pieces = entry.pieces
        found = more_part(pieces[part], chunk) if 0 <= part < len(pieces) else None
        return None if found is None else self._look.shown(found)

    def _footer_op(self) -> Op:
        return {"op": "footer", "footer": msgspec.to_builtins(self.totals.footer)}

    @property
    def panels(self) -> tuple[Panel, ...]:
        """All panels with all of their text, in order; those of sub-agents name their parent."""
        return tuple(entry.full_panel() for entry in self.entries.values())

    @property
    def footer(self) -> Footer:
        """The turn in numbers."""
        return self.totals.footer

    # --- for the handlers of messages ---

    def new_id(self) -> str:
        """An id that no panel has."""
        self._count += 1
        return f"p{self._count}"

    def add(self, entry: Entry) -> None:
        """Show an entry."""
        self.entries[entry.id] = entry
        self.touch(entry)

    def touch(self, entry: Entry) -> None:
        """An entry has changed."""
        if entry.id in self.entries:
            self._dirty[entry.id] = None
            self._changed()
            group = self.entries.get(entry.parent or "")
            if isinstance(group, WebGroup):
                group.refresh()
                self._dirty[group.id] = None

    def drop(self, entry: Entry) -> None:
        """Take an entry back."""
        if self.entries.pop(entry.id, None) is not None:
            self._dirty.pop(entry.id, None)
            self._dropped.append(entry.id)
            self._changed()

    def _changed(self) -> None:
        if self.on_change is not None:
            self.on_change()

    def put(self, key: str, build: Build, pieces: tuple[Piece, ...] = ()) -> None:
        """Show a panel that is made at once, in place of the one with the same key if there is."""
        known = self.entries.get(self._keys.get(key, "")) if key else None
        if isinstance(known, Fixed):
            known.rebuild(build, pieces)
            self.touch(known)
            return
        entry = Fixed(self.new_id(), build, pieces)
        if key:
            self._keys[key] = entry.id
        self.add(entry)

    def release_key(self, key: str) -> None:
        """Let the next panel with this key take a place of its own."""
        self._keys.pop(key, None)

    def has(self, key: str) -> bool:
        """Whether a panel with this key is shown."""
        return self._keys.get(key, "") in self.entries

    def prose(self, kind: Literal["text", "thinking"], parent: str | None, now_ms: float) -> Prose:
        """A new panel for text or thinking."""
        entry = Prose(self.new_id(), self.panel_of(parent), kind, self._look)
        entry.started_ms = now_ms
        if kind == "text" or self.options.show_thinking:
            self.add(entry)
        return entry

    def tool(self, tool_use_id: str, call: Call, parent: str | None, now_ms: float) -> Tool:
        """The panel of a tool call, new if the call is."""
        if (known := self.tools.get(tool_use_id)) is not None:
            return known
        entry = Tool(self.new_id(), self.panel_of(parent), call, self._look)
        entry.started_ms = now_ms
        self.tools[tool_use_id] = entry
        if has_panel(call):
            join(self, entry)
            self.add(entry)
        return entry

    def panel_of(self, parent: str | None) -> str | None:
        """The id of the panel of a sub-agent."""
        tool = self.tools.get(parent) if parent else None
        return tool.id if tool is not None else None

    def withdraw(self, parent: str | None) -> None:
        """Take back what a failed attempt has said so far."""
        draft = self.drafts.pop(parent, None)
        for entry in draft.blocks.values() if draft else ():
            if not entry.certain:
                self.drop(entry)

    def end_retry(self) -> None:
        """A retry has worked or the turn is over: its countdown ends."""
        entry = self.entries.get(self._keys.pop("retry", ""))
        if not isinstance(entry, Fixed):
            return
        panel = entry.panel()
        text = panel.text if isinstance(panel, NoticePanel) else ""
        past = text.replace("Trying again", "Tried again", 1)
        entry.rebuild(lambda i, parts: NoticePanel(i, level="info", text=past, detail=parts))
        self.touch(entry)

    def unknown(self, name: str, raw: messages.JSON) -> None:
        """Show a message of an unknown kind as it came."""
        key = f"unknown {name}"
        title = f"Unknown message: {one_line(name)}"
        build: Callable[..., Panel] = lambda i, parts: UnknownPanel(i, title=title, detail=parts)  # noqa: E731
        self.put(key, build, (json_piece(raw),))
