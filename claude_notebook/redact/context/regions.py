"""Parts of a text that are worth a search: those around values that can be secrets."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator

from .judges import is_suspect

__all__ = ["regions_around", "suspects_in"]

_BEFORE = 200
_AFTER = 80
_BEHIND_WORD = 200
# The characters of values; all others separate, and so do "=" and ":".
_OF_VALUES = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789#$!@%^&*~+_./-"
_TABLE = bytes(code if code in _OF_VALUES else 32 for code in range(256))
_MIXED = re.compile(
    rb" (?=[^ 0-9]{0,80}[0-9])(?=[^ A-Za-z]{0,80}[A-Za-z])(?P<word>[^ ]{5,200})(?= )"
)
_SHORTEST, _LONGEST = 5, 200
_MARGIN = b" " * (_LONGEST + 1)
_DIGIT = b"0"
_DIGITS = bytes(48 if 48 <= code <= 57 else 32 for code in range(256))
# With fewer digits than one in four characters, a search from digit to digit is faster.
_FEW = 4
_SAMPLE = 4096
_TRAILING = ".!*_"


def regions_around(
    suspects: Iterable[tuple[int, int]], announcements: Iterable[tuple[int, int]], length: int
) -> Iterator[tuple[int, int]]:
    """Return the spans around the values of a text that can be secrets, from left to right.

    :param suspects: the spans of such values
    :param announcements: the spans of words that announce numbers
    :param length: the length of the text
    """
    spans = [(start - _BEFORE, end + _AFTER) for start, end in suspects]
    spans += [(start, end + _BEHIND_WORD) for start, end in announcements]
    return _merged(sorted(spans), length)


def _merged(spans: Iterable[tuple[int, int]], length: int) -> Iterator[tuple[int, int]]:
    first, last = 0, 0
    for start, end in spans:
        if start > last:
            if last:
                yield first, last
            first = start
        last = min(length, max(last, end))
    if last:
        yield max(0, first), last


def suspects_in(text: str) -> list[tuple[int, int]]:
    """Return the spans of suspect values, from left to right."""
    plain = b"%b%b " % (_MARGIN, text.encode("ascii", "replace").translate(_TABLE))
    digits = plain.translate(_DIGITS)
    if digits.count(_DIGIT, 0, _SAMPLE) * _FEW > min(len(plain), _SAMPLE):
        spans = [found.span("word") for found in _MIXED.finditer(plain)]
    else:
        spans = _words_with_digits(plain, digits)
    words = [plain[start:end] for start, end in spans]
    mixed = _MIXED.findall(b" %b " % b" ".join(set(words)))
    suspects = {word for word in mixed if _is_suspect(word)}
    if not suspects:
        return []
    found = zip(spans, words, strict=True)
    margin = len(_MARGIN)
    return [(start - margin, end - margin) for (start, end), word in found if word in suspects]


def _words_with_digits(plain: bytes, digits: bytes) -> list[tuple[int, int]]:
    """Return the spans of the words with digits that are neither short nor long.

    :param digits: the text with zeros in place of its digits, and spaces elsewhere
    """
    spans = []
    last_space, next_space, next_digit = plain.rfind, plain.find, digits.find
    place, reach = next_digit(_DIGIT), len(_MARGIN)
    while place >= 0:
        end = next_space(b" ", place)
        # A search up to the start of the text would read all of a long word.
        start = last_space(b" ", place - reach, place) + 1
        if start and _SHORTEST <= end - start <= _LONGEST:
            spans.append((start, end))
        place = next_digit(_DIGIT, end)
    return spans


@functools.lru_cache(maxsize=16384)
def _is_suspect(word: bytes) -> bool:
    return is_suspect(word.decode("ascii").rstrip(_TRAILING))
