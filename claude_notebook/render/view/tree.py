"""Which panel stands inside of which: what the renderings without a page share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..content import Piece
from .entries import Entry, Tool

Family = dict["str | None", "list[Entry]"]
"""Entries by the id of the panel that they stand in, each list in order of arrival."""

_COMMAND = "command"
_ANSWERS = frozenset({"StructuredOutput", "ExitPlanMode"})


def family_of(entries: Iterable[Entry]) -> Family:
    """The entries by where they stand; a panel whose parent is not among them stands outside."""
    known = {entry.id: entry for entry in entries}
    family: Family = {}
    for entry in known.values():
        parent = entry.parent if entry.parent in known else None
        family.setdefault(parent, []).append(entry)
    return family


def with_all_inside(entry: Entry, family: Family) -> Iterator[Entry]:
    """An entry, and all that stands in it."""
    yield entry
    for child in family.get(entry.id, ()):
        yield from with_all_inside(child, family)


def told(tool: Tool) -> tuple[Piece, ...]:
    """What is worth telling of a call in a few lines: what came of it, else what it was given."""
    given = (piece for piece in tool.pieces("input") if piece.label != _COMMAND)
    return tool.pieces("result") or tuple(given)


def command_of(tool: Tool) -> str:
    """The command that a call runs, where its title does not say it; else ""."""
    commands = (piece.text for piece in tool.pieces("input") if piece.label == _COMMAND)
    command = next(commands, "")
    return "" if tool.shown.title.startswith(command) else command


def is_answer(tool: Tool) -> bool:
    """Whether what the call was given is itself an answer to the person: data, a plan."""
    return tool.call.name in _ANSWERS
