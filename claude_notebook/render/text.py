"""A turn as plain text and as Markdown, for whatever shows no HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from . import ansi
from .diff import unified
from .entries import Entry, Fixed, Prose, Tool
from .fold import TurnView
from .pieces import Piece, cut
from .safe import reveal, reveal_controls
from .view import (
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
from .words import ASKED, LEVELS, STATES, TODO_GLYPHS, footer_words, seconds

_SHOWN_LINES = 20


def turn_markdown(view: TurnView) -> str:
    """The turn as Markdown: the answer as it was written, tools as short remarks."""
    blocks = [block for entry in view.entries.values() if (block := _markdown(entry))]
    if footer := footer_words(view.footer):
        blocks.append(f"<sub>{_md(footer)}</sub>")
    return reveal_controls("\n\n".join(blocks))


def turn_text(view: TurnView) -> str:
    """The turn as plain text, without control characters."""
    blocks = [block for entry in view.entries.values() if (block := _text(entry))]
    if footer := footer_words(view.footer):
        blocks.append(f"[{footer}]")
    return reveal("\n\n".join(blocks))


def new_text(view: TurnView, said: set[str], *, ended: bool) -> str:
    """As plain text, what has become final since the last time; all of the rest at the end.

    Args:
        said: the ids of the panels that were given out already; it is added to.
    """
    blocks: list[str] = []
    for entry in view.entries.values():
        if entry.id in said or (not ended and _may_change(entry)):
            continue
        if not ended and not is_final(entry):
            break
        said.add(entry.id)
        blocks.append(_text(entry))
    if ended and (footer := footer_words(view.footer)):
        blocks.append(f"[{footer}]")
    return reveal("\n\n".join(block for block in blocks if block))


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


def _markdown(entry: Entry) -> str:
    if isinstance(entry, Prose):
        return entry.text.strip() if entry.kind == "text" else ""
    if isinstance(entry, Tool):
        return _tool_markdown(entry)
    return _fixed(entry.panel(), _md)


def _tool_markdown(tool: Tool) -> str:
    glyph, word = STATES[tool.state]
    time = seconds(tool.elapsed_ms)
    indent = "> > " if tool.parent else "> "
    head = f"{indent}{glyph} **{_md(tool.title)}** ({word}{', ' + time if time else ''})"
    changes = [p for p in tool.pieces("result") if p.type == "diff"]
    body = "".join(_quoted(_fenced(piece), indent) for piece in changes)
    return head + body


def _fenced(piece: Piece) -> str:
    text = "\n".join(_lines(piece))
    mark = "`" * max(3, 1 + max((len(m) for m in re.findall(r"`+", text)), default=0))
    return f"{mark}{'diff' if piece.type == 'diff' else ''}\n{text}\n{mark}"


def _quoted(text: str, indent: str) -> str:
    return f"\n{indent}\n" + "\n".join(indent + line for line in text.split("\n"))


# --- text -------------------------------------------------------------------------------------


def _text(entry: Entry) -> str:
    if isinstance(entry, Prose):
        return _prose_text(entry)
    if isinstance(entry, Tool):
        return "\n".join(tool_lines(entry))
    return _fixed(entry.panel(), lambda text: text)


def _prose_text(entry: Prose) -> str:
    if entry.kind == "text":
        return entry.text.strip()
    return f"({entry.summary})"


def tool_lines(tool: Tool) -> Iterator[str]:
    """A call in lines: its title, then the beginning of what came of it."""
    glyph, word = STATES[tool.state]
    time = seconds(tool.elapsed_ms)
    indent = "    " if tool.parent else ""
    yield f"{indent}{glyph} {tool.title} ({word}{', ' + time if time else ''})"
    for piece in tool.pieces("result"):
        for line in _lines(piece):
            yield f"{indent}    {line}"


def piece_text(piece: Piece) -> str:
    """What a piece says, as plain text."""
    to_text = _TEXTS.get(piece.type)
    return reveal(to_text(piece) if to_text else piece.text)


_TEXTS: dict[str, Callable[[Piece], str]] = {
    "output": lambda piece: ansi.plain(piece.text),
    "diff": lambda piece: unified(piece.hunks),
    "image": lambda piece: f"[{piece.label}]",
    "table": lambda piece: "\n".join(_row(row) for row in piece.rows if any(row)),
}


def _row(row: tuple[str, ...]) -> str:
    return "  ".join(" ".join(cell.split()) for cell in row)


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
