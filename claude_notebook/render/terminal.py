"""A turn in a terminal, with rich."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.markdown import Markdown
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from . import ansi
from .diff import unified
from .entries import Entry, Prose, Tool
from .fold import TurnView
from .pieces import Piece, cut
from .safe import reveal
from .text import fixed_text, is_final, piece_text
from .view import Panel, ToolState
from .words import ICON_GLYPHS, STATES, THOUGHT, footer_words, seconds

_STYLES: dict[ToolState, str] = {
    "running": "blue",
    "waiting": "blue",
    "done": "green",
    "error": "red",
    "denied": "yellow",
    "stopped": "bright_black",
}
_FIXED_STYLES = {"error": "red", "notice": "bright_black", "prompt": "bold"}
_LINES = 12


def turn_renderable(view: TurnView, width: int | None = None) -> RenderableType:
    """All of the turn.

    Args:
        width: columns to keep to; None for the console's own.
    """
    return _group([_entry(entry) for entry in view.entries.values()], view, width)


class TerminalTurn:
    """A turn that grows in a terminal: what is finished is printed once, the rest redrawn.

    Args:
        view: the turn.
    """

    def __init__(self, view: TurnView) -> None:
        self._view = view
        self._printed: dict[str, int] = {}

    def take(self) -> list[RenderableType]:
        """What is finished, in order, and was not given out before."""
        found: list[RenderableType] = []
        for entry in self._view.entries.values():
            if self._printed.get(entry.id) == -1:
                continue
            found += self._new_of(entry)
            if not is_final(entry):
                break
            self._printed[entry.id] = -1
        return found

    def _new_of(self, entry: Entry) -> list[RenderableType]:
        if isinstance(entry, Prose) and entry.kind == "text":
            start = self._printed.get(entry.id, 0)
            text = entry.stream.finished_text[start:]
            self._printed[entry.id] = start + len(text)
            return [_markdown(text)] if text.strip() else []
        return [_entry(entry)] if is_final(entry) else []

    def live(self, width: int | None = None) -> RenderableType:
        """What is not finished yet, and the footer."""
        found: list[RenderableType] = []
        for entry in self._view.entries.values():
            printed = self._printed.get(entry.id, 0)
            if printed == -1:
                continue
            if isinstance(entry, Prose) and entry.kind == "text":
                found.append(_markdown(entry.text[printed:]))
            else:
                found.append(_entry(entry))
        return _group(found, self._view, width)


def _group(parts: list[RenderableType], view: TurnView, width: int | None) -> RenderableType:
    footer = Text(footer_words(view.footer), style="bright_black")
    group = Group(*parts, footer)
    if width is None:
        return group
    table = Table.grid()
    table.add_column(width=width)
    table.add_row(group)
    return table


def _entry(entry: Entry) -> RenderableType:
    if isinstance(entry, Prose):
        if entry.kind == "text":
            return _markdown(entry.text)
        return Text(f"{THOUGHT} {entry.summary}", style="italic bright_black")
    if isinstance(entry, Tool):
        return _tool(entry)
    panel: Panel = entry.panel()
    return Padding(Text(fixed_text(entry), style=_FIXED_STYLES.get(panel.kind, "")), (0, 0, 1, 0))


def markdown_renderable(text: str) -> RenderableType:
    """Markdown, as all of a turn's is drawn."""
    return _markdown(text)


def _markdown(text: str) -> RenderableType:
    return Padding(Markdown(reveal(text), hyperlinks=False, code_theme="ansi_dark"), (0, 0, 1, 0))


def _tool(tool: Tool) -> RenderableType:
    glyph, word = STATES[tool.state]
    style = _STYLES[tool.state]
    time = seconds(tool.elapsed_ms)
    head = Text.assemble(
        ("▌ ", style),
        f"{ICON_GLYPHS.get(tool.shown.icon, '')} ",
        (tool.title, "bold"),
        (f"  {glyph} {word}{' · ' + time if time else ''}", style),
    )
    body = [Padding(part, (0, 0, 0, 4)) for part in _parts(tool)]
    return Padding(Group(head, *body), (0, 0, 1, 4 if tool.parent else 0))


def _parts(tool: Tool) -> Iterator[RenderableType]:
    for piece in tool.pieces("result"):
        short = cut(piece)
        yield _PIECES.get(short.type, _plain)(short)
        if short.note:
            yield Text(short.note, style="bright_black")


def _head(text: str) -> str:
    lines = text.rstrip("\n").split("\n")
    more = len(lines) - _LINES
    return "\n".join([*lines[:_LINES], *([f"… {more} more lines"] if more > 0 else [])])


def _plain(piece: Piece) -> RenderableType:
    return Text(_head(piece_text(piece)), style="bright_black")


def _output(piece: Piece) -> RenderableType:
    text = Text()
    for style, run in ansi.runs(_head(piece.text)):
        text.append(reveal(run), style=_rich_style(style))
    return text


def _rich_style(style: ansi.Style) -> str:
    names = {"strike": "strike", "dim": "dim", "bold": "bold"}
    words = [names.get(name, name) for name in sorted(style.names)]
    if style.fg:
        words.append(_rich_colour(style.fg))
    if style.bg:
        words.append(f"on {_rich_colour(style.bg)}")
    return " ".join([*words, *(["reverse"] if style.reverse else [])])


def _rich_colour(colour: str) -> str:
    return colour if colour.startswith("#") else f"color({colour})"


def _diff(piece: Piece) -> RenderableType:
    return Syntax(_head(reveal(unified(piece.hunks))), "diff", theme="ansi_dark")


_PIECES: dict[str, Callable[[Any], RenderableType]] = {
    "output": _output,
    "diff": _diff,
    "markdown": lambda piece: _markdown(_head(piece.text)),
}
