"""Nesting of panels, shared by the renderings without a live view."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..content import Piece
from .entries import Entry, ToolEntry

Family = dict["str | None", "list[Entry]"]
"""Entries by the id of their parent panel, each list in order of arrival."""

_COMMAND = "command"
_ANSWERS = frozenset({"StructuredOutput", "ExitPlanMode"})


def family_of(entries: Iterable[Entry]) -> Family:
    """Group entries by parent. An entry with an unknown parent is at the top level."""
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
    """Return the pieces that summarize a call: its result, or else its input."""
    inputs = (piece for piece in tool.pieces("input") if piece.label != _COMMAND)
    return tool.pieces("result") or tuple(inputs)


def command_of(tool: ToolEntry) -> str:
    """Return the command of a call; "" if its title shows it already."""
    commands = (piece.text for piece in tool.pieces("input") if piece.label == _COMMAND)
    command = next(commands, "")
    return "" if tool.display.title.startswith(command) else command


def is_answer(tool: ToolEntry) -> bool:
    """Return True if the input of the call is itself an answer, such as data or a plan."""
    return tool.call.name in _ANSWERS
