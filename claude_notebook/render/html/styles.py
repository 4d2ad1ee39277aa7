"""Inline styles for a saved answer, by tag and class.

A saved notebook keeps `style` attributes but no style sheets. Backgrounds are translucent and text
keeps the page's color, so that both light and dark pages work. As in code, a literal text color
always comes with a literal background, with a contrast of at least 4.5.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from pygments.token import STANDARD_TYPES

from .ansi import TERMINAL_BACKGROUND
from .code_colors import PALETTES

MONO = "font-family:monospace"
LINE = "#8884"
FILL = "#8881"

BLUE, GREEN, RED, AMBER, VIOLET, GREY = (
    "#2f81f7",
    "#2da44e",
    "#d1242f",
    "#bf8700",
    "#8250df",
    "#808080",
)
"""Border colors. Each is accompanied by a symbol or a word with the same meaning."""

TERMINAL = ("#e6e6e6", TERMINAL_BACKGROUND)
"""The text and background of colored terminal output."""

ANSI_FG = (
    *("#9aa4b0", "#ff8f87", "#7ee787", "#e3b341", "#79b8ff", "#d2a8ff", "#76e3ea", "#d6dbe1"),
    *("#aab4c0", "#ffa198", "#a5f0b0", "#f2cc60", "#a5d0ff", "#e2c5ff", "#b3f0f5", "#ffffff"),
)
"""The sixteen text colors, each of which is readable on the terminal's background."""

ANSI_BG = (
    *("#3a424c", "#8e1519", "#116329", "#6b4a00", "#0a4da8", "#5a2ca0", "#0b5e66", "#57606a"),
    *("#4a525c", "#a40e26", "#1a7f37", "#7d5600", "#0b5bd3", "#6e40c9", "#0e6d77", "#6e7781"),
)
"""The sixteen backgrounds, on each of which white is readable."""

_FONT = "font-size:0.92em;line-height:1.5"
_CELL = f"border:1px solid {LINE};padding:0.3em 0.7em;text-align:left"
_PLAIN_CELL = "border:none;padding:0;text-align:left;vertical-align:top"


def _heading(size: str) -> str:
    return f"font-size:{size};font-weight:600;line-height:1.3;margin:1em 0 0.4em"


TAGS: dict[str, str] = {
    "p": "margin:0 0 0.7em",
    "h1": _heading("1.45em"),
    "h2": _heading("1.25em"),
    "h3": _heading("1.1em"),
    "h4": _heading("1em"),
    "h5": _heading("1em"),
    "h6": _heading("1em"),
    "ul": "margin:0 0 0.7em;padding-left:1.6em",
    "ol": "margin:0 0 0.7em;padding-left:1.8em",
    "blockquote": f"margin:0 0 0.7em;padding:0.1em 0 0.1em 0.9em;border-left:3px solid {LINE}",
    "hr": f"border:none;border-top:1px solid {LINE};margin:1.2em 0",
    "code": "padding:0.1em 0.3em;border-radius:4px;background-color:#8882",
    "pre": f"{_FONT};margin:0;padding:0.6em 0.9em;overflow-x:auto;background-color:transparent",
    "kbd": f"font-size:0.85em;border:1px solid {LINE};border-radius:4px;padding:0 0.35em",
    "tr": "background-color:transparent",
    "th": f"{_CELL};font-weight:600",
    "td": _CELL,
    "a": "color:inherit;text-decoration:underline",
    "img": "max-width:100%",
}
"""Styles by tag."""

_ALERT = "margin:0 0 0.8em;padding:0.4em 0.9em;border-left:3px solid"
CLASSES: dict[str, str] = {
    "cn-code": f"margin:0 0 0.8em;border:1px solid {LINE};border-radius:6px",
    "cn-label": "font-size:0.8em;padding:0.3em 1.1em 0;opacity:0.8",
    "cn-output": f"{MONO};{_FONT};margin:0;padding:0.6em 0.9em;overflow-x:auto;"
    f"white-space:pre-wrap;overflow-wrap:anywhere;background-color:{FILL};border-radius:6px",
    "cn-ansi": f"color:{TERMINAL[0]};background-color:{TERMINAL[1]}",
    "cn-wrap": "overflow-x:auto;margin:0 0 0.8em",
    "cn-table": "border-collapse:collapse;margin:0;border:none",
    "cn-diff": f"{MONO};{_FONT};margin:0;padding:0.5em 0.7em;overflow-x:auto;"
    f"border:1px solid {LINE};border-radius:6px",
    "cn-ins": "background-color:rgba(46,160,67,0.18)",
    "cn-del": "background-color:rgba(229,72,77,0.18)",
    "cn-hunk": "opacity:0.7;background-color:transparent",
    "cn-ins-word": "background-color:rgba(46,160,67,0.38);border-radius:2px",
    "cn-del-word": "background-color:rgba(229,72,77,0.38);border-radius:2px",
    "cn-alert": _ALERT + f" {LINE};background-color:{FILL}",
    "cn-alert-note": f"border-left:3px solid {BLUE}",
    "cn-alert-tip": f"border-left:3px solid {GREEN}",
    "cn-alert-important": f"border-left:3px solid {VIOLET}",
    "cn-alert-warning": f"border-left:3px solid {AMBER}",
    "cn-alert-caution": f"border-left:3px solid {RED}",
    "cn-alert-title": "margin:0.1em 0 0.3em 0;font-weight:600",
    "cn-task": "margin:0.15em 0 0.15em -1.3em;list-style-type:none",
    "cn-footnote": f"font-size:0.9em;border-top:1px solid {LINE};padding-top:0.5em",
    "cn-math-block": "margin:0 0 0.8em;overflow-x:auto;text-align:center",
    "cn-ctl": "color:#7a2e00;background-color:#ffe9d6;border-radius:3px;font-size:0.85em",
    "cn-muted": "opacity:0.8",
    "cn-cut": "opacity:0.8;font-size:0.9em;margin:-0.3em 0 0.5em 0",
    "cn-plain": f"{MONO};font-size:0.92em;white-space:pre-wrap;overflow-wrap:anywhere;margin:0",
    "cn-bold": "font-weight:700",
    "cn-italic": "font-style:italic",
    "cn-underline": "text-decoration:underline",
    "cn-strike": "text-decoration:line-through",
    **{f"cn-fg{n}": f"color:{color}" for n, color in enumerate(ANSI_FG)},
    **{f"cn-bg{n}": f"color:#ffffff;background-color:{c}" for n, c in enumerate(ANSI_BG)},
    # These show the structure of code without color. Jupyter's style sheets add colors by class.
    **dict.fromkeys(("k", "kc", "kd", "kn", "kr", "nf", "nc", "nt"), "font-weight:600"),
    **dict.fromkeys(("c", "c1", "cm", "ch", "cs", "sd"), "font-style:italic"),
}
"""Styles by class, which take precedence over those by tag."""

TOKENS = frozenset(name for name in STANDARD_TYPES.values() if name)
"""Pygments' short class names."""

# Code keeps the background and color of its box, regardless of the page's style sheet.
_ON_GROUND = f"margin:0;color:inherit;background-color:transparent;{MONO};font-size:0.92em"
_NUMBERS = f"{_ON_GROUND};padding:0.6em 0 0.6em 0.9em;text-align:right;opacity:0.75"
_NUMBERED = "border-collapse:collapse;border:none;margin:0;color:inherit"
_CODE_TAG = f'<pre style="{_ON_GROUND};padding:0.6em 0.9em;overflow-x:auto" tabindex="0">'
_CODE = re.compile("<pre><code>(.*?)</code></pre>", re.DOTALL)

# Rules for an element in a certain context. The match includes the markup before the element.
_PLACES = (
    ("</pre></td><td><pre", f'</pre></td><td style="{_PLAIN_CELL}"><pre'),
    ('<td class="cn-num"><pre>', f'<td style="{_PLAIN_CELL}"><pre style="{_NUMBERS}">'),
    ('<table class="cn-plain">', f'<table style="{_NUMBERED}">'),
)
_TAG = re.compile(r"<([a-z][a-z0-9]*)((?: [a-z]+(?:=\"[^\"]*\")?)*)>")
_ATTRIBUTE = re.compile(r" ([a-z]+)=\"([^\"]*)\"")
RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_BLOCKS = frozenset({"p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "td", "th"})


# An empty header becomes an ordinary cell, because a screen reader would announce it.
_EMPTY_HEAD = re.compile(r'<th(?: align="[a-z]+")?(?: scope="[a-z]+")?></th>')


@cache
def _class_style(name: str, dark: bool) -> str:
    colors = PALETTES[dark]
    style = CLASSES.get(name, "")
    if name == "cn-code":
        return f"{style};color:{colors.text};background-color:{colors.ground}"
    return f"color:{colors.token(name)};{style}" if name in TOKENS else style


def inline_styles(html: str, *, dark: bool = False) -> str:
    """Add `style` attributes to this package's sanitized HTML.

    :param dark: use a dark background for code.
    """
    html = _EMPTY_HEAD.sub("<td></td>", html)
    html = _CODE.sub(rf"{_CODE_TAG}\1</pre>", html)
    for place, styled in _PLACES:
        html = html.replace(place, styled)
    html = _bare(dark).sub(r"\1", html)
    rtl = bool(RTL.search(html))
    return _TAG.sub(lambda m: _styled(m[1], m[2], m[0], rtl and _holds_rtl(m), dark), html)


def _holds_rtl(opening: re.Match[str]) -> bool:
    """Return whether the block contains right-to-left text."""
    if opening[1] not in _BLOCKS:
        return False
    html, start = opening.string, opening.end()
    end = html.find(f"</{opening[1]}>", start)
    return bool(RTL.search(html, start, end if end >= 0 else len(html)))


@cache
def _bare(dark: bool) -> re.Pattern[str]:
    """Return the pattern for tokens without a style, which are half of them and need no tags."""
    plain = sorted(TOKENS - CLASSES.keys() - PALETTES[dark].tokens.keys())
    return re.compile(f'<span class="(?:{"|".join(plain)})">([^<]*)</span>')


@lru_cache(maxsize=4096)
def _styled(tag: str, attributes: str, whole: str, rtl: bool, dark: bool) -> str:
    known = dict(_ATTRIBUTE.findall(attributes))
    styles = [] if "style" in known else [TAGS.get(tag, "")]
    styles += [_class_style(name, dark) for name in known.get("class", "").split()]
    styles.append(known.get("style", ""))
    if "align" in known:
        styles.append(f"text-align:{known['align']}")
    if rtl:
        styles.append("unicode-bidi:plaintext;text-align:start")
    style = _merged(styles)
    rest = re.sub(r' (?:style="[^"]*"|class="[a-z0-9]{1,3}")', "", attributes)
    # Every scrollable element must be reachable with the keyboard.
    rest += ' tabindex="0"' if "auto" in style and "overflow" in style else ""
    return f'<{tag}{rest} style="{style}">' if style else whole


def tidied(html: str) -> str:
    """Shorten the `style` attributes in sanitized HTML, which make up half of a long answer.

    They are given single quotes, which JSON does not escape, and insignificant spaces and zeros are
    removed.
    """
    return _TAG.sub(lambda m: _tidied_tag(m[0]), html)


_STYLE = re.compile(r' style="([^"\']*)"')
_BLANKS = re.compile(r" ?([,:;]) ?")
_ZERO = re.compile(r"(?<![\w.#])0(?=\.\d)")


@lru_cache(maxsize=4096)
def _tidied_tag(tag: str) -> str:
    return _STYLE.sub(_tidied_style, tag)


def _tidied_style(attribute: re.Match[str]) -> str:
    style = _BLANKS.sub(r"\1", attribute[1])
    return f" style='{_ZERO.sub('', style)}'"


def _merged(styles: list[str]) -> str:
    """Merge several styles into one. Later declarations take precedence."""
    merged: dict[str, str] = {}
    for declaration in ";".join(styles).split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            merged.pop(name, None)
            merged[name] = value
    return ";".join(f"{name}:{value}" for name, value in merged.items())
