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
_MIXED = re.compile(rb" (?=[^ 0-9]{0,80}[0-9])(?=[^ A-Za-z]{0,80}[A-Za-z])([^ ]{5,200}) ")
_DIGIT = b"0"
_DIGITS = bytes(48 if 48 <= code <= 57 else 32 for code in range(256))
# With fewer digits than one in 32 characters, a search from digit to digit is faster.
_FEW = 32
_TRAILING = ".!*_"
_SPACE = 32
_WORTH_A_TABLE = 100_000


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
    """Return the spans of suspect values, in any order."""
    plain = b" %b " % text.encode("ascii", "replace").translate(_TABLE)
    mixed = _MIXED.findall(b" %b " % b"  ".join(_words_with_digits(plain)))
    words = [word for word in set(mixed) if _is_suspect(word)]
    ends = ((start, start + len(word)) for start, word in _places(plain, words))
    return [(start - 1, end - 1) for start, end in ends if plain[start - 1] == plain[end] == _SPACE]


def _words_with_digits(plain: bytes) -> set[bytes]:
    """Return the words that are not only of letters, at least those with digits."""
    digits = plain.translate(_DIGITS)
    if digits.count(_DIGIT) * _FEW > len(plain):
        return {word for word in plain.split() if not word.isalpha()}
    words, place = set(), digits.find(_DIGIT)
    while place >= 0:
        end = plain.find(b" ", place)
        words.add(plain[plain.rfind(b" ", 0, place) + 1 : end])
        place = digits.find(_DIGIT, end)
    return words


def _places(plain: bytes, words: list[bytes]) -> Iterator[tuple[int, bytes]]:
    """Return the places of some words, also within longer ones."""
    if len(words) * len(plain) > _WORTH_A_TABLE:
        from ahocorasick_rs import BytesAhoCorasick  # rarely needed

        found = BytesAhoCorasick(words).find_matches_as_indexes(plain, overlapping=True)
        yield from ((start, words[number]) for number, start, _ in found)
        return
    for word in words:
        start = plain.find(word)
        while start >= 0:
            yield start, word
            start = plain.find(word, start + len(word))


@functools.lru_cache(maxsize=16384)
def _is_suspect(word: bytes) -> bool:
    return is_suspect(word.decode("ascii").rstrip(_TRAILING))
