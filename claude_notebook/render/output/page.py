"""Renders a turn as a static fragment of safe HTML for the saved notebook.

Its appearance is defined by literal inline styles, but it is readable even without them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from ...messages import Message
from ..content import Piece, count_lines
from ..html.diff import diff_lines_html
from ..html.parts import part as part_of
from ..html.sanitizer import clean, clean_static, escape
from ..html.styles import (
    AMBER,
    BLUE,
    FILL,
    GREEN,
    GREY,
    LINE,
    RED,
    RTL,
    inline_styles,
    tidied,
)
from ..labels import (
    ASK_STATES,
    BADGES,
    ICON_GLYPHS,
    NOTICE_LEVELS,
    SEPARATOR,
    THOUGHT_GLYPH,
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
    Part,
    PromptPanel,
    TodoPanel,
    ToolPanel,
    UnknownPanel,
)
from ..truncation import chunk_of, truncate
from ..view.entries import Entry, ProseEntry, ToolEntry
from ..view.reducer import view_of
from ..view.tree import Family, family_of
from ..view.turn_view import TurnView
from .arguments import messages_from

OPEN_LINES = 30
"""Maximum number of lines in a panel that is unfolded initially."""

KEPT_CHARS = 200_000
"""Number of truncated characters to keep per turn, for readers who do not have the kernel."""

_TALL_LINES = 30
_END = "</div></details>"
_TICKS = re.compile(r"`([^`\n]+)`")
_CODE = re.compile(r'<div class="highlight cn-code">.*?</pre></div>', re.DOTALL)
_BORDERS = {
    "running": BLUE,
    "waiting": BLUE,
    "done": GREEN,
    "error": RED,
    "denied": AMBER,
    "stopped": GREY,
}
_MUTED = "opacity:0.8;font-size:0.9em"
_MARK = (
    "background-color:rgba(31, 111, 235, 0.18);border:1px solid rgba(31, 111, 235, 0.55);"
    "border-radius:4px;padding:0 0.4em"
)
_BADGES = {"error": ("#ffffff", "#b3261e"), "denied": ("#ffffff", "#7d5600")}


def turn_html(view: TurnView, *, dark: bool = False) -> str:
    """Return the turn as a fragment of safe HTML.

    :param dark: use a dark background for code, which is readable on every page either way.
    """
    page = _Page(family_of(view.entries.values()), dark)
    body = "".join(_entry(entry, page) for entry in page.family.get(None, ()))
    footer = _footer(footer_text(view.footer))
    foot = f'<div style="{_MUTED};margin-top:0.6em">{footer}</div>' if footer else ""
    kind = "cn-prose mathjax_ignore tex2jax_ignore"
    look = "line-height:1.55;overflow-wrap:break-word"
    begin = page.opening(f'<div class="{kind}" style="{look}">', "</div>")
    html = f"{begin}{body}{page.finished(foot)}</div>"
    return html.replace(kind, f"{kind} {view.mark}", 1) if view.mark else html


def _footer(text: str) -> str:
    return SEPARATOR.join(
        f'<span style="{_MARK}">{part}</span>' if part in BADGES else escape(part)
        for part in text.split(SEPARATOR)
    )


def messages_to_html(messages: Message | Iterable[Message], *, now_ms: float = 0) -> str:
    """Return messages from a conversation as a static fragment of safe HTML.

    :param messages: one message, or messages in order of arrival, which may include stream events.
    :param now_ms: the end of the turn in Unix milliseconds; 0 omits times.
    :raises OptionsError: if an item is not a message.
    """
    return turn_html(view_of(messages_from(messages), now_ms=now_ms))


@dataclass
class _Page:
    """The nesting of the panels, and how many characters of truncated content may still be kept.

    Each part is finished separately, because the sanitizer holds the GIL.
    """

    family: Family
    dark: bool = False
    room: int = KEPT_CHARS

    def finished(self, html: str) -> str:
        """Style and sanitize a complete fragment."""
        return tidied(clean_static(inline_styles(html, dark=self.dark))) if html else ""

    def opening(self, begin: str, end: str, sample: str = "") -> str:
        """Finish an element's opening tags. `sample` is part of its future content."""
        return self.finished(f"{begin}{sample}{end}").removesuffix(f"{sample}{end}")

    def rest_of(self, piece: Piece) -> Piece | None:
        """Return a piece's truncated content if it fits into the remaining space."""
        chunk = chunk_of(piece, 0)
        size = len(piece.text) or 40 * count_lines(piece)
        if chunk is None or chunk.left or size > self.room:
            return None
        self.room -= size
        return chunk.piece


def _entry(entry: Entry, page: _Page) -> str:
    inside = "".join(_entry(child, page) for child in page.family.get(entry.id, ()))
    if isinstance(entry, ProseEntry):
        return _prose(entry, page)
    if isinstance(entry, ToolEntry):
        return _tool(entry, inside, page)
    panel = entry.panel()
    return page.finished(_PANELS.get(panel.kind, _unknown)(panel))


def _prose(entry: ProseEntry, page: _Page) -> str:
    html = "".join(page.finished(_CODE.sub(_folded, part)) for part in entry.fragments)
    if entry.kind == "text":
        return f"<div>{html}</div>"
    style = f"{_box(GREY)};opacity:0.9"
    summary = f'<summary style="cursor:pointer">{THOUGHT_GLYPH} {escape(entry.summary)}</summary>'
    begin, end = f'<details style="{style}">{summary}<div style="margin-top:0.4em">', _END
    return f"{page.opening(begin, end)}{html}{end}"


def _folded(match: re.Match[str]) -> str:
    """Make a long block of code foldable."""
    lines = match[0].count("\n") + 1
    if lines <= _TALL_LINES:
        return match[0]
    return f"<details open><summary>{lines} lines of code</summary>{match[0]}</details>"


def _box(color: str) -> str:
    return (
        f"border-left:3px solid {color};background-color:{FILL};border-radius:0 6px 6px 0;"
        "margin:0 0 0.6em 0;padding:0.35em 0.8em"
    )


# On a page without these styles, the nesting is still visible.
_INSIDE = "margin:0;padding:0;border:none;color:inherit;background-color:transparent"


def _tool(entry: ToolEntry, inside: str, page: _Page) -> str:
    if inside:
        rtl = RTL.search(inside)
        sample = rtl[0] if rtl is not None else ""
        end = "</blockquote>"
        begin = page.opening(f'<blockquote style="{_INSIDE}">', end, sample)
        inside = f"{begin}{inside}{end}"
    panel = entry.panel()
    head = f"{ICON_GLYPHS.get(panel.icon, '')} <b>{escape(panel.title)}</b> {_state(panel)}"
    body = (
        page.finished(_parts(panel.input, entry.pieces("input"), page))
        + inside
        + page.finished(_parts(panel.result, entry.pieces("result"), page))
    )
    if not body:
        return page.finished(f'<div style="{_box(_BORDERS[panel.state])}">{head}</div>')
    lines = sum(part.lines for part in (*panel.input, *panel.result))
    opened = " open" if panel.open and lines <= OPEN_LINES else ""
    begin = (
        f'<details{opened} style="{_box(_BORDERS[panel.state])}">'
        f'<summary style="cursor:pointer">{head}</summary><div style="margin-top:0.5em">'
    )
    return f"{page.opening(begin, _END)}{body}{_END}"


def _state(panel: ToolPanel) -> str:
    """Return the state as a glyph and a word, followed by the tool's name and the elapsed time."""
    glyph, word = TOOL_STATES[panel.state]
    facts = [escape(panel.tool), format_elapsed(panel.elapsed_ms)]
    badge = ""
    if panel.state in _BADGES:
        text, ground = _BADGES[panel.state]
        look = f"color:{text};background-color:{ground};border-radius:4px;padding:0 0.4em"
        badge = f'<span style="{look};font-size:0.9em">{glyph} {word}</span> '
    else:
        facts.insert(0, f"{glyph} {word}")
    return f'{badge}<span style="{_MUTED}">{" · ".join(fact for fact in facts if fact)}</span>'


def _parts(parts: Sequence[Part], pieces: Sequence[Piece] = (), page: _Page | None = None) -> str:
    return "".join(_part(*pair, page) for pair in zip_longest(parts, pieces))


def _part(part: Part, piece: Piece | None, page: _Page | None) -> str:
    html = _html(part, piece and truncate(piece))
    label = "" if part.label == "command" else part.label
    facts = " · ".join(escape(text) for text in (label, part.note) if text)
    head = f'<div style="{_MUTED};margin:0.2em 0">{facts}</div>' if facts else ""
    tall = ";max-height:26em;overflow:auto" if part.lines > _TALL_LINES else ""
    cut_off = _cut_off(part.more, piece, page) if part.more else ""
    return f'{head}<div style="margin:0 0 0.5em 0{tall}">{html}</div>{cut_off}'


def _html(part: Part, piece: Piece | None) -> str:
    """Return a part's HTML. A diff is returned as lines, which read well without styles."""
    if piece is not None and piece.type == "diff":
        return clean(diff_lines_html(piece.hunks))
    return part.html


def _cut_off(words: str, piece: Piece | None, page: _Page | None) -> str:
    """Return the truncated content, folded, or a note that it was not saved.

    The live view uses its class to find the position.
    """
    rest = page.rest_of(piece) if page is not None and piece is not None else None
    if rest is None:
        return f'<div class="cn-cut">… {words}, not saved in the notebook</div>'
    return (
        f'<details style="margin:0 0 0.5em 0"><summary style="{_MUTED};cursor:pointer">{words}'
        f'</summary><div style="margin:0.3em 0 0 0;max-height:26em;overflow:auto">'
        f'{_html(part_of(rest), rest)}</div></details><div class="cn-cut"></div>'
    )


def _todo(panel: TodoPanel) -> str:
    items = "".join(
        f'<li style="list-style-type:none;margin:0.1em 0">{TODO_GLYPHS[item.state][0]} '
        f"{_todo_text(item.text, item.state)}</li>"
        for item in panel.items
    )
    return (
        f'<div style="{_box(BLUE)}"><b>☰ {escape(panel.title)}</b>'
        f'<ul style="margin:0.2em 0 0 0;padding-left:0.3em">{items}</ul></div>'
    )


def _todo_text(text: str, state: str) -> str:
    html = escape(text)
    if state == "completed":
        return f"<s>{html}</s>"
    return f"<b>{html}</b> (in progress)" if state == "in_progress" else html


_LEVEL_COLORS = {"warning": AMBER, "limit": AMBER, "retry": AMBER, "danger": RED}


def _notice(panel: NoticePanel) -> str:
    glyph, word = NOTICE_LEVELS[panel.level]
    head = f'{glyph} <span style="font-weight:600">{word}</span> {_lines(panel.text)}'
    return _with_detail(_LEVEL_COLORS.get(panel.level, GREY), head, panel.detail)


def _with_code(text: str) -> str:
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", escape(text))


def _lines(text: str) -> str:
    """Escape plain text. Text between backticks becomes code."""
    html = _TICKS.sub(r"<code>\1</code>", escape(text))
    return html.replace("\n", "<br>")


def _with_detail(color: str, head: str, detail: Sequence[Part]) -> str:
    if not detail:
        return f'<div style="{_box(color)}">{head}</div>'
    return (
        f'<details style="{_box(color)}"><summary style="cursor:pointer">{head}</summary>'
        f'<div style="margin-top:0.5em">{_parts(detail)}</div></details>'
    )


def _error(panel: ErrorPanel) -> str:
    advice = f'<div style="margin-top:0.3em">→ {_lines(panel.advice)}</div>' if panel.advice else ""
    text = f'<div style="margin-top:0.2em">{_lines(panel.text)}</div>'
    head = f"<b>✗ {escape(panel.title)}</b>{text}{advice}"
    return f'<div style="{_box(RED)}">{head}{_parts(panel.detail)}</div>'


def _image(panel: ImagePanel) -> str:
    return _parts(panel.detail)


def _prompt(panel: PromptPanel) -> str:
    look = f"border:1px solid {LINE};border-radius:6px;padding:0.4em 0.8em;margin:0 0 0.7em 0"
    return (
        f'<div style="{look}"><span style="{_MUTED}">❯ You</span>'
        f"<div>{_lines(panel.text)}</div>{_parts(panel.detail)}</div>"
    )


_ASKED_COLORS = {"allowed": GREEN, "withdrawn": GREY}


def _asked(panel: AskPanel | FormPanel) -> str:
    glyph, word = ASK_STATES[panel.state]
    head = f"? <b>{escape(panel.title)}</b> {glyph} {_with_code(panel.decision) or word}"
    color = _ASKED_COLORS.get(panel.state, AMBER)
    return _with_detail(color, head, panel.detail if isinstance(panel, AskPanel) else ())


def _unknown(panel: UnknownPanel) -> str:
    return _with_detail(GREY, f"◇ {escape(panel.title)}", panel.detail)


_PANELS: dict[str, Callable[[Any], str]] = {
    "todo": _todo,
    "notice": _notice,
    "error": _error,
    "image": _image,
    "prompt": _prompt,
    "ask": _asked,
    "form": _asked,
    "unknown": _unknown,
}
