"""Renders a turn as terminal output, which is drawn with rich."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, ClassVar

from markdown_it import MarkdownIt
from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.markdown import Markdown, MarkdownElement, Paragraph
from rich.measure import Measurement
from rich.padding import Padding
from rich.segment import Segment
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from ..content import Piece
from ..html import ansi
from ..html.diff import unified
from ..html.markdown.bounded_rules import bound_rules
from ..html.sanitizer import reveal
from ..labels import (
    ICON_GLYPHS,
    THOUGHT_GLYPH,
    TODO_GLYPHS,
    TOOL_STATES,
    footer_text,
    format_elapsed,
)
from ..model import (
    Panel,
    TodoItem,
    TodoPanel,
    TodoState,
    ToolState,
)
from ..truncation import truncate
from ..view.entries import Entry, ProseEntry, ToolEntry
from ..view.tree import (
    Family,
    command_of,
    family_of,
    summary_pieces,
)
from ..view.turn_view import TurnView
from .text import command_lines, fixed_text, is_final, piece_text

MAX_MARKDOWN = 200_000
"""A text longer than this is printed as it was written."""

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
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_ALERT = re.compile(r"^( {0,3}> *)\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\] *$", re.MULTILINE)


class _ByLine:
    """A text whose lines are separate segments.

    Rich renders a text as one segment, and takes quadratic time to split a segment at its line
    breaks.
    """

    def __init__(self, text: RenderableType) -> None:
        self._text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self._text, options):
            if segment.control or "\n" not in segment.text:
                yield segment
            else:
                for line in _LINE.findall(segment.text):
                    yield Segment(line, segment.style)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement.get(console, options, self._text)


class _LinearParagraph(Paragraph):
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        self.text.justify = self.justify
        yield _ByLine(self.text)


class _LinearMarkdown(Markdown):
    # Only text without a style of its own ends up in a single segment, which means paragraphs.
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "paragraph_open": _LinearParagraph,
    }


def turn_renderable(view: TurnView, width: int | None = None) -> RenderableType:
    """Return the whole turn.

    :param width: the width in columns; None uses the console's width.
    """
    family = family_of(view.entries.values())
    return _group([_entry(entry, family) for entry in family.get(None, ())], view, width)


class TerminalTurn:
    """A turn that grows in a terminal. Finished parts are printed once, and others redrawn.

    :param view: the turn's view.
    """

    def __init__(self, view: TurnView) -> None:
        self._view = view
        self._printed: dict[str, int] = {}

    def take(self) -> list[RenderableType]:
        """Return the parts that have finished since the last call, in order."""
        parts: list[RenderableType] = []
        family = family_of(self._view.entries.values())
        for entry in family.get(None, ()):
            if self._printed.get(entry.id) == -1:
                continue
            parts += self._new_of(entry, family)
            if not is_final(entry):
                break
            self._printed[entry.id] = -1
        return parts

    def _new_of(self, entry: Entry, family: Family) -> list[RenderableType]:
        if isinstance(entry, ProseEntry) and entry.kind == "text":
            start = self._printed.get(entry.id, 0)
            text = entry.stream.finished_text[start:]
            self._printed[entry.id] = start + len(text)
            return [_markdown(text)] if text.strip() else []
        return [_entry(entry, family)] if is_final(entry) else []

    def live(self, width: int | None = None) -> RenderableType:
        """Return the unfinished parts and the footer."""
        parts: list[RenderableType] = []
        family = family_of(self._view.entries.values())
        for entry in family.get(None, ()):
            printed = self._printed.get(entry.id, 0)
            if printed == -1:
                continue
            if isinstance(entry, ProseEntry) and entry.kind == "text":
                parts.append(_markdown(entry.text[printed:]))
            else:
                parts.append(_entry(entry, family))
        return _group(parts, self._view, width)


def _group(parts: list[RenderableType], view: TurnView, width: int | None) -> RenderableType:
    footer = Text(footer_text(view.footer), style="bright_black")
    group = Group(*parts, footer)
    if width is None:
        return group
    table = Table.grid()
    table.add_column(width=width)
    table.add_row(group)
    return table


def _entry(entry: Entry, family: Family) -> RenderableType:
    if isinstance(entry, ProseEntry):
        if entry.kind == "text":
            return _markdown(entry.text)
        return _spaced(Text(f"{THOUGHT_GLYPH} {entry.summary}", style="italic bright_black"))
    if isinstance(entry, ToolEntry):
        return _spaced(_tool(entry, family))
    panel: Panel = entry.panel()
    if isinstance(panel, TodoPanel):
        return _spaced(_todo(panel))
    return _spaced(Text(fixed_text(entry), style=_FIXED_STYLES.get(panel.kind, "")))


def _spaced(shown: RenderableType) -> RenderableType:
    return Padding(_ByLine(shown), (0, 0, 1, 0))


_TODO_STYLES: dict[TodoState, tuple[str, str]] = {
    "pending": ("bright_black", ""),
    "in_progress": ("blue", "bold"),
    "completed": ("green", "bright_black"),
}
"""The styles of the glyph and the text."""


def _todo(panel: TodoPanel) -> RenderableType:
    head = Text.assemble(("▌ ", "blue"), f"{ICON_GLYPHS['todo']} ", (reveal(panel.title), "bold"))
    return Group(head, *(Padding(_todo_item(item), (0, 0, 0, 4)) for item in panel.items))


def _todo_item(item: TodoItem) -> Text:
    sign, words = _TODO_STYLES[item.state]
    return Text.assemble((f"{TODO_GLYPHS[item.state][0]} ", sign), (reveal(item.text), words))


def markdown_renderable(text: str) -> RenderableType:
    """Render Markdown as it is rendered in a turn."""
    return _markdown(text)


def _markdown(text: str) -> RenderableType:
    return _spaced(_tight_markdown(text))


def _tight_markdown(text: str) -> RenderableType:
    shown = reveal(text)
    if len(shown) > MAX_MARKDOWN:
        return _ByLine(Text(shown))
    markdown = _LinearMarkdown("", hyperlinks=False, code_theme="ansi_dark")
    markdown.markup = _ALERT.sub(r"\1**\2**  ", shown)
    markdown.parsed = _parser().parse(markdown.markup)
    return markdown


@cache
def _parser() -> MarkdownIt:
    """The parser used by Rich, with limits."""
    parser = MarkdownIt().enable("strikethrough").enable("table")
    bound_rules(parser)
    return parser


def _tool(tool: ToolEntry, family: Family) -> RenderableType:
    glyph, word = TOOL_STATES[tool.state]
    style = _STYLES[tool.state]
    time = format_elapsed(tool.elapsed_ms)
    head = Text.assemble(
        ("▌ ", style),
        f"{ICON_GLYPHS.get(tool.display.icon, '')} ",
        (tool.title, "bold"),
        (f"  {glyph} {word}{' · ' + time if time else ''}", style),
    )
    inside = [_inner(entry, family) for entry in family.get(tool.id, ())]
    command = [Text(line, style="bright_black") for line in command_lines(command_of(tool))]
    body = [Padding(part, (0, 0, 0, 4)) for part in (*command, *inside, *_parts(tool))]
    return Group(head, *body)


def _inner(entry: Entry, family: Family) -> RenderableType:
    """Render an entry that is nested in a panel, without blank lines."""
    if isinstance(entry, ToolEntry):
        return _tool(entry, family)
    if isinstance(entry, ProseEntry) and entry.kind == "text":
        return _tight_markdown(entry.text)
    return _entry(entry, family)


def _parts(tool: ToolEntry) -> Iterator[RenderableType]:
    for piece in summary_pieces(tool):
        short = truncate(piece)
        yield _PIECES.get(short.type, _plain)(short)
        if short.note and short.note not in tool.title:
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


def _table(piece: Piece) -> RenderableType:
    """Render a table. If it has no header, its argument names are dimmed."""
    head, *rows = ([Text(reveal(" ".join(cell.split()))) for cell in row] for row in piece.rows)
    table = Table(
        box=box.SIMPLE_HEAD if any(head) else None,
        show_header=any(head),
        show_edge=False,
        pad_edge=False,
        title=Text(reveal(piece.label), style="bright_black") if piece.label else None,
        title_justify="left",
    )
    for number, title in enumerate(head):
        table.add_column(title, style="" if number or any(head) else "bright_black")
    for row in rows[:_LINES]:
        table.add_row(*row)
    more = len(rows) - _LINES
    return Group(table, Text(f"… {more} more rows")) if more > 0 else table


_PIECES: dict[str, Callable[[Any], RenderableType]] = {
    "output": _output,
    "diff": _diff,
    "markdown": lambda piece: _tight_markdown(_head(piece.text)),
    "table": _table,
}
