"""Secrets in sentences whose name follows, and phrases of several words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..marks import MARK, MarkedSpan
from .judges import is_code_of_digits, is_key, is_password
from .vocabulary import Hint, words_of

__all__ = ["early_value", "phrase_values"]

# "hunter2 is my password", "use 4921 as the PIN"
_EARLY = re.compile(
    r"(?P<value>(?<![\w.-])[^\s\"'`\\<>]{4,100})[\"'`]?[ \t](?:[\w']{1,12}[ \t]){0,4}"
    r"(?:as[ \t]|(?:as|is|was|be|for)[ \t](?:the|my|your|our|his|her|its|their|an?|new)[ \t])"
    r"(?:[\w'-]{1,15}[ \t]){0,3}\Z"
)
_DETERMINERS = (
    " as ",
    " the ",
    " my ",
    " your ",
    " our ",
    " a ",
    " an ",
    " new ",
    " their ",
    " his ",
    " her ",
)
_NEARBY = 48
_REACH = 110
_JUDGES = (is_password, is_code_of_digits, is_key)

# The words of a wallet: many, all short, none of those that join sentences.
_WALLET = re.compile(
    r"(?:(?<![a-z\\])|(?<=\\n))[a-z]{3,8}"
    r"(?:(?:[ \t,]|\r?\n|\\n|\d\.?){1,3}[a-z]{3,8}){10,23}(?![a-z])"
)
_PHRASE = re.compile(
    r"(?:(?<=pass)phrase|(?<=pass )phrase|password)s?\b"
    r"(?:[ ][\w'-]{1,20}){0,5}(?::| is| was| =)[ ]{1,2}[\"'`]?"
    r"(?P<words>[a-z]{3,10}(?:[ -][a-z]{3,10}){3,7})(?=[.,\"'`)\n]|\\n|\\\"|\Z)"
)
_JOINS = words_of(
    "the and for you your with are was not but that this have has from they will can all any one "
    "must may should when then than only also use used using need needs required stored set sent "
    "given known same into out over been being more most other some such via per who how what its "
    "our their never always before after here there too very just please make sure empty wrong "
    "invalid incorrect missing protected encrypted hashed valid case sensitive"
)
_REACH_OF_WALLET = 400


def early_value(text: str, hint: Hint) -> MarkedSpan | None:
    """Return the value that a sentence gives before its name."""
    near = text[max(0, hint.start - _NEARBY) : hint.start]
    if near[-1:] != " " or not any(word in near for word in _DETERMINERS):
        return None
    first = max(0, hint.start - _REACH)
    found = _EARLY.search(text[first : hint.start])
    if found is None:
        return None
    value = found["value"].rstrip(".,:;!?*_)")
    if not value or value.startswith(MARK) or not _JUDGES[hint.subject](value, False):
        return None
    start = first + found.start("value")
    return MarkedSpan(start, start + len(value), f"{MARK}secret")


def phrase_values(
    text: str, lowered: str, spans: Iterable[tuple[int, int]]
) -> Iterator[MarkedSpan]:
    """Return the secrets that consist of words.

    :param lowered: the text in lower case
    :param spans: the words near such secrets
    """
    position = 0
    for start, end in spans:
        phrase = _PHRASE.match(lowered, start)
        if phrase is not None and _JOINS.isdisjoint(re.split("[ -]", phrase["words"])):
            yield MarkedSpan(*phrase.span("words"), f"{MARK}secret")
        if start < position or lowered.startswith("pass", start):
            continue
        position = end + _REACH_OF_WALLET
        words = _WALLET.search(text, end, position)
        if words is not None and _JOINS.isdisjoint(re.findall("[a-z]+", words.group())):
            yield MarkedSpan(*words.span(), f"{MARK}secret")
