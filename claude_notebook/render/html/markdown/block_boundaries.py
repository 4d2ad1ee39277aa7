"""Finds final boundaries between blocks in Markdown text that is still growing.

A boundary that is found in complete lines remains valid as more text arrives.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from markdown_it.token import Token
from markdown_it.utils import EnvType

from .engine import splitter

LIST_CHARS = 1500
"""A list longer than this is split before one of its items."""

HELD_CHARS = 8000
"""Maximum number of characters that a raw tag keeps together."""

_OPENED = re.compile(r"<details\b", re.IGNORECASE)
_CLOSED_TAG = re.compile(r"</details\b", re.IGNORECASE)
_CLOSED_BY_BLANK = frozenset({"paragraph_open", "table_open", "blockquote_open", "alert_open"})
_CLOSED = frozenset({"heading_open", "hr", "math_block"})
_LISTS = frozenset({"bullet_list_open", "ordered_list_open"})
_LINE_END = re.compile(r"\r\n|\r|\n")
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
_FORMULA_ENDS = {"$$": "$$", "\\[": "\\]"}


@dataclass(frozen=True)
class Boundary:
    """The end of a block, as an index into the text.

    :param more: whether the same list continues after it.
    :param tokens: the block's tokens, whose inline content has not been parsed yet.
    """

    end: int
    more: bool = False
    tokens: Sequence[Token] | None = field(default=None, compare=False)


class _Block(NamedTuple):
    kind: str
    start: int
    end: int
    closed: bool  # no later text can be part of it
    items: tuple[int, ...]
    tokens: Sequence[Token]


def boundaries(text: str) -> list[Boundary]:
    """Find the ends of the finished blocks at the beginning of some complete lines.

    The search stops before a code fence, because the stream splits fences itself, and after part of
    a list. A raw `<details>` is a single block.
    """
    ends: list[Boundary] = []
    begin = depth = 0
    pending_tokens: list[Token] = []
    env: EnvType = {}
    blocks = _blocks(text, env)
    # References and footnotes affect all later blocks.
    is_independent = not env
    for block in blocks:
        last = _last_boundaries(text, block, begin, is_nested=depth > 0)
        if last is not None:
            return ends + last
        pending_tokens += block.tokens
        depth += _details(text[block.start : block.end]) if block.kind == "html_block" else 0
        if depth <= 0 or block.end - begin > HELD_CHARS:
            ends.append(Boundary(block.end, tokens=pending_tokens if is_independent else None))
            begin, depth, pending_tokens = block.end, 0, []
    return ends


def _last_boundaries(
    text: str, block: _Block, begin: int, *, is_nested: bool
) -> list[Boundary] | None:
    """Return the last boundary, if any, when the search stops at `block`; None if it continues.

    :param begin: the end of the previous boundary.
    :param is_nested: True inside a raw `<details>`.
    """
    if block.kind == "fence" and block.start and not is_nested:
        return [Boundary(block.start)] if text[begin : block.start].strip() else []
    if _formula_open(text[block.start :]):
        return []
    cut = None if is_nested else _list_cut(block, begin)
    if cut:
        return [Boundary(cut, more=True)]
    return None if block.closed else []


def _details(html: str) -> int:
    opened, closed = len(_OPENED.findall(html)), len(_CLOSED_TAG.findall(html))
    return opened - closed


def _blocks(text: str, env: EnvType) -> list[_Block]:
    tokens = splitter().parse(text, env)
    offsets = [0, *(end.end() for end in _LINE_END.finditer(text)), len(text)]
    top = [i for i, t in enumerate(tokens) if t.level == 0 and t.nesting >= 0 and t.map]
    blocks = []
    for i, after in zip(top, [*top[1:], len(tokens)], strict=False):
        following = tokens[after] if after < len(tokens) else None
        blocks.append(_block(tokens[i:after], following, text, offsets))
    return blocks


def _block(
    tokens: Sequence[Token], following: Token | None, text: str, offsets: list[int]
) -> _Block:
    token = tokens[0]
    start, end = token.map or (0, 0)
    closed = token.type in _CLOSED
    if not closed and token.type in _CLOSED_BY_BLANK and end + 1 < len(offsets) - 1:
        closed = not text[offsets[end] : offsets[end + 1]].strip()
    if not closed and following is not None and following.map:
        closed, end = True, following.map[0]
    items = _items(tokens, offsets)
    return _Block(token.type, offsets[start], offsets[end], closed, items, tokens)


def _items(tokens: Sequence[Token], offsets: list[int]) -> tuple[int, ...]:
    if tokens[0].type not in _LISTS:
        return ()
    items = (token for token in tokens if token.level == 1 and token.nesting == 1)
    return tuple(offsets[token.map[0]] for token in items if token.map)


def _list_cut(block: _Block, begin: int) -> int | None:
    return next((start for start in block.items if start - begin >= LIST_CHARS), None)


def _formula_open(text: str) -> bool:
    """Return whether the text begins with an unfinished formula that has no blank line."""
    body = text.lstrip()
    close = _FORMULA_ENDS.get(body[:2])
    return close is not None and close not in body[2:] and not _BLANK_LINE.search(body)
