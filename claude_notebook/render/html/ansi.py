"""Terminal output as HTML with ANSI colors and weights. Other escapes are removed or shown."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, replace

from .contrast import readable_color, text_on
from .sanitizer import reveal_html

TERMINAL_BACKGROUND = "#1b1f24"
"""The background behind colored output."""

_SGR = re.compile(r"\x1b\[([0-9;:]*)m")
# Cursor movements, erasures, titles and hyperlinks have no meaning on a page, but their text is
# kept.
_OTHER = re.compile(
    r"""\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?  # titles, hyperlinks
    | \x1b\[[0-?]*[ -/]*[@-ln-~]  # CSI sequences except colors
    | \x1b[()*+][0-9A-Za-z] | \x1b[=>78cDEHMNOZ]""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Style:
    """The style of a run of characters. Colors are "0" to "15", or "#rrggbb"."""

    fg: str = ""
    bg: str = ""
    names: frozenset[str] = frozenset()
    reverse: bool = False


_ON = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 9: "strike"}
_OFF = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 29: ("strike",)}
_COLORS = frozenset((*range(30, 50), *range(90, 98), *range(100, 108)))
_LEVELS = (0, 95, 135, 175, 215, 255)


def _palette(n: int) -> str:
    if n < 16:
        return str(n)
    if n < 232:
        r, g, b = (_LEVELS[(n - 16) // k % 6] for k in (36, 6, 1))
        return f"#{r:02x}{g:02x}{b:02x}"
    return f"#{8 + 10 * (n - 232):02x}" + f"{8 + 10 * (n - 232):02x}" * 2


def _extended(codes: deque[int]) -> str | None:
    """Consume the codes that follow a 38 or 48 and return their color, or None if it is invalid."""
    mode = codes.popleft() if codes else 0
    if mode == 5 and codes and codes[0] < 256:
        return _palette(codes.popleft())
    if mode == 2 and len(codes) >= 3:
        rgb = [codes.popleft() & 255 for _ in range(3)]
        return "#{:02x}{:02x}{:02x}".format(*rgb)
    codes.clear()
    return None


def _with_color(style: Style, code: int, codes: deque[int]) -> Style:
    if code in (38, 48):
        color = _extended(codes)
    else:
        color = "" if code in (39, 49) else str(code % 10 + (8 if code >= 90 else 0))
    if color is None:
        return style
    return replace(style, bg=color) if code // 10 in (4, 10) else replace(style, fg=color)


def _apply(style: Style, parameters: str) -> Style:
    codes = deque(int(c[:4]) if c else 0 for c in parameters.replace(":", ";").split(";"))
    while codes:
        code = codes.popleft()
        if code == 0:
            style = Style()
        elif code in _ON:
            style = replace(style, names=style.names | {_ON[code]})
        elif code in _OFF:
            style = replace(style, names=style.names - set(_OFF[code]))
        elif code in (7, 27):
            style = replace(style, reverse=code == 7)
        elif code in _COLORS:
            style = _with_color(style, code, codes)
    return style


def _without_overwritten(text: str) -> str:
    """Drop the text before the last carriage return in each line.

    A carriage return at the end of a line does not overwrite anything.
    """
    if "\r" not in text:
        return text
    return "\n".join(line[line.rfind("\r", 0, -1) + 1 :] for line in text.split("\n"))


def runs(text: str) -> list[tuple[Style, str]]:
    """Split a text where its style changes, dropping text overwritten by a carriage return."""
    text = _OTHER.sub("", _without_overwritten(text))
    pieces = _SGR.split(text)
    style = Style()
    styled = [(style, pieces[0])]
    for i in range(1, len(pieces), 2):
        style = _apply(style, pieces[i])
        styled.append((style, pieces[i + 1]))
    return [(style, run) for style, run in styled if run]


def plain(text: str) -> str:
    """Remove all escapes from the text."""
    return "".join(run for _, run in runs(text))


def has_color(text: str) -> bool:
    """Return whether the text has a literal color."""
    return any(style.fg or style.bg or style.reverse for style, _ in runs(text))


def _span(style: Style, run: str) -> str:
    fg, bg = (style.bg or "0", style.fg or "7") if style.reverse else (style.fg, style.bg)
    classes = [f"cn-{name}" for name in sorted(style.names)]
    literal = _literal(fg, bg)
    if literal is None:
        classes += _color_classes(fg, bg)
    attributes = f' class="{" ".join(classes)}"' if classes else ""
    if literal:
        attributes += f' style="{literal}"'
    return f"<span{attributes}>{reveal_html(run)}</span>" if attributes else reveal_html(run)


def _color_classes(fg: str, bg: str) -> list[str]:
    return [f"cn-{layer}{n}" for layer, n in (("fg", fg), ("bg", bg)) if n and n[0] != "#"]


def _literal(fg: str, bg: str) -> str | None:
    """Return readable colors outside the sixteen as CSS, or None if classes cover them."""
    if bg.startswith("#"):
        text = readable_color(fg, bg) if fg.startswith("#") else text_on(bg)
        return f"color:{text};background-color:{bg}"
    if fg.startswith("#") and not bg:
        return f"color:{readable_color(fg, TERMINAL_BACKGROUND)}"
    return None


def ansi_html(text: str) -> str:
    """Render terminal output as HTML, without sanitizing it."""
    return "".join(_span(style, run) for style, run in runs(text))
