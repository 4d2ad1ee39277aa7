"""The search for secrets in a text, and their replacement."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .blocks import block_values
from .context import context_values
from .marks import MARK, apply_cuts
from .names import NAMES, found_words, lower
from .rules import FORMS, KEYS, Form, rows_in
from .tables import open_table
from .values import named_values

__all__ = ["last_border", "redact", "settled"]

_KINDS = sorted(
    {row.kind for table in (KEYS, FORMS, NAMES) for row in table},
    reverse=True,
)
_MARKED = re.compile(f"({MARK}(?:{'|'.join(_KINDS)}))")
_ROUNDS = 16

# Colors of terminals, as they are and as JSON, Python, and shells write them.
_COLOR = re.compile(r"(?:\x1b|\\+u001[bB]|\\+x1[bB]|\\+033|\\+e)\[[\d;:]{0,32}[A-Za-z]")
_WRITTEN_COLOR = re.compile(r"\\(?:u001[bB]|x1[bB]|033|e)\[")


# A longer text is redacted in steps: other threads run between them. A border between two steps is
# used only if redacting across it gives the same as redacting on both sides.
_STEP = 131_072
_SEAM = 8_192
_ATTEMPTS = 12


def redact(text: str, header: str = "") -> str:
    """Return `text` with marks in place of everything that looks like a secret.

    :param header: of a table that continues in the text, from `open_table`
    """
    pieces, start = [], 0
    while len(text) - start > _STEP + _SEAM:
        latest = open_table(header + text[start : start + _STEP])
        end = _border(text, start + _STEP, latest)
        pieces.append(_redact_rows(text[start:end], header))
        start, header = end, open_table(header + text[start:end])
    return "".join([*pieces, _redact_rows(text[start:], header)])


def last_border(text: str, header: str = "") -> int:
    """Return a late place of a text at which no secret is, whatever follows the text.

    :param header: of a table that continues in the text, from `open_table`
    """
    return _border(text, max(0, len(text) - _SEAM), header)


def _border(text: str, latest: int, header: str) -> int:
    """Return the last place up to `latest` that is not within a secret or beside one."""
    for attempt in range(_ATTEMPTS):
        place = _line_end(text, latest - attempt * _SEAM // 2)
        first = _line_end(text, place - _SEAM)
        before, after = text[first:place], text[place : place + _SEAM]
        if settled(text, place) == place and (
            _redact_rows(before, header) + _redact_rows(after, header)
            == _redact_rows(before + after, header)
        ):
            return place
    return _line_end(text, latest)


def _line_end(text: str, latest: int) -> int:
    """Return the last end of a line, or of a word, up to a place; the place itself if none."""
    first = max(0, latest - _SEAM // 2)
    for mark in ("\n", "\\n", " "):
        place = text.rfind(mark, first, latest)
        if place >= 0:
            return place + len(mark)
    return latest


def _redact_rows(text: str, header: str) -> str:
    """Redact a text that continues a table, if a header is given."""
    if header:
        clean = _redact_step(header + text)
        if clean.startswith(header):
            return clean[len(header) :]
    return _redact_step(text)


def _redact_step(text: str) -> str:
    if not _has_colors(text):
        return _redact_plain(text)
    plain = _COLOR.sub("", text)
    clean = _redact_plain(plain)
    return text if clean == plain else _with_colors(text, plain, clean)


def _has_colors(text: str) -> bool:
    marked = "\x1b[" in text or _WRITTEN_COLOR.search(text) is not None
    return marked and _COLOR.search(text) is not None


def _with_colors(text: str, plain: str, clean: str) -> str:
    """Return a redacted text in which lines without secrets keep their colors."""
    lines = text.split("\n"), plain.split("\n"), clean.split("\n")
    if len({len(part) for part in lines}) > 1:
        return clean
    return "\n".join(
        colored if before == after else after for colored, before, after in zip(*lines, strict=True)
    )


def _redact_plain(text: str) -> str:
    clean: set[str] = set()
    for _ in range(_ROUNDS):
        before, text = text, _redact_around_marks(text, clean)
        if text == before:
            break
    return text


def _redact_around_marks(text: str, clean: set[str]) -> str:
    """Redact a text once.

    :param clean: texts that are known to hold no secret; more are added
    """
    rows = rows_in(text)
    if MARK not in text:
        return _redact_once(rows, text)
    # Marks separate: the text before one has nothing to do with the text behind it.
    pieces = _MARKED.split(text)
    for number in range(0, len(pieces), 2):
        piece = pieces[number]
        if piece not in clean:
            pieces[number] = _redact_once(rows, piece)
            if pieces[number] == piece:
                clean.add(piece)
    return "".join(pieces)


def _redact_once(rows: Sequence[Form], text: str) -> str:
    """Redact a text by its tables; infer secrets only if they find none.

    The second stage must not take the words of new marks for the names of secrets.
    """
    clean = text
    for row in rows:
        if row.literal in clean:
            clean = apply_cuts(clean, row.cuts(clean))
    clean = apply_cuts(clean, block_values(clean))
    lowered = lower(clean)
    words = found_words(lowered)
    clean = apply_cuts(clean, named_values(clean, lowered, words.spans))
    if clean != text:
        return clean
    return apply_cuts(text, context_values(text, lowered, words.announcements))


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
    rf"(?:[ \t]{_REST}{_LINE}){{0,40}}"
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
