"""Predicates that distinguish secret values from ordinary text."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..rules import is_chosen, is_mixed
from .shapes import has_ordinary_shape, is_ordinary, is_peculiar

__all__ = [
    "Judge",
    "is_any",
    "is_chosen_text",
    "is_code_of_digits",
    "is_key",
    "is_lone_value",
    "is_mixed_text",
    "is_named_token",
    "is_password",
    "is_password_at_once",
    "is_suspect",
]

Judge = Callable[[str, bool], bool]
"""Tells a secret from a lookalike, by its text and whether it has quotes."""

_NUMBER = re.compile(r"[-+]?\d[\d_.,]*(?:[eE][-+]?\d+)?[a-z%]{0,2}")
_GROUPS = r"(?=[^\d]*\d)[A-Za-z0-9]{3,8}(?:-[A-Za-z0-9]{3,8}){1,6}"
_CODE = re.compile(rf"(?:[A-Z]-)?\d(?:[ .-]?\d){{2,60}}[#*]?|{_GROUPS}")
_OF_GROUPS = re.compile(_GROUPS)
_HEX = re.compile(r"(?=[^\d]*\d)(?:[\da-f]{16,}|[\dA-F]{16,})")
_LENGTH_OF_SHA256 = 64
_BASE32 = re.compile(
    r"(?=[A-Z]*[2-7])[A-Z2-7]{16,}=*|(?=[A-Z-]*\d)[A-Z0-9]{4,6}(?:-[A-Z0-9]{4,6}){2,6}"
)
# Letters and digits with a symbol or with both cases, as password policies require.
_STRONG = re.compile(
    r"(?=.*\d)(?=.*[A-Za-z])(?=.*[^A-Za-z0-9_.:/-]|.*[a-z].*[A-Z]|.*[A-Z].*[a-z]|.*-[A-Za-z]).{6,}"
)
_PLAIN = re.compile(
    r"[A-Za-z][a-z]*[A-Z]?[a-z]*\d{0,2}|.*[/:@\\].*|[a-z\d]+(?:[-_.][a-z\d]+)*|\w+_\d{1,2}|[A-Z][a-z]+-\d{1,2}"
)
_WORD_WITH_NUMBER = re.compile(
    r"[A-Za-z]{3,16}[._@-]?\d{3,8}[!?*]?"
    r"|[A-Z][a-z]{2,15}(?:[._@+-][A-Za-z]{2,15}){0,3}[._@+-]?\d{1,4}[A-Za-z]?[!?*]?"
)
_NO_PASSWORD = re.compile(
    r"(?i:sha|md|utf|iso|rfc|cp|win|int|uint|float|err|error|page|line|port|http|e|step|section"
    r"|python|html|chapter|version|figure|table|test|item|part|level|type|user|host|node|room"
    r"|example|python|windows|java|latin|phase|option|class|group|unit|day|week|file|issue|note"
    r"|january|february|march|april|may|june|july|august|september|october|november|december|col"
    r"|column|row|task|num|arg|param|var|foo|bar|tokens?|keys?|value|base|ascii|signature)[-_.]?\d+"
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_OF_WORDS = re.compile(r"[a-z]+(?:-[a-z]+)+-\d{1,4}")
_SYMBOLS = re.compile(r"[!@#$%^&*~|<>?+=]")


def is_suspect(value: str) -> bool:
    """Return whether a text can be a secret at all, apart from numbers and from plain words."""
    if _HEX.fullmatch(value):
        # Lock files contain many SHA-256 digests. The rules for names find secrets of this length.
        return len(value) != _LENGTH_OF_SHA256
    return is_password_at_once(value, False)


def is_password(value: str, quoted: bool) -> bool:
    """Return whether a text is a password where one must be, even a word with a number."""
    if is_mixed_text(value, quoted):
        return True
    return _WORD_WITH_NUMBER.fullmatch(value) is not None and not _NO_PASSWORD.fullmatch(value)


def is_any(value: str, quoted: bool) -> bool:
    """Return whether a text is no placeholder."""
    return len(value) >= 3 and is_chosen(value)


def is_chosen_text(value: str, quoted: bool) -> bool:
    """Return whether an assigned text is neither a placeholder nor a number or a name of code."""
    if not is_any(value, quoted) or _NUMBER.fullmatch(value):
        return False
    if is_password(value, quoted) or _HEX.fullmatch(value):
        return True
    return quoted and is_mixed(value) and " " not in value and not is_ordinary(value)


def is_mixed_text(value: str, quoted: bool) -> bool:
    """Return whether a text is one that a person chose as a password, with a digit."""
    if not is_mixed(value) or " " in value:
        return False
    if is_peculiar(value):
        return True
    if _STRONG.fullmatch(value) is None or _PLAIN.fullmatch(value) is not None:
        return False
    return not has_ordinary_shape(value)


def is_password_at_once(value: str, quoted: bool) -> bool:
    """Return whether a text right behind the word "password" is one, even a word with a digit."""
    if is_password(value, quoted):
        return True
    numbered = re.fullmatch(r"[a-z]{4,16}\d{1,2}[!?*]?", value) is not None
    return numbered and not _NO_PASSWORD.fullmatch(value)


def is_code_of_digits(value: str, quoted: bool) -> bool:
    """Return whether a text is a number that people type, or groups of letters and digits."""
    if _CODE.fullmatch(value) is None:
        return is_peculiar(value)
    return _YEAR.fullmatch(value) is None or quoted


def is_key(value: str, quoted: bool) -> bool:
    """Return whether a program made a text."""
    if " " in value:
        return quoted and is_mixed(value) and len(_SYMBOLS.findall(value)) >= 3
    if not is_chosen(value):
        return False
    if _HEX.fullmatch(value):
        return len(value) >= 24 and (quoted or len(value) in (24, 32, 48) or len(value) > 40)
    value = value.rpartition(":")[2]
    return is_peculiar(value) or _BASE32.fullmatch(value) is not None


def is_lone_value(value: str, of_person: bool) -> bool:
    """Return whether a text alone in its line can be a secret below its heading."""
    if is_peculiar(value) or _HEX.fullmatch(value) or _OF_GROUPS.fullmatch(value):
        return is_mixed(value)
    return of_person and is_mixed_text(value, False)


def is_named_token(value: str, quoted: bool) -> bool:
    """Return whether an assigned text is random, or a long one of words and numbers in quotes."""
    if is_key(value, quoted):
        return True
    return (
        quoted and len(value) >= 14 and is_mixed(value) and _OF_WORDS.fullmatch(value) is not None
    )
