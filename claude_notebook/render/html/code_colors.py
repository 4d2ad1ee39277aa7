"""The colors of code in a saved page, and the background that each set of colors requires.

No color is readable on both white and black (none has a contrast of 4.5 to both), so code has its
own background, which depends on the page that displays the code first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_KINDS = {
    "keyword": "k kc kd kn kp kr kt ow",
    "string": "s s1 s2 sa sb sc dl sd se sh si sx sr ss ld",
    "comment": "c c1 ch cm cp cpf cs gp go",
    "number": "m mb mf mh mi mo il l",
    "function": "nf fm nd",
    "name": "nb bp nc ne no nn ni gh gu",
    "tag": "nt na nl py gi",
    "wrong": "err gd gr gt",
}
"""Pygments' short classes by kind. All others have the same color as the text."""


@dataclass(frozen=True)
class Palette:
    """A background, the color of text on it, and token colors by Pygments' short class."""

    ground: str
    text: str
    tokens: Mapping[str, str]

    def token(self, name: str) -> str:
        """Return a token's color. It is never "", which the page's style sheet would color."""
        return self.tokens.get(name, self.text)


def _palette(ground: str, text: str, **kinds: str) -> Palette:
    tokens = {name: color for kind, color in kinds.items() for name in _KINDS[kind].split()}
    return Palette(ground, text, MappingProxyType(tokens))


LIGHT = _palette(
    "#f6f8fa",
    "#1f2328",
    keyword="#b31d28",
    string="#0a3069",
    comment="#57606a",
    number="#0550ae",
    function="#6639ba",
    name="#8a3600",
    tag="#116329",
    wrong="#a40e26",
)
DARK = _palette(
    "#1b1f24",
    "#e6edf3",
    keyword="#ff8f87",
    string="#a5d6ff",
    comment="#9aa4b0",
    number="#79c0ff",
    function="#d2a8ff",
    name="#ffb77c",
    tag="#7ee787",
    wrong="#ffa198",
)
PALETTES = {False: LIGHT, True: DARK}
"""The palettes, where the key `dark` is True for a dark page."""
