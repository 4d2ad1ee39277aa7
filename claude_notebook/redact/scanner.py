"""The search for secrets in a text, and their replacement."""

from __future__ import annotations

import functools
import re

from .forms import FORMS, private_key_tails
from .keys import KEYS, Key
from .marks import MARK, apply_cuts
from .names import NAMES
from .values import named_values

__all__ = ["redact", "settled"]

_KINDS = sorted(
    {*(key.kind for key in KEYS), *(form.kind for form in FORMS), *(name.kind for name in NAMES)},
    reverse=True,
)
_MARKED = re.compile(f"({MARK}(?:{'|'.join(_KINDS)}))")
_ROUNDS = 8

# The characters of tokens, and the length of the shortest one.
_OF_WORDS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~+/=:$")
_WORDS = bytes(code if code in _OF_WORDS else 32 for code in range(256))
_SHORTEST = 14
# Each row with its prefix, if that is part of a long word.
_PREFIXES = tuple(
    (key, key.prefix.encode() if _OF_WORDS.issuperset(key.prefix.encode()) else b"")
    if not key.spaced
    else (key, b"")
    for key in KEYS
)

# Colors of terminals, as they are and as JSON, Python, and shells write them.
_COLOR = re.compile(r"(?:\x1b|\\+u001[bB]|\\+x1[bB]|\\+033|\\+e)\[[\d;:]{0,32}[A-Za-z]")
_COLOR_MARKS = ("\x1b[", "001b[", "001B[", "x1b[", "x1B[", "033[", "\\e[")


def redact(text: str) -> str:
    """Return `text` with marks in place of everything that looks like a secret."""
    if not any(mark in text for mark in _COLOR_MARKS) or _COLOR.search(text) is None:
        return _redact_plain(text)
    plain = _COLOR.sub("", text)
    clean = _redact_plain(plain)
    return text if clean == plain else _with_colors(text, plain, clean)


def _with_colors(text: str, plain: str, clean: str) -> str:
    """Return a redacted text in which lines without secrets keep their colors."""
    lines = text.split("\n"), plain.split("\n"), clean.split("\n")
    if len({len(part) for part in lines}) > 1:
        return clean
    return "\n".join(
        colored if before == after else after for colored, before, after in zip(*lines, strict=True)
    )


def _redact_plain(text: str) -> str:
    for _ in range(_ROUNDS):
        before, text = text, _redact_around_marks(text)
        if text == before:
            break
    return text


def _redact_around_marks(text: str) -> str:
    if MARK not in text:
        return _redact_once(text)
    # Marks separate: the text before one has nothing to do with the text behind it.
    pieces = _MARKED.split(text)
    return "".join(
        piece if number % 2 else _redact_once(piece) for number, piece in enumerate(pieces)
    )


def _long_words(text: str) -> bytes:
    """Return the parts of a text that can be tokens: a small text is searched faster.

    Bytes, because `bytes.translate` takes a tenth of the time of a regular expression.
    """
    words = text.encode("utf-8", "surrogatepass").translate(_WORDS).split()
    return b" ".join([word for word in words if len(word) >= _SHORTEST])


def _redact_once(text: str) -> str:
    words = _long_words(text)
    for key, prefix in _PREFIXES:
        if prefix in words if prefix else key.prefix in text:
            text = key.pattern.sub(functools.partial(_replaced, key), text)
    for find in (*(form.cuts for form in FORMS), private_key_tails, named_values):
        text = apply_cuts(text, find(text))
    return text


def _replaced(row: Key, found: re.Match[str]) -> str:
    whole = found.group()
    span = found.span("secret" if "secret" in found.re.groupindex else 0)
    secret = found.string[slice(*span)]
    if secret.startswith(MARK) or not row.judge(secret):
        return whole
    start, end = (place - found.start() for place in span)
    return f"{whole[:start]}{MARK}{row.kind}{whole[end:]}"


# --- texts that arrive in pieces ------------------------------------------------------------------

# The end of a text whose next line can be a secret: a name alone in its line, a block of YAML below
# it, one half of a pair, the beginning of an entry of netrc.
_LINE = r"(?:\n|\\n)"
_REST = r"[^\n\\]{0,200}"
_UNSETTLED = re.compile(
    rf"(?:\An?|{_LINE}|\")(?P<open>"
    r"[ \t]{0,40}(?:-[ \t]{1,8})?[\"'\\]{0,4}[\w.-]{0,60}"
    r"(?i:pass|pwd|secret|token|key|cred)[\w.-]{0,60}"
    rf"[\"'\\]{{0,4}}[ \t]{{0,8}}:[ \t]{{0,8}}(?:[|>][-+\d]{{0,2}})?[ \t]{{0,8}}{_LINE}"
    rf"(?:[ \t]{{1,40}}{_REST}{_LINE}){{0,40}}"
    rf"|{_REST}(?i:name|key)[\"'\\]{{0,4}}[ \t]{{0,8}}[:=]{_REST}{_LINE}"
    rf"|[ \t]{{0,40}}(?:machine|default){_REST}{_LINE}(?:{_REST}{_LINE})?"
    r")\Z"
)
_TAIL = 4_000


def settled(text: str, end: int) -> int:
    """Return how much of `text[:end]` can be redacted before the text behind it is known.

    :param end: the end of a line
    """
    first = max(0, end - _TAIL)
    found = _UNSETTLED.search(text[first:end])
    return end if found is None else first + found.start("open")
