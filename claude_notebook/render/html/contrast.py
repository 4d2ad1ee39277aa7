"""Contrast between two colors, as WCAG 2.2 defines it."""

from __future__ import annotations

ENOUGH = 4.5
"""The contrast that text needs."""


def luminance(colour: str) -> float:
    """The relative luminance of "#rrggbb", 0 to 1."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mixed(colour: str, other: str, part: float) -> str:
    """So much (0 to 1) of the first colour on the second."""
    pairs = ((int(colour[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a * part + b * (1 - part)):02x}" for a, b in pairs)


def text_on(ground: str) -> str:
    """Black or white, whichever can be read on this ground."""
    return max(("#000000", "#ffffff"), key=lambda text: contrast(text, ground))


def readable(text: str, ground: str) -> str:
    """The text's colour, moved towards black or white until it can be read on the ground."""
    goal = text_on(ground)
    for step in range(11):
        moved = mixed(goal, text, step / 10)
        if contrast(moved, ground) >= ENOUGH:
            return moved
    return goal
