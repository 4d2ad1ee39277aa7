"""Renders a turn as plain text and as Markdown, for front ends without HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any

from ..content import Piece
from ..html import ansi
from ..html.diff import unified
from ..html.sanitizer import reveal, reveal_controls
from ..labels import (
    ASK_STATES,
    NOTICE_LEVELS,
    TODO_GLYPHS,
    TOOL_STATES,
    footer_text,
    format_elapsed,
)
from ..model import (
    AskPanel,
    ErrorPanel,
    FormPanel,
    ImagePanel,
    NoticePanel,
    Panel,
    PromptPanel,
    TodoPanel,
    UnknownPanel,
)
from ..truncation import truncate
from ..view.entries import (
    Entry,
    FixedEntry,
    ProseEntry,
    ToolEntry,
)
from ..view.tree import (
    Family,
    command_of,
    family_of,
    is_answer,
    iter_subtree,
    summary_pieces,
)
from ..view.turn_view import TurnView

_SHOWN_LINES = 20
_COMMAND_LINES = 6
_COLUMN = 40


def turn_markdown(view: TurnView) -> str:
    """Return the turn as Markdown, with the answer verbatim and tools as short remarks."""
    family = family_of(view.entries.values())
    blocks = [block for entry in family.get(None, ()) if (block := _markdown(entry, family))]
    if footer := footer_text(view.footer):
        blocks.append(f"<sub>{_md(footer)}</sub>")
    return reveal_controls("\n\n".join(blocks))


def turn_text(view: TurnView) -> str:
    """Return the turn as plain text without control characters."""
    family = family_of(view.entries.values())
    blocks = [block for entry in family.get(None, ()) if (block := _text(entry, family))]
    return reveal("\n\n".join(blocks + _footer_blocks(view)))


def new_text(view: TurnView, printed: set[str], *, ended: bool) -> str:
    """Return the panels that have become final since the last call, as plain text.

    :param printed: the ids of the panels that were already returned; new ones are added.
    :param ended: whether the turn has ended, in which case all remaining panels and the footer are
        returned.
    """
    blocks: list[str] = []
    family = family_of(view.entries.values())
    for entry in _unprinted(family, printed):
        if not ended and _may_change(entry):
            continue
        if not ended and not is_final(entry):
            break
        printed.update(nested.id for nested in iter_subtree(entry, family))
        blocks.append(_text(entry, family))
    if ended:
        blocks += _footer_blocks(view)
    return reveal("\n\n".join(block for block in blocks if block))


def _footer_blocks(view: TurnView) -> list[str]:
    footer = footer_text(view.footer)
    return [f"[{footer}]"] if footer else []


def _unprinted(family: Family, printed: set[str]) -> Iterator[Entry]:
    """Iterate over new top-level entries, and late entries in panels that were already printed."""
    for parent, entries in family.items():
        if parent is None or parent in printed:
            yield from (entry for entry in entries if entry.id not in printed)


def is_final(entry: Entry) -> bool:
    """Return whether the entry is final."""
    if isinstance(entry, ProseEntry):
        return not entry.open
    return not isinstance(entry, ToolEntry) or entry.state not in ("running", "waiting")


def _may_change(entry: Entry) -> bool:
    """Return whether this is a checklist, question or countdown, which may change until the end."""
    if not isinstance(entry, FixedEntry):
        return False
    panel = entry.panel()
    counts_down = isinstance(panel, NoticePanel) and panel.level in ("retry", "compact", "limit")
    return isinstance(panel, (TodoPanel, AskPanel, FormPanel)) or counts_down


# --- Markdown ---------------------------------------------------------------------------------


def _md(text: str) -> str:
    """Escape plain text for Markdown."""
    return re.sub(r"([\\`*_\[\]<>#|~$&])", r"\\\1", text).replace("\n", "  \n")


def _markdown(entry: Entry, family: Family) -> str:
    if isinstance(entry, ProseEntry):
        return entry.text.strip() if entry.kind == "text" else ""
    if isinstance(entry, ToolEntry):
        return _tool_markdown(entry, family)
    return _fixed(entry.panel(), _md)


def _tool_markdown(tool: ToolEntry, family: Family) -> str:
    glyph, word = TOOL_STATES[tool.state]
    time = format_elapsed(tool.elapsed_ms)
    head = f"{glyph} **{_md(tool.title)}** ({word}{', ' + time if time else ''})"
    inside = [_markdown(child, family) for child in family.get(tool.id, ())]
    pieces = summary_pieces(tool) if is_answer(tool) else tool.pieces("result")
    body = [_piece_markdown(p) for p in pieces if is_answer(tool) or p.type == "diff"]
    return _quoted("\n\n".join(block for block in (head, *inside, *body) if block))


def _piece_markdown(piece: Piece) -> str:
    if piece.type == "table":
        return _table_markdown(piece)
    return piece.text.strip() if piece.type == "markdown" else _fenced(piece)


def _table_markdown(piece: Piece) -> str:
    head, *rows = truncate(piece).rows
    rule = ["---"] * len(head)
    lines = [" | ".join(" ".join(_md(cell).split()) for cell in row) for row in (head, *rows)]
    lines.insert(1, " | ".join(rule))
    label = f"{_md(piece.label)}\n\n" if piece.label else ""
    return label + "\n".join(f"| {line} |" for line in lines)


def _fenced(piece: Piece) -> str:
    text = "\n".join(_lines(piece))
    mark = "`" * max(3, 1 + max((len(m) for m in re.findall(r"`+", text)), default=0))
    return f"{mark}{'diff' if piece.type == 'diff' else ''}\n{text}\n{mark}"


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n"))


# --- text -------------------------------------------------------------------------------------


def _text(entry: Entry, family: Family) -> str:
    if isinstance(entry, ProseEntry):
        return _prose_text(entry)
    if isinstance(entry, ToolEntry):
        return "\n".join(_tool_lines(entry, family))
    return _fixed(entry.panel(), lambda text: text)


def _prose_text(entry: ProseEntry) -> str:
    if entry.kind == "text":
        return entry.text.strip()
    return f"({entry.summary})"


def _tool_lines(tool: ToolEntry, family: Family) -> Iterator[str]:
    """Return a call as lines, with its title, nested entries, and the beginning of its result."""
    glyph, word = TOOL_STATES[tool.state]
    time = format_elapsed(tool.elapsed_ms)
    yield f"{glyph} {tool.title} ({word}{', ' + time if time else ''})"
    for line in _lines_below(tool, family):
        yield f"    {line}".rstrip()


def _lines_below(tool: ToolEntry, family: Family) -> Iterator[str]:
    yield from command_lines(command_of(tool))
    for child in family.get(tool.id, ()):
        yield from _text(child, family).split("\n")
    for piece in summary_pieces(tool):
        yield from _lines(piece)


def command_lines(command: str) -> list[str]:
    """Return a command's first lines with a shell prompt, or nothing if there is no command."""
    lines = f"$ {reveal(command)}".replace("\n", "\n  ").split("\n") if command else []
    more = [f"… {len(lines) - _COMMAND_LINES} more lines"] if len(lines) > _COMMAND_LINES else []
    return [*lines[:_COMMAND_LINES], *more]


def piece_text(piece: Piece) -> str:
    """Return a piece as plain text."""
    to_text = _TEXTS.get(piece.type)
    return reveal(to_text(piece) if to_text else piece.text)


_TEXTS: dict[str, Callable[[Piece], str]] = {
    "output": lambda piece: ansi.plain(piece.text),
    "diff": lambda piece: unified(piece.hunks),
    "image": lambda piece: f"[{piece.label}]",
    "table": lambda piece: "\n".join(_rows(piece)),
}


def _rows(piece: Piece) -> Iterator[str]:
    """Return a table as lines, with columns that have a maximum width."""
    rows = [[" ".join(cell.split()) for cell in row] for row in piece.rows if any(row)]
    widths = [min(_COLUMN, max(map(len, column))) for column in zip_longest(*rows, fillvalue="")]
    if piece.label:
        yield f"{piece.label}:"
    for row in rows:
        yield "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=False)
        ).rstrip()


def _lines(piece: Piece) -> list[str]:
    lines = piece_text(truncate(piece)).rstrip("\n").split("\n")
    if len(lines) > _SHOWN_LINES:
        more = len(lines) - _SHOWN_LINES
        return [*lines[:_SHOWN_LINES], f"… {more} more lines"]
    return lines


# --- panels that are built as a whole ---------------------------------------------------------

Escape = Callable[[str], str]


def _todo(panel: TodoPanel, escape: Escape) -> str:
    items = (f"- [{TODO_GLYPHS[item.state][1]}] {escape(item.text)}" for item in panel.items)
    return "\n".join((escape(panel.title), "", *items))


def _notice(panel: NoticePanel, escape: Escape) -> str:
    glyph, word = NOTICE_LEVELS[panel.level]
    return f"{glyph} {word + ' ' if word else ''}{escape(panel.text)}"


def _error(panel: ErrorPanel, escape: Escape) -> str:
    advice = f"\n→ {escape(panel.advice)}" if panel.advice else ""
    return f"✗ {escape(panel.title)}\n{escape(panel.text)}{advice}"


def _prompt(panel: PromptPanel, escape: Escape) -> str:
    return "\n".join(f"> {line}" for line in escape(panel.text).split("\n"))


def _asked(panel: AskPanel | FormPanel, escape: Escape) -> str:
    glyph, word = ASK_STATES[panel.state]
    return f"? {escape(panel.title)} {glyph} {escape(panel.decision or word)}"


def _titled(panel: ImagePanel | UnknownPanel, escape: Escape) -> str:
    return f"[{escape(panel.title or panel.kind)}]"


_FIXED: dict[str, Callable[[Any, Escape], str]] = {
    "todo": _todo,
    "notice": _notice,
    "error": _error,
    "prompt": _prompt,
    "ask": _asked,
    "form": _asked,
    "image": _titled,
    "unknown": _titled,
}


def fixed_text(entry: FixedEntry) -> str:
    """Return a panel that is built as a whole, as plain text."""
    return _fixed(entry.panel(), lambda text: text)


def _fixed(panel: Panel, escape: Escape) -> str:
    return _FIXED.get(panel.kind, _titled)(panel, escape)
