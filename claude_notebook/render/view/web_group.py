"""Groups adjacent web calls into a single panel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from ..model import ToolState
from ..tools.base import Call, ToolDisplay, plural
from ..tools.web import WEB_TOOLS
from .entries import Entry, ToolEntry


class Panels(Protocol):
    """A view's panels, as far as grouping changes them."""

    @property
    def entries(self) -> Mapping[str, Entry]:
        """Return all panels by id, in order."""

    def new_id(self) -> str:
        """Return an unused panel id."""

    def add(self, entry: Entry) -> None:
        """Add a panel at the end."""

    def drop(self, entry: Entry) -> None:
        """Remove a panel."""

    def touch(self, entry: Entry) -> None:
        """Mark a panel as changed."""


_SEARCHES = frozenset({"WebSearch", "web_search"})


class WebGroup(ToolEntry):
    """A panel around several web calls, with a combined title and state."""

    def __init__(self, panel_id: str, first: ToolEntry) -> None:
        super().__init__(panel_id, first.parent, Call("Web"), first.look)
        self.started_ms = first.started_ms
        self.certain = True
        self.members = [first]

    @property
    def display(self) -> ToolDisplay:
        """Return the title, which shows the number of searches and pages."""
        searches = sum(tool.call.name in _SEARCHES for tool in self.members)
        pages = len(self.members) - searches
        parts = (
            plural(searches, "search", "searches") if searches else "",
            plural(pages, "page") if pages else "",
        )
        return ToolDisplay("web", f"Web: {', '.join(part for part in parts if part)}")

    def refresh(self) -> None:
        """Update the state and elapsed time from the members."""
        states = {tool.state for tool in self.members}
        elapsed = [tool.elapsed_ms for tool in self.members if tool.elapsed_ms is not None]
        self.update(state=_joined(states), elapsed_ms=sum(elapsed) if elapsed else None)
        self.update(activity="")
        self.changed()


def _joined(states: set[ToolState]) -> ToolState:
    for state in ("waiting", "running", "done"):
        if state in states:
            return state
    return next(iter(states))


def join(view: Panels, tool: ToolEntry) -> None:
    """Add a new call to the preceding group, or group it with the preceding web call."""
    if tool.call.name not in WEB_TOOLS:
        return
    before = _last(view, tool.parent)
    if isinstance(before, ToolEntry) and not isinstance(before, WebGroup):
        before = _start(view, before) if before.call.name in WEB_TOOLS else None
    if isinstance(before, WebGroup):
        before.members.append(tool)
        tool.parent = before.id
        before.refresh()
        view.touch(before)


def _last(view: Panels, parent: str | None) -> object:
    for entry in reversed([*view.entries.values()]):
        if entry.parent == parent:
            return entry
    return None


def _start(view: Panels, first: ToolEntry) -> WebGroup:
    group = WebGroup(view.new_id(), first)
    view.drop(first)
    view.add(group)
    first.move(view.new_id(), group.id)
    view.add(first)
    return group
