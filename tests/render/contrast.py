"""Contrast of every word of a fragment, computed from its inline styles."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser

RGB = tuple[float, float, float]
_VOID = {"br", "hr", "img"}


def parse_color(value: str) -> tuple[RGB, float] | None:
    """Parse a color and its opacity."""
    value = value.strip()
    if match := re.fullmatch(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", value):
        return tuple(int(x, 16) for x in match.groups()), 1.0
    if match := re.fullmatch(r"#([0-9a-f])([0-9a-f])([0-9a-f])([0-9a-f])", value):
        *color, opacity = (int(x, 16) * 17 for x in match.groups())
        return tuple(color), opacity / 255
    if match := re.fullmatch(r"rgba\((\d+), ?(\d+), ?(\d+), ?([\d.]+)\)", value):
        return tuple(float(x) for x in match.groups()[:3]), float(match[4])
    assert value in ("inherit", "transparent"), f"a color that this test cannot read: {value}"
    return None


def over(color: RGB, ground: RGB, opacity: float) -> RGB:
    return tuple(c * opacity + g * (1 - opacity) for c, g in zip(color, ground, strict=True))


def luminance(color: RGB) -> float:
    linear = [c / 255 / 12.92 if c <= 10.3 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in color]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: RGB, second: RGB) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@dataclass(frozen=True)
class _Look:
    text: RGB
    ground: RGB  # background of the text
    below: RGB  # what is behind the element that fades
    opacity: float = 1.0
    opaque: bool = False  # something between the page and the text lets nothing through


class _Reader(HTMLParser):
    def __init__(self, ground: RGB, text: RGB) -> None:
        super().__init__(convert_charrefs=True)
        self.stack = [("", _Look(text, ground, ground))]
        self.found: list[tuple[float, str]] = []
        self.lonely: list[str] = []

    def handle_starttag(self, tag, attrs):
        look = self.stack[-1][1]
        style = dict(attrs).get("style") or ""
        declared = dict(part.split(":", 1) for part in style.split(";") if ":" in part)
        ground, text = look.ground, look.text
        if behind := parse_color(declared.get("background-color", "transparent")):
            ground = over(*behind[:1], ground, behind[1])
        if own := parse_color(declared.get("color", "inherit")):
            text = own[0]
            if not (look.opaque or (behind and behind[1] == 1)):
                self.lonely.append(style)
        opaque = look.opaque or bool(behind and behind[1] == 1)
        below, opacity = look.below, look.opacity
        if "opacity" in declared:
            below, opacity = look.ground, opacity * float(declared["opacity"])
        if tag not in _VOID:
            self.stack.append((tag, _Look(text, ground, below, opacity, opaque)))

    def handle_endtag(self, tag):
        while len(self.stack) > 1 and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if data.strip():
            look = self.stack[-1][1]
            text = over(look.text, look.below, look.opacity)
            ground = over(look.ground, look.below, look.opacity)
            self.found.append((contrast(text, ground), data.strip()[:40]))


def weakest(html: str, ground: str, text: str) -> tuple[float, str]:
    """Return the lowest contrast of any word on a page with these colors, and the word."""
    return min(_read(html, ground, text).found)


def lonely_colors(html: str) -> list[str]:
    """List styles with a text color but no background."""
    return _read(html, "#ffffff", "#000000").lonely


def _read(html: str, ground: str, text: str) -> _Reader:
    reader = _Reader(parse_color(ground)[0], parse_color(text)[0])
    reader.feed(html)
    reader.close()
    return reader
