"""The view of a turn, which turns messages into panels and changes to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from ... import messages
from ..content import Piece, json_piece
from ..html.markdown.engine import check_engine
from ..html.parts import more_part
from ..html.sanitizer import one_line, reveal
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
from .entries import Build, Draft, Entry, FixedEntry, ProseEntry, ToolEntry
from .footer import Totals
from .notices import ErrorSummary, error_summary
from .options import ViewOptions
from .tool_state import end_call, has_panel, thinking_summary
from .web_group import WebGroup, join


class TurnView:
    """The appearance of one turn, which is updated message by message.

    The view has no clock, so callers pass `now_ms` in Unix milliseconds, or 0 if it is unknown.

    :param started_ms: the start of the turn in Unix milliseconds.
    :param options: the display options.
    :param can_stop: whether to offer to stop the turn.
    :raises OptionsError: if the Markdown engine is unknown or not installed.
    """

    def __init__(
        self, started_ms: float = 0, *, options: ViewOptions | None = None, can_stop: bool = False
    ) -> None:
        self.options = options or ViewOptions()
        check_engine(self.options.markdown_engine)
        self._look = self.options.look
        self.totals = Totals(started_ms, can_stop=can_stop, on_change=self._changed)
        self.entries: dict[str, Entry] = {}
        self.tools: dict[str, ToolEntry] = {}
        self.drafts: dict[str | None, Draft] = {}
        self.calls: dict[str, Call] = {}
        """Calls displayed by an earlier view, by id, for results whose call is missing."""
        self.checklist = Checklist()
        self.cwd = ""
        self.mark = ""
        """The unique class that a page uses to find the saved form; "" for none."""
        self.on_change: Callable[[], None] | None = None
        """Called when there are pending changes, possibly several times before a flush."""
        self._count = 0
        self._keys: dict[str, str] = {}
        self._dirty: dict[str, None] = {}
        self._sent: set[str] = set()
        self._dropped: list[str] = []

    # --- input ---

    def notice(
        self,
        level: NoticeLevel,
        text: str,
        *,
        until_ms: float | None = None,
        key: str = "",
        detail: tuple[Piece, ...] = (),
    ) -> None:
        """Add a notice, or replace the one with the same `key`.

        :param until_ms: the end of a countdown in Unix milliseconds.
        :param detail: pieces to show folded below the text.
        """
        safe_text = reveal(text)
        self.put(
            key,
            lambda i, parts: NoticePanel(
                i, level=level, text=safe_text, until_ms=until_ms, detail=parts
            ),
            detail,
        )

    def error(self, error: BaseException | ErrorSummary, now_ms: float = 0) -> None:
        """Show an error, replacing any earlier one about the same failure."""
        summary = error if isinstance(error, ErrorSummary) else error_summary(error)
        title, text, advice = one_line(summary.title), reveal(summary.text), reveal(summary.advice)
        self.put(
            "error",
            lambda i, parts: ErrorPanel(i, title=title, text=text, advice=advice, detail=parts),
        )

    def ask(self, tool_use_id: str, *, waiting: bool) -> None:
        """Mark a tool as waiting for permission, or as running again."""
        tool = self.tools.get(tool_use_id)
        state: ToolState = "waiting" if waiting else "running"
        if tool is not None and tool.state in ("running", "waiting"):
            tool.update(state=state)
            self.touch(tool)

    def finish(self, state: TurnState, now_ms: float) -> None:
        """End the turn, closing all texts, calls and countdowns."""
        for entry in self.entries.values():
            if isinstance(entry, ProseEntry):
                entry.close(thinking_summary(entry, now_ms))
            elif isinstance(entry, ToolEntry):
                end_call(entry, state, now_ms)
            self.touch(entry)
        self.drafts.clear()
        self.end_retry()
        started = self.totals.footer.started_ms
        if started and now_ms:
            self.totals.update(elapsed_ms=max(0.0, now_ms - started))
        self.totals.update(state=state, can_stop=False)

    def pause(self) -> None:
        """Close the texts of a partial turn. Its calls keep running, and there are no totals."""
        for entry in self.entries.values():
            if isinstance(entry, ProseEntry):
                entry.close(thinking_summary(entry, 0))
            self.touch(entry)
        self.totals.footer = Footer(state="done")

    # --- output ---

    def flush(self) -> list[Op]:
        """Return the changes since the last call. Finished blocks are sent only once."""
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
        """Return the complete state, for a view that starts out empty.

        A later `flush` continues from the previous one. It may repeat blocks that are in the
        snapshot, or drop panels that another view never had, both of which are harmless.
        """
        self._sent.update(self.entries)
        ops = [op for entry in self.entries.values() for op in entry.snapshot()]
        return [*ops, self._footer_op()]

    def more(self, panel_id: str, side: str, part: int, chunk: int) -> Part | None:
        """Return a chunk of the truncated content in one part of a panel.

        :param side: "input", "result" or "detail".
        :param part: the part's index, starting at 0.
        :param chunk: the chunk's index, starting at 0.
        :returns: None if the part or chunk does not exist.
        """
        entry = self.entries.get(panel_id)
        pieces: tuple[Piece, ...] = ()
        if isinstance(entry, ToolEntry) and side in ("input", "result"):
            pieces = entry.pieces(side)
        elif isinstance(entry, FixedEntry) and side == "detail":
            pieces = entry.pieces
        truncated = more_part(pieces[part], chunk) if 0 <= part < len(pieces) else None
        return None if truncated is None else self._look.apply(truncated)

    def _footer_op(self) -> Op:
        return {"op": "footer", "footer": msgspec.to_builtins(self.totals.footer)}

    @property
    def panels(self) -> tuple[Panel, ...]:
        """Return all panels with all of their text, in order. Subagents' panels name a parent."""
        return tuple(entry.full_panel() for entry in self.entries.values())

    @property
    def footer(self) -> Footer:
        """Return the turn's figures."""
        return self.totals.footer

    # --- helpers for the message handlers ---

    def new_id(self) -> str:
        """Return an unused panel id."""
        self._count += 1
        return f"p{self._count}"

    def add(self, entry: Entry) -> None:
        """Show an entry."""
        self.entries[entry.id] = entry
        self.touch(entry)

    def touch(self, entry: Entry) -> None:
        """Mark an entry as changed."""
        if entry.id in self.entries:
            self._dirty[entry.id] = None
            self._changed()
            group = self.entries.get(entry.parent or "")
            if isinstance(group, WebGroup):
                group.refresh()
                self._dirty[group.id] = None

    def drop(self, entry: Entry) -> None:
        """Remove an entry."""
        if self.entries.pop(entry.id, None) is not None:
            self._dirty.pop(entry.id, None)
            self._dropped.append(entry.id)
            self._changed()

    def _changed(self) -> None:
        if self.on_change is not None:
            self.on_change()

    def put(self, key: str, build: Build, pieces: tuple[Piece, ...] = ()) -> None:
        """Show a panel, replacing any panel with the same key."""
        known = self.entries.get(self._keys.get(key, "")) if key else None
        if isinstance(known, FixedEntry):
            known.rebuild(build, pieces)
            self.touch(known)
            return
        entry = FixedEntry(self.new_id(), build, pieces)
        if key:
            self._keys[key] = entry.id
        self.add(entry)

    def release_key(self, key: str) -> None:
        """Make the next panel with this key a new panel."""
        self._keys.pop(key, None)

    def has(self, key: str) -> bool:
        """Return whether a panel with this key is shown."""
        return self._keys.get(key, "") in self.entries

    def prose(
        self, kind: Literal["text", "thinking"], parent: str | None, now_ms: float
    ) -> ProseEntry:
        """Add a panel for text or thinking."""
        entry = ProseEntry(self.new_id(), self.panel_of(parent), kind, self._look)
        entry.started_ms = now_ms
        if kind == "text" or self.options.show_thinking:
            self.add(entry)
        return entry

    def tool(self, tool_use_id: str, call: Call, parent: str | None, now_ms: float) -> ToolEntry:
        """Return a tool call's panel, adding it if necessary."""
        if (known := self.tools.get(tool_use_id)) is not None:
            return known
        entry = ToolEntry(self.new_id(), self.panel_of(parent), call, self._look)
        entry.started_ms = now_ms
        self.tools[tool_use_id] = entry
        if has_panel(call):
            join(self, entry)
            self.add(entry)
        return entry

    def panel_of(self, parent: str | None) -> str | None:
        """Return a subagent's panel id, given the id of its call."""
        tool = self.tools.get(parent) if parent else None
        return tool.id if tool is not None else None

    def withdraw(self, parent: str | None) -> None:
        """Remove the partial answer of a failed attempt."""
        draft = self.drafts.pop(parent, None)
        for entry in draft.blocks.values() if draft else ():
            if not entry.certain:
                self.drop(entry)

    def end_retry(self) -> None:
        """End a retry's countdown."""
        entry = self.entries.get(self._keys.pop("retry", ""))
        if not isinstance(entry, FixedEntry):
            return
        panel = entry.panel()
        text = panel.text if isinstance(panel, NoticePanel) else ""
        past = text.replace("Trying again", "Tried again", 1)
        entry.rebuild(lambda i, parts: NoticePanel(i, level="info", text=past, detail=parts))
        self.touch(entry)

    def unknown(self, name: str, raw: messages.JSON) -> None:
        """Show a message of an unknown kind as JSON."""
        key = f"unknown {name}"
        title = f"Unknown message: {one_line(name)}"
        self.put(
            key,
            lambda i, parts: UnknownPanel(i, title=title, detail=parts),
            (json_piece(raw),),
        )
