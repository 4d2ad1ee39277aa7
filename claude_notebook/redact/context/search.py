"""Secrets that their surroundings announce: a word nearby, a call, an assignment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..marks import MARK, MarkedSpan
from .calls import call_values
from .judges import is_lone_value
from .links import Link, links_at
from .neutral import is_neutral
from .noise import is_harmless, noise_values
from .regions import regions_around, suspects_in
from .sentences import early_value, phrase_values
from .shapes import is_made, is_peculiar
from .vocabulary import PHRASES, Hint, Subject, hints_in, is_part_of_name

__all__ = ["context_values"]

_MARK_OF_SECRET = f"{MARK}secret"
_PRECEDES = 100
_TRAILING = ".,:;!?*_)"
_REACH = 200
_NEAR = 80
_DIGIT = re.compile(r"\d")
_TAIL = re.compile(r"(?:[\w-]|\.(?=\w)){0,40}")
_BREAK = re.compile(r"\n|\\n|REDACTED-")
_CANDIDATE = re.compile(
    r"(?:(?<![\w#$!@%^&*?~+./\\-])|(?<=(?<!\\)\\[nrt]))"
    r"(?=[^\s\d\"']{0,60}\d)[A-Za-z0-9#$!@%^&*?~+_./-]{6,300}={0,2}"
)
_NEAR_LENGTH = 6


def context_values(
    text: str, lowered: str, announcements: Sequence[tuple[int, int]]
) -> list[MarkedSpan]:
    """Return the secrets that the surroundings announce, from left to right.

    :param lowered: the text in lower case
    :param announcements: the spans of words before numbers and phrases
    """
    phrases: list[tuple[int, int]] = []
    numbers: list[tuple[int, int]] = []
    for span in announcements:
        (phrases if lowered[slice(*span)] in PHRASES else numbers).append(span)
    cuts = list(phrase_values(text, lowered, phrases))
    numbers = [span for span in numbers if is_part_of_name(text, *span)]
    suspects = suspects_in(text)
    if not (cuts or suspects or numbers):
        return []
    cuts += noise_values(text, suspects)
    for first, last in regions_around(suspects, numbers, len(text)):
        hints = hints_in(text, lowered, first, last)
        cuts += _linked_values(text, hints)
        cuts += _near_values(text, hints)
        cuts += _listed_values(text, hints)
        cuts += call_values(text, first, last)
    return list(_without_overlaps(text, cuts))


def _without_overlaps(text: str, cuts: Sequence[MarkedSpan]) -> Iterator[MarkedSpan]:
    position = 0
    for cut in sorted(cuts, key=lambda cut: (cut.start, -cut.end)):
        if cut.start >= position and not _splits_escape(text, cut):
            yield cut
            position = cut.end


def _splits_escape(text: str, cut: MarkedSpan) -> bool:
    """Return whether a secret begins or ends within an escape, such as those of JSON."""
    before = text[max(0, cut.start - _MOST_BACKSLASHES) : cut.start]
    backslashes = len(before) - len(before.rstrip("\\"))
    return backslashes % 2 == 1 or text[cut.end - 1 : cut.end] == "\\"


# --- values that follow a name --------------------------------------------------------------------


def _linked_values(text: str, hints: Sequence[Hint]) -> Iterator[MarkedSpan]:
    for hint in hints:
        early = early_value(text, hint)
        if early is not None:
            yield early
        if _DIGIT.search(text, hint.end, hint.end + _REACH) is None:
            continue
        tail = _TAIL.match(text, hint.end)
        end = tail.end() if tail else hint.end
        for link in links_at(text[end : end + 1]):
            cut = _linked(text, hint, end, link)
            if cut is not None:
                yield cut
                break


def _linked(text: str, hint: Hint, end: int, link: Link) -> MarkedSpan | None:
    found = link.pattern.match(text, end)
    if found is None:
        return None
    groups = found.groupdict()
    quoted = groups.get("quoted") is not None
    start = found.start("quoted" if quoted else "bare")
    value = (groups["quoted"] if quoted else groups["bare"].rstrip(_TRAILING)) or ""
    if not value or value.startswith(MARK) or not link.judges[hint.subject](value, quoted):
        return None
    if not _fits(text, hint, end, link):
        return None
    quote = "" if quoted else _quote_for_number(groups.get("close"))
    return MarkedSpan(start, start + len(value), f"{quote}{_MARK_OF_SECRET}{quote}")


def _quote_for_number(close: str | None) -> str:
    """Return the quote for the mark: a number in JSON becomes a string."""
    return close if close and close[-1] in "'\"" else ""


def _fits(text: str, hint: Hint, end: int, link: Link) -> bool:
    """Return whether the text before a name, and the rest of the name, suit a link."""
    if is_neutral(text, hint.start, text[hint.end : end]):
        return False
    before = text[max(0, hint.start - _PRECEDES) : hint.end]
    if link.precedes is None:
        return True
    return any(map(link.precedes.search, (before, before[: hint.start - hint.end])))


# --- values near a word ---------------------------------------------------------------------------


def _near_values(text: str, hints: Sequence[Hint]) -> Iterator[MarkedSpan]:
    scanned = [0, 0, 0]
    for hint in hints:
        first = max(hint.end, scanned[hint.subject])
        last = min(len(text), hint.end + _NEAR)
        if first >= last or _DIGIT.search(text, first, last) is None:
            continue
        stop = _BREAK.search(text, hint.end, last)
        last = stop.start() if stop else last
        scanned[hint.subject] = last
        yield from _candidates(text, first, last, hint.subject)


def _candidates(text: str, first: int, last: int, subject: Subject) -> Iterator[MarkedSpan]:
    judge = is_made if subject is Subject.KEY else is_peculiar
    for found in _CANDIDATE.finditer(text, first, last):
        # The window can end within the value.
        whole = _CANDIDATE.match(text, found.start()) or found
        value = whole.group().rstrip(_TRAILING)
        if len(value) < _NEAR_LENGTH or not judge(value):
            continue
        if not is_harmless(text, found.start()):
            yield MarkedSpan(found.start(), found.start() + len(value), _MARK_OF_SECRET)


# --- values in the lines below a heading ----------------------------------------------------------

_HEADING = re.compile(r"[^\n\\\"]{0,60}(?:\n|\\n){1,2}")
_LONE_LINE = re.compile(
    r"[ \t>*\"-]{0,8}(?P<value>[^\s\"'\\,]{5,160})[ \t]*(?P<end>\r?\n|\\n|\Z|(?=\"))"
)
_MOST_LINES = 20
_MOST_BACKSLASHES = 64


def _listed_values(text: str, hints: Sequence[Hint]) -> Iterator[MarkedSpan]:
    position = 0
    for hint in hints:
        heading = _HEADING.match(text, hint.end) if hint.end >= position else None
        if heading is None or is_neutral(text, hint.start, ""):
            continue
        position = heading.end()
        for _ in range(_MOST_LINES):
            line = _LONE_LINE.match(text, position)
            if line is None or not is_lone_value(line["value"], hint.subject is Subject.SECRET):
                break
            yield MarkedSpan(*line.span("value"), _MARK_OF_SECRET)
            position = line.end()
