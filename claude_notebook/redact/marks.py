"""Marks that replace secrets, and the replacement of spans by marks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["MARK", "MarkedSpan", "apply_cuts"]

MARK = "REDACTED-"


@dataclass(frozen=True)
class MarkedSpan:
    """A span of a text and its replacement."""

    start: int
    end: int
    by: str


def apply_cuts(text: str, cuts: Iterable[MarkedSpan]) -> str:
    """Return a text after some replacements, given from left to right without overlaps."""
    pieces, position = [], 0
    for cut in cuts:
        pieces += [text[position : cut.start], cut.by]
        position = cut.end
    return "".join([*pieces, text[position:]]) if pieces else text
