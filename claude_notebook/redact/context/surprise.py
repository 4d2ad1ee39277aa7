"""A measure for random texts: bits per character under a table of pairs of letters."""

from __future__ import annotations

import functools
import itertools
import re

__all__ = ["bits_per_character", "is_wordlike"]

# Row: a letter; column: the next one; digit: -log2 of the column's share, rounded, at most 9.
# Counted over the words in the modules of Python's standard library and in descriptions of
# packages, each word weighted by the square root of its count.
_BITS = (
    "95449759596343959343667769",
    "37563788458367469446399958",
    "39673793594468279563589979",
    "46752778289577479546589879",
    "47436568798453757334867479",
    "48664479299477379455498969",
    "47772754399564579346478988",
    "29872999398667389564599969",
    "55455559998452459543969696",
    "39672898487789358738297989",
    "47651656399475668636685979",
    "38752699399388369855589949",
    "25862899498658439857599969",
    "48433539496686479833569979",
    "66448669696442549354465799",
    "38763786497378349354588949",
    "77859899899686879757097999",
    "38552759396655379544578959",
    "59572774396677448742487969",
    "38672794399678469345597959",
    "54564669599443649333999999",
    "28691879399978579878799999",
    "38653794298684379346997999",
    "46353597499658739762999568",
    "66554668488554529533765978",
    "39971796399757499766698966",
)

_BITS_OF_OTHERS = 5.0  # a digit beside a letter, or a change of case within a word
_BITS_OF_DIGITS = 3.3
_BITS_OF_WORD = 4.9
_SHORT = 4


def _pair_bits(first: str, second: str) -> float:
    if first.isdigit() and second.isdigit():
        return _BITS_OF_DIGITS
    if not (first.isalpha() and second.isalpha()) or (first.islower() and second.isupper()):
        return _BITS_OF_OTHERS
    return int(_BITS[ord(first.lower()) - 97][ord(second.lower()) - 97])


@functools.lru_cache(maxsize=4096)
def bits_per_character(text: str) -> float:
    """Return the mean bits of the pairs of letters and digits in a text; other signs separate.

    English words and names have 3 to 4.3, random characters 5 to 6.
    """
    letters = re.findall(r"[A-Za-z0-9]+", text)
    pairs = [pair for run in letters for pair in itertools.pairwise(run)]
    if not pairs:
        return 0.0
    return sum(_pair_bits(first, second) for first, second in pairs) / len(pairs)


@functools.lru_cache(maxsize=4096)
def is_wordlike(letters: str) -> bool:
    """Return whether letters without digits can be a word or an abbreviation."""
    if len(letters) <= _SHORT:
        return True
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|.", letters)
    if len(parts) > max(2, len(letters) // 3):
        return False
    pairs = [pair for part in parts for pair in itertools.pairwise(part)]
    return sum(_pair_bits(*pair) for pair in pairs) <= _BITS_OF_WORD * max(1, len(pairs))
