"""The shape of the rows of `KEYS` and `FORMS`, and the judges that their rows share."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ..marks import MARK, MarkedSpan

__all__ = ["Form", "has_digit", "is_chosen", "is_mixed", "is_odd", "is_varied", "looks_random"]

_NEARBY = 120


@dataclass(frozen=True)
class Form:
    """One row: a literal, and the patterns around it.

    The group `secret` of one of the patterns is replaced; without such a group, the literal and
    everything that follows is. To keep the time linear, a pattern consumes everything that can
    belong to the secret and fails only within a bounded distance; `judge` then decides.

    :param kind: part of the mark
    :param literal: a text without it is not searched
    :param follows: pattern of the text behind the literal
    :param judge: tells a secret from a lookalike
    :param precedes: pattern of the text before the literal. Its group `whole` is replaced, too.
    :param word: the literal begins a word
    :param flagged: a flag of a command must follow
    """

    kind: str
    literal: str
    follows: str
    judge: Callable[[str], bool] = field(default=bool, repr=False)
    precedes: str = ""
    word: bool = False
    flagged: bool = False

    @functools.cached_property
    def _pattern(self) -> re.Pattern[str]:
        """The literal, which makes the search fast, and the text behind it."""
        literal = re.escape(self.literal)
        # A word may begin after an escape of JSON, but not with the escape's own letter.
        edges = (
            rf"<![A-Za-z0-9\\]{literal}",
            rf"<=\\[nrt]{literal}",
            rf"<=\\u[0-9a-f]{{4}}{literal}",
        )
        edge = f"(?:(?{')|(?'.join(edges)}))" if self.word else ""
        return re.compile(literal + edge + self.follows, re.ASCII)

    @functools.cached_property
    def _before(self) -> re.Pattern[str]:
        return re.compile(rf"(?:{self.precedes})\Z", re.ASCII)

    def cuts(self, text: str) -> Iterator[MarkedSpan]:
        """Return the secrets of this row, from left to right."""
        position = 0
        for found in self._pattern.finditer(text):
            span = self._span(text, found, position)
            if span is None or span[0] < position or text.startswith(MARK, span[0]):
                continue
            if self.judge(text[slice(*span)]):
                yield MarkedSpan(*span, f"{MARK}{self.kind}")
                position = span[1]

    def _span(self, text: str, found: re.Match[str], position: int) -> tuple[int, int] | None:
        """Return the place of the secret beside a literal; None without a match before it."""
        span = found.span("secret" if "secret" in found.re.groupindex else 0)
        if not self.precedes:
            return span
        first = max(position, found.start() - _NEARBY)
        before = self._before.search(text, first, found.start())
        if before is None:
            return None
        if "whole" in before.re.groupindex:
            return before.start("whole"), span[1]
        return before.span("secret") if "secret" in before.re.groupindex else span


# --- judges ---------------------------------------------------------------------------------------

_TEMPLATE = re.compile(
    r"[${<%][\s\S]*|\*(?![\dA-F]{40})[\s\S]*|[xX*.]{3,}|[A-Z_]*(?:PASSWORD|SECRET|TOKEN)[A-Z_]*"
)
_HEX_OR_UUID = re.compile(
    r"(?:[\da-f]{32,}|[\dA-F]{32,}|(?i:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}))"
)
_CODED = re.compile(r"[A-Za-z\d+/_.=~-]{20,}")
_CHANGE = re.compile(r"(?<=[a-z])(?=[A-Z\d])|(?<=[A-Z])(?=[a-z\d])|(?<=\d)(?=[A-Za-z])")


def has_digit(secret: str) -> bool:
    """Return whether a text has a digit."""
    return any(map(str.isdigit, secret))


def is_chosen(secret: str) -> bool:
    """Return whether a text is no variable, template, or placeholder."""
    return _TEMPLATE.fullmatch(secret) is None


def is_mixed(secret: str) -> bool:
    """Return whether a text has both letters and digits, and is no template."""
    return has_digit(secret) and any(map(str.isalpha, secret)) and is_chosen(secret)


def is_odd(secret: str) -> bool:
    """Return whether a text is mixed, and no name with a number."""
    return is_mixed(secret) and re.fullmatch(r"[A-Za-z._-]+\d{1,4}", secret) is None


def is_varied(secret: str) -> bool:
    """Return whether a text has lower and upper case, or letters and digits."""
    return is_mixed(secret) or not (secret.islower() or secret.isupper())


def looks_random(secret: str) -> bool:
    """Return whether a program rather than a person made a text: hexadecimal, a UUID, base64."""
    if not is_mixed(secret):
        return False
    secret = secret.rpartition(":")[2]  # a user may precede
    if _HEX_OR_UUID.fullmatch(secret):
        return True
    return _CODED.fullmatch(secret) is not None and (
        len(_CHANGE.findall(secret)) >= len(secret) * 0.25
    )
