"""Limits on the cost of Markdown, which show long paragraphs and sparse tables as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from markdown_it.rules_block import table as table_rule
from markdown_it.token import Token

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.utils import EnvType

MAX_INLINE = 32_000
"""A paragraph, heading or cell longer than this is shown as plain text."""

FREE_ADDRESS = 200
"""The number of characters of each address that do not count towards `MAX_ADDRESSES`."""

MAX_ADDRESSES = 100_000
"""The maximum number of characters by which references may repeat long addresses."""

FREE_CELLS = 100
"""The maximum number of cells in a table, in addition to one for each of its characters."""


def parse_inlines(state: StateCore) -> None:
    """Parse the text of each block as the "inline" rule does, unless it is too long."""
    for token in state.tokens:
        if token.type != "inline":
            continue
        token.children = token.children or []
        if len(token.content) > MAX_INLINE:
            token.children += _plain(token.content)
        else:
            state.md.inline.parse(token.content, state.md, state.env, token.children)
            if "![" in token.content:
                _mark_images(token.children)
            if state.env.get("references"):
                _shorten_addresses(token.children, state.env)


def _shorten_addresses(tokens: Sequence[Token], env: EnvType) -> None:
    """Drop the addresses of links once references have repeated long addresses too often."""
    for token in tokens:
        size = sum(len(str(value)) for value in token.attrs.values()) - FREE_ADDRESS
        if size <= 0:
            continue
        env["address_chars"] = int(env.get("address_chars", 0)) + size
        if env["address_chars"] > MAX_ADDRESSES:
            token.attrs = {}


def _mark_images(tokens: Sequence[Token]) -> None:
    """Mark images inside links."""
    depth = 0
    for token in tokens:
        if token.type in ("link_open", "link_close"):
            depth += token.nesting
        elif token.type == "image":
            token.meta["in_link"] = depth > 0


def _plain(text: str) -> list[Token]:
    note = Token("long_text_note", "", 0)
    note.content = f"{len(text):,}"
    plain = Token("text", "", 0)
    plain.content = text
    return [note, plain]


def table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Parse a table, unless it has many more cells than the length of its text explains."""
    if silent:
        return table_rule(state, start, end, True)
    is_table = table_rule(state, start, end, True) and _is_dense(state, start, end)
    return is_table and table_rule(state, start, end, False)


def _is_dense(state: StateBlock, start: int, end: int) -> bool:
    columns = _line(state, start).count("|")
    allowed, cells = FREE_CELLS, 0
    for line in range(start, end):
        length = state.eMarks[line] - state.bMarks[line] - state.tShift[line]
        if length <= 0:
            break
        allowed, cells = allowed + length, cells + columns
    return cells <= allowed


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def bound_rules(md: MarkdownIt) -> None:
    """Add the limits to the parser."""
    md.block.ruler.at("table", table, {"alt": ["paragraph", "reference"]})
    md.core.ruler.at("inline", parse_inlines)
