"""Shapes of values: ordinary ones, which are no secrets, and those of secrets."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from ..rules import is_chosen, is_mixed
from .surprise import bits_per_character, is_wordlike

__all__ = [
    "ORDINARY",
    "OrdinaryShape",
    "has_ordinary_shape",
    "is_made",
    "is_ordinary",
    "is_peculiar",
]


@dataclass(frozen=True)
class OrdinaryShape:
    """A shape of values that are mixed of letters and digits, and still no secrets.

    :param reason: what such values are
    :param pattern: matches the whole value
    """

    reason: str
    pattern: str


# Prefixes of ids in conversations with Claude, and of ids of clouds.
_OF_IDS = (
    "toolu|msg|req|call|resp|run|chatcmpl|msgbatch|file|container|thread|evt|task|agent|cell|bash"
    "|arn|subnet|vpc|sg|ami|i|vol|rtb|igw|acl"
)

ORDINARY = (
    OrdinaryShape("a version", r"[vV]?\d+(?:\.\w+)+(?:[-+][\w.+-]*)?|(?:py|cp|pp|php|jdk)\d[\w.]*"),
    OrdinaryShape("a date or a time", r"\d{1,4}[-/.:]\d{1,2}[-/.:]\d{1,4}(?:[T_ Z.:+-].*)?"),
    OrdinaryShape(
        "a number with a unit", r"[-+~<>$]?[\d.]+(?:[eE][-+]?\d+)?[A-Za-z%]{0,4}(?:/\w+)?"
    ),
    OrdinaryShape("a range or a size", r"[\d.,]+[xX*:/~-][\d.,]+[a-z%]{0,3}"),
    OrdinaryShape("a UUID", r"(?i:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})"),
    OrdinaryShape("a digest or a revision", r"(?:[\da-f]{7,12}|[\da-f]{16,128}|[\dA-F]{16,128})"),
    OrdinaryShape("a digest with its name", r"(?i:sha|md|blake)-?\d\w{0,4}[-:=~].*"),
    OrdinaryShape("a number of a computer", r"0[xX][\da-fA-F_]+|[\da-fA-F]{2}([:-][\da-fA-F]{2})+"),
    OrdinaryShape("a color", r"#?(?:[\da-fA-F]{3}|[\da-fA-F]{6}|[\da-fA-F]{8})"),
    OrdinaryShape("a URL", r"[a-z][\w+.-]*:/.*|www\..*"),
    OrdinaryShape("an address of mail", r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    OrdinaryShape("a host", r"[\w.-]+\.[a-z]{2,6}(?::\d+)?(?:/.*)?"),
    OrdinaryShape("an address of a network", r"\[?[\da-fA-F.:]*[.:][\da-fA-F.:]+\]?[/:\d]*"),
    OrdinaryShape("a period", r"P(?:\d+[YMWD])*(?:T(?:\d+[HMS])+)?"),
    OrdinaryShape("a path", r"[~.]{0,2}[/\\].*|[A-Za-z]:[/\\].*"),
    OrdinaryShape("a file in a folder", r"(?:[A-Za-z][\w.-]*/)+[\w.-]+\.[a-z]{2,5}"),
    OrdinaryShape("an id of a service", rf"(?:srv)?(?:{_OF_IDS})[_-][\w.:/-]*"),
    OrdinaryShape("a call, an index, a template", r".*(?:[(\[{][^)\]}]*|%[sdrf(]|\$\w|\.\.\.).*"),
    OrdinaryShape(
        "an expression",
        r"-?(?=.*[*+])(?:[A-Za-z_.]*|[\d.]+)(?:[*+/-]{1,2}(?:[A-Za-z_.]+|[\d.]+))+",
    ),
    OrdinaryShape("an escape of a character", r"u[\da-fA-F]{4}\w*|x[\da-f]{2}\w{0,4}"),
    OrdinaryShape("a name with a time", r"[a-z]+[A-Z][A-Za-z]*\d[mhsd][A-Z][A-Za-z]*"),
    OrdinaryShape("an option", r"--?[A-Za-z][\w-]*=?.*"),
)  # fmt: skip

_ORDINARY = re.compile("|".join(f"(?:{shape.pattern})" for shape in ORDINARY))
_SEGMENT = re.compile(
    r"(?P<word>[A-Za-z]*)\d{0,4}|\d{1,8}|\d{1,3}(?P<unit>[A-Za-z]{1,3})|[vV]\d+[a-z]?\d?"
    r"|(?P<head>[A-Za-z]+)(?:2|4|6|8|16|32|64|128|256|512)(?P<tail>[A-Za-z]+\d?)"
    r"|[a-zA-Z](?:2|4|6|8|\d\d)[a-zA-Z]"
    r"|(?i:html5|mp3|mp4|h5|b85|a85)[a-z]*"
)
_LETTERS = re.compile(r"[A-Za-z]{4}")
_MIXED = re.compile(r"[A-Za-z]\d|\d[A-Za-z]")
_LEAST_RANDOM = 16
_BITS_OF_RANDOM = 4.45


def has_ordinary_shape(value: str) -> bool:
    """Return whether a value has one of the ordinary shapes."""
    return _ORDINARY.fullmatch(value.lstrip("#")) is not None


@functools.lru_cache(maxsize=8192)
def is_ordinary(value: str) -> bool:
    """Return whether a value has an ordinary shape, or is a name with numbers."""
    return has_ordinary_shape(value) or _is_name(value.lstrip("#"))


def _is_name(value: str) -> bool:
    segments = re.split(r"[-_./:+@=,&]+", value)
    if len(segments) >= 3 and _MIXED.search(value) and not _LETTERS.search(value):
        return False
    return all(_is_part_of_name(segment) for segment in segments)


def _is_part_of_name(segment: str) -> bool:
    found = _SEGMENT.fullmatch(segment)
    if found is None:
        return False
    return all(is_wordlike(letters) for letters in found.groups() if letters)


@functools.lru_cache(maxsize=8192)
def is_peculiar(value: str) -> bool:
    """Return whether a value has letters and digits that no ordinary shape explains."""
    return len(value) >= 4 and is_mixed(value) and not is_ordinary(value)


@functools.lru_cache(maxsize=8192)
def is_made(value: str) -> bool:
    """Return whether a program made a value from random numbers."""
    return (
        len(value) >= _LEAST_RANDOM
        and is_peculiar(value)
        and " " not in value
        and is_chosen(value)
        and bits_per_character(value) >= _BITS_OF_RANDOM
    )
