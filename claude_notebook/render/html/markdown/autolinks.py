"""Links for bare web and mail addresses, which are found in linear time.

The plugin's rules scan all of the text before an address and the whole line after it. This module
limits each rule to a window of the line, and calls it only where an address may begin.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mdit_py_plugins.gfm_autolink import index

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline

MAX_ADDRESS = 8000
"""Maximum length of an autolinked address."""

MAX_PUNCTUATION = 60
"""If more punctuation than this follows an address, the rest is treated as text."""

_BEFORE = 320
_KEPT_BEFORE = 256
_PROTOCOLS = ("http", "https", "mailto", "xmpp")
_LONGEST_PROTOCOL = 6
_PUNCTUATION = ")?!.,:;*_~'\"[]"
_SPACES = " \t\r\n\x00\x0b\x0c"

Rule = Callable[["StateInline", bool], bool]


def _is_www(state: StateInline) -> bool:
    return state.src.startswith("www.", state.pos)


def _is_protocol(state: StateInline) -> bool:
    if state.src[state.pos] != ":":
        return False
    start = max(0, state.pos - _LONGEST_PROTOCOL)
    return state.src[start : state.pos].endswith(_PROTOCOLS)


def _is_mail(state: StateInline) -> bool:
    return state.src[state.pos] == "@"


def _window_end(state: StateInline) -> int:
    """Find the end of a possible address, including a limited part of the punctuation after it."""
    limit = min(state.posMax, state.pos + MAX_ADDRESS)
    spaces = (state.src.find(space, state.pos, limit) for space in _SPACES)
    end = min((place for place in spaces if place >= 0), default=limit)
    address = state.src[state.pos : end]
    trailing = len(address) - len(address.rstrip(_PUNCTUATION))
    # Include the character after the address in the window, because it determines the end.
    return min(state.posMax, end - max(0, trailing - MAX_PUNCTUATION) + 1)


def _flush_old_text(state: StateInline) -> None:
    """Turn pending text into a token, except for its end, which the rules search backward."""
    pending = state.pending
    if len(pending) > _BEFORE:
        state.pending = pending[:-_KEPT_BEFORE]
        state.pushPending()
        state.pending = pending[-_KEPT_BEFORE:]


def _bounded(rule: Rule, begins: Callable[[StateInline], bool]) -> Rule:
    """Limit one of the plugin's rules to a window that begins with a possible address."""

    def bounded(state: StateInline, silent: bool) -> bool:
        # The plugin's rules never match in silent mode, which only skips text.
        if silent or state.linkLevel > 0 or not begins(state):
            return False
        _flush_old_text(state)
        end, state.posMax = state.posMax, _window_end(state)
        try:
            return rule(state, silent)
        finally:
            state.posMax = end

    return bounded


# The plugin exports its rules only from its own module.
_RULES: tuple[tuple[str, Rule, Callable[[StateInline], bool]], ...] = (
    ("gfm_autolink_www", index._www_inline_rule, _is_www),
    ("gfm_autolink_protocol", index._protocol_rule, _is_protocol),
    ("gfm_autolink_email", index._email_rule, _is_mail),
)


def autolink_plugin(md: MarkdownIt) -> None:
    """Recognize bare addresses as the plugin does."""
    index.gfm_autolink_plugin(md)
    for name, rule, begins in _RULES:
        md.inline.ruler.at(name, _bounded(rule, begins))
