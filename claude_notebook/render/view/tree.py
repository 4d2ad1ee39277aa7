"""The nesting of panels, shared by the renderers that have no live view."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..content import Piece
from .entries import Entry, ToolEntry

Family = dict["str | None", "list[Entry]"]
"""Entries by the id of their parent panel, where each list is in order of arrival."""

_COMMAND = "command"
_ANSWERS = frozenset({"StructuredOutput", "ExitPlanMode"})


def family_of(entries: Iterable[Entry]) -> Family:
    """Group entries by parent. If a parent is unknown, the entry is placed at the top level."""
    known = {entry.id: entry for entry in entries}
    family: Family = {}
    for entry in known.values():
        parent = entry.parent if entry.parent in known else None
        family.setdefault(parent, []).append(entry)
    return family


def iter_subtree(entry: Entry, family: Family) -> Iterator[Entry]:
    """Iterate over an entry and all entries nested in it."""
    yield entry
    for child in family.get(entry.id, ()):
        yield from iter_subtree(child, family)


def summary_pieces(tool: ToolEntry) -> tuple[Piece, ...]:
    """Return the pieces that summarize a call: its result if there is one, or else its input."""
    inputs = (piece for piece in tool.pieces("input") if piece.label != _COMMAND)
    return tool.pieces("result") or tuple(inputs)


def command_of(tool: ToolEntry) -> str:
    """Return the call's command, or "" if its title already shows it."""
    commands = (piece.text for piece in tool.pieces("input") if piece.label == _COMMAND)
    command = next(commands, "")
    return "" if tool.display.title.startswith(command) else command


def is_answer(tool: ToolEntry) -> bool:
    """Return whether the call's input is itself an answer, such as data or a plan."""
    return tool.call.name in _ANSWERS
