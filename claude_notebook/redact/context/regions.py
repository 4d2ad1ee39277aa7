"""Parts of a text that are worth a search: those around values that can be secrets."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator

from .judges import is_suspect
from .vocabulary import code_words_in

__all__ = ["regions_in"]

_BEFORE = 200
_AFTER = 80
_BEHIND_WORD = 200
# The characters of values; all others separate, and so do "=" and ":".
_OF_VALUES = (
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789#$!@%^&*~+_./-"
)
_TABLE = bytes(code if code in _OF_VALUES else 32 for code in range(256))
_MIXED = re.compile(rb" (?=[^ 0-9]{0,80}[0-9])(?=[^ A-Za-z]{0,80}[A-Za-z])([^ ]{5,200}) ")
_WORD = re.compile(rb"[^ ]+")
_TRAILING = ".!*_"
_FEW = 32


def regions_in(text: str, lowered: str) -> Iterator[tuple[int, int]]:
    """Return the spans around the values of a text that can be secrets, from left to right.

    :param lowered: the text in lower case
    """
    spans = [(start - _BEFORE, end + _AFTER) for start, end in _suspects(text)]
    spans += [(start, end + _BEHIND_WORD) for start, end in code_words_in(text, lowered)]
    return _merged(sorted(spans), len(text))


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


def _suspects(text: str) -> Iterator[tuple[int, int]]:
    """Return the spans of suspect values, in any order."""
    plain = b" %b " % text.encode("ascii", "replace").translate(_TABLE)
    other = {word for word in plain.split() if not word.isalpha()}
    mixed = _MIXED.findall(b" %b " % b"  ".join(other))
    words = {word for word in mixed if _is_suspect(word)}
    if len(words) > _FEW:
        spans = (found.span() for found in _WORD.finditer(plain) if found.group() in words)
        yield from ((start - 1, end - 1) for start, end in spans)
        return
    for word in words:
        start = plain.find(b" %b " % word)
        while start >= 0:
            yield start, start + len(word)
            start = plain.find(b" %b " % word, start + len(word) + 1)


@functools.lru_cache(maxsize=16384)
def _is_suspect(word: bytes) -> bool:
    return is_suspect(word.decode("ascii").rstrip(_TRAILING))
