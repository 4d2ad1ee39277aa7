"""A turn as plain text and as Markdown, for whatever shows no HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any

from ..content import Piece, cut
from ..html import ansi
from ..html.diff import unified
from ..html.sanitize import reveal, reveal_controls
from ..labels import (
    ASKED,
    LEVELS,
    STATES,
    TODO_GLYPHS,
    footer_words,
    took,
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
from ..view.entries import (
    Entry,
    Fixed,
    Prose,
    Tool,
)
from ..view.tree import (
    Family,
    command_of,
    family_of,
    is_answer,
    told,
    with_all_inside,
)
from ..view.turn_view import TurnView

_SHOWN_LINES = 20
_COMMAND_LINES = 6
_COLUMN = 40


def turn_markdown(view: TurnView) -> str:
    """The turn as Markdown: the answer as it was written, tools as short remarks."""
    family = family_of(view.entries.values())
    blocks = [block for entry in family.get(None, ()) if (block := _markdown(entry, family))]
    if footer := footer_words(view.footer):
        blocks.append(f"<sub>{_md(footer)}</sub>")
    return reveal_controls("\n\n".join(blocks))


def turn_text(view: TurnView) -> str:
    """The turn as plain text, without control characters."""
    family = family_of(view.entries.values())
    blocks = [block for entry in family.get(None, ()) if (block := _text(entry, family))]
    if footer := footer_words(view.footer):
        blocks.append(f"[{footer}]")
    return reveal("\n\n".join(blocks))


def new_text(view: TurnView, said: set[str], *, ended: bool) -> str:
    """As plain text, what has become final since the last time; all of the rest at the end.

    :param said: the ids of the panels that were given out already; it is added to.
    """
    blocks: list[str] = []
    family = family_of(view.entries.values())
    for entry in _unsaid(family, said):
        if not ended and _may_change(entry):
            continue
        if not ended and not is_final(entry):
            break
        said.update(one.id for one in with_all_inside(entry, family))
        blocks.append(_text(entry, family))
    if ended and (footer := footer_words(view.footer)):
        blocks.append(f"[{footer}]")
    return reveal("\n\n".join(block for block in blocks if block))


def _unsaid(family: Family, said: set[str]) -> Iterator[Entry]:
    """What stands outside, and what came late into a panel that was said already."""
    for parent, entries in family.items():
        if parent is None or parent in said:
            yield from (entry for entry in entries if entry.id not in said)


def is_final(entry: Entry) -> bool:
    """Whether nothing of it will change."""
    if isinstance(entry, Prose):
        return not entry.open
    return not isinstance(entry, Tool) or entry.state not in ("running", "waiting")


def _may_change(entry: Entry) -> bool:
    """A checklist, a countdown: they change in their place, and hold up nothing."""
    if not isinstance(entry, Fixed):
        return False
    panel = entry.panel()
    counts_down = isinstance(panel, NoticePanel) and panel.level in ("retry", "compact", "limit")
    return isinstance(panel, (TodoPanel, AskPanel, FormPanel)) or counts_down


# --- Markdown ---------------------------------------------------------------------------------


def _md(text: str) -> str:
    """Plain text that means nothing in Markdown."""
    return re.sub(r"([\\`*_\[\]<>#|~$&])", r"\\\1", text).replace("\n", "  \n")


def _markdown(entry: Entry, family: Family) -> str:
    if isinstance(entry, Prose):
        return entry.text.strip() if entry.kind == "text" else ""
    if isinstance(entry, Tool):
        return _tool_markdown(entry, family)
    return _fixed(entry.panel(), _md)


def _tool_markdown(tool: Tool, family: Family) -> str:
    glyph, word = STATES[tool.state]
    time = took(tool.elapsed_ms)
    head = f"{glyph} **{_md(tool.title)}** ({word}{', ' + time if time else ''})"
    inside = [_markdown(child, family) for child in family.get(tool.id, ())]
    pieces = told(tool) if is_answer(tool) else tool.pieces("result")
    body = [_piece_markdown(p) for p in pieces if is_answer(tool) or p.type == "diff"]
    return _quoted("\n\n".join(block for block in (head, *inside, *body) if block))


def _piece_markdown(piece: Piece) -> str:
    if piece.type == "table":
        return _table_markdown(piece)
    return piece.text.strip() if piece.type == "markdown" else _fenced(piece)


def _table_markdown(piece: Piece) -> str:
    head, *rows = cut(piece).rows
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
    if isinstance(entry, Prose):
        return _prose_text(entry)
    if isinstance(entry, Tool):
        return "\n".join(_tool_lines(entry, family))
    return _fixed(entry.panel(), lambda text: text)


def _prose_text(entry: Prose) -> str:
    if entry.kind == "text":
        return entry.text.strip()
    return f"({entry.summary})"


def _tool_lines(tool: Tool, family: Family) -> Iterator[str]:
    """A call in lines: its title, what was done inside, then the beginning of what came of it."""
    glyph, word = STATES[tool.state]
    time = took(tool.elapsed_ms)
    yield f"{glyph} {tool.title} ({word}{', ' + time if time else ''})"
    for line in _lines_below(tool, family):
        yield f"    {line}".rstrip()


def _lines_below(tool: Tool, family: Family) -> Iterator[str]:
    yield from prompted(command_of(tool))
    for child in family.get(tool.id, ()):
        yield from _text(child, family).split("\n")
    for piece in told(tool):
        yield from _lines(piece)


def prompted(command: str) -> list[str]:
    """A command as a shell shows it, its first lines; [] for none."""
    lines = f"$ {reveal(command)}".replace("\n", "\n  ").split("\n") if command else []
    more = [f"… {len(lines) - _COMMAND_LINES} more lines"] if len(lines) > _COMMAND_LINES else []
    return [*lines[:_COMMAND_LINES], *more]


def piece_text(piece: Piece) -> str:
    """What a piece says, as plain text."""
    to_text = _TEXTS.get(piece.type)
    return reveal(to_text(piece) if to_text else piece.text)


_TEXTS: dict[str, Callable[[Piece], str]] = {
    "output": lambda piece: ansi.plain(piece.text),
    "diff": lambda piece: unified(piece.hunks),
    "image": lambda piece: f"[{piece.label}]",
    "table": lambda piece: "\n".join(_rows(piece)),
}


def _rows(piece: Piece) -> Iterator[str]:
    """A table in columns, which are as wide as what is in them, within reason."""
    rows = [[" ".join(cell.split()) for cell in row] for row in piece.rows if any(row)]
    widths = [min(_COLUMN, max(map(len, column))) for column in zip_longest(*rows, fillvalue="")]
    if piece.label:
        yield f"{piece.label}:"
    for row in rows:
        yield "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=False)
        ).rstrip()


def _lines(piece: Piece) -> list[str]:
    lines = piece_text(cut(piece)).rstrip("\n").split("\n")
    if len(lines) > _SHOWN_LINES:
        more = len(lines) - _SHOWN_LINES
        return [*lines[:_SHOWN_LINES], f"… {more} more lines"]
    return lines


# --- panels that are made at once -------------------------------------------------------------

Escape = Callable[[str], str]


def _todo(panel: TodoPanel, escape: Escape) -> str:
    items = (f"- [{TODO_GLYPHS[item.state][1]}] {escape(item.text)}" for item in panel.items)
    return "\n".join((escape(panel.title), "", *items))


def _notice(panel: NoticePanel, escape: Escape) -> str:
    glyph, word = LEVELS[panel.level]
    return f"{glyph} {word + ' ' if word else ''}{escape(panel.text)}"


def _error(panel: ErrorPanel, escape: Escape) -> str:
    advice = f"\n→ {escape(panel.advice)}" if panel.advice else ""
    return f"✗ {escape(panel.title)}\n{escape(panel.text)}{advice}"


def _prompt(panel: PromptPanel, escape: Escape) -> str:
    return "\n".join(f"> {line}" for line in escape(panel.text).split("\n"))


def _asked(panel: AskPanel | FormPanel, escape: Escape) -> str:
    glyph, word = ASKED[panel.state]
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


def fixed_text(entry: Fixed) -> str:
    """A panel that is made at once, as plain text."""
    return _fixed(entry.panel(), lambda text: text)


def _fixed(panel: Panel, escape: Escape) -> str:
    return _FIXED.get(panel.kind, _titled)(panel, escape)
