"""Color contrast as defined by WCAG 2.2."""

from __future__ import annotations

MIN_TEXT_CONTRAST = 4.5
"""The minimum contrast for text."""


def luminance(color: str) -> float:
    """Return the relative luminance of "#rrggbb", 0 to 1."""
    channels = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(first: str, second: str) -> float:
    """Return the contrast between two colors, 1 to 21."""
    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def blend(color: str, background: str, share: float) -> str:
    """Mix two colors.

    :param share: the share of `color`, 0 to 1.
    """
    pairs = ((int(color[i : i + 2], 16), int(background[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


def text_on(background: str) -> str:
    """Return black or white, whichever has more contrast with the background."""
    return max(("#000000", "#ffffff"), key=lambda text: contrast(text, background))


def readable_color(color: str, background: str) -> str:
    """Return a text color, moved towards black or white until it is readable on the background."""
    goal = text_on(background)
    for step in range(11):
        moved = blend(goal, color, step / 10)
        if contrast(moved, background) >= MIN_TEXT_CONTRAST:
            return moved
    return goal
