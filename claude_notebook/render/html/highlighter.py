"""Syntax highlighting of code with Pygments.

The spans have Pygments' short classes inside `.highlight`, which Jupyter's style sheets color for
light and dark themes. A literal color would be wrong in one of them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from pygments.token import STANDARD_TYPES, Token, _TokenType

from .sanitizer import (
    clean,
    escape,
    reveal,
    reveal_html,
)

if TYPE_CHECKING:
    from pygments.lexer import Lexer

MAX_HIGHLIGHT = 60_000
"""Maximum length of highlighted code, in characters."""

# Ordinary code takes 0.3 to 3 microseconds per character.
_FREE_SECONDS = 0.05
_SECONDS_A_CHAR = 10e-6

T = TypeVar("T")

_DIAGRAMS = frozenset({"mermaid"})
_NAMES = {
    "py": "python",
    "js": "javascript",
    "ts": "typescript",
    "sh": "bash",
    "shell": "bash",
    "zsh": "bash",
    "console": "bash",
    "yml": "yaml",
    "md": "markdown",
    "jsonc": "json",
    "ipython": "python",
    "ipython3": "python",
    "python3": "python",
}


def language_of(info: str) -> str:
    """Return the language in a fence's info string, "python" for "{python}" or "python title=x"."""
    words = info.strip().strip("{}").lstrip(".").replace(",", " ").split()
    return words[0].lower() if words else ""


_COLORED = re.compile(r'<span class="(?!cn-)[a-z0-9]{1,3}">')


def without_highlighting(html: str) -> str:
    """Remove the colors of code from safe HTML."""
    return _COLORED.sub("<span>", html)


@lru_cache(maxsize=128)
def _lexer(language: str) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(
            _NAMES.get(language, language), stripnl=False, ensurenl=False, stripall=False
        )
    except ClassNotFound:
        return None


@lru_cache(maxsize=256)
def language_of_file(name: str) -> str:
    """Return the Pygments alias for a file name, or "" if there is none."""
    from pygments.lexers import find_lexer_class_for_filename

    lexer = find_lexer_class_for_filename(name.rsplit("/", 1)[-1][-80:])
    return lexer.aliases[0] if lexer is not None and lexer.aliases else ""


@lru_cache(maxsize=512)
def _class(kind: _TokenType) -> str:
    while kind not in STANDARD_TYPES:
        kind = kind.parent or Token
    name = STANDARD_TYPES[kind]
    return "" if name in ("w", "x") else name


class _TooSlowError(Exception):
    """Raised if a lexer needs much more time than for ordinary code."""


def spans(code: str, language: str, clock: Callable[[], float] = time.thread_time) -> str:
    """Escape code, adding a span for each run of tokens of the same kind.

    Code in an unknown language has no spans, and neither does code for which the lexer takes too
    long, because many lexers take quadratic time for some texts.

    :param language: a Pygments alias.
    :param clock: a function that returns this thread's CPU time in seconds.
    """
    lexer = _lexer(language) if language and len(code) <= MAX_HIGHLIGHT else None
    if lexer is None or _has_many_open_sections(code):
        return reveal_html(code)
    tokens = _in_time(lexer.get_tokens(code), _FREE_SECONDS + len(code) * _SECONDS_A_CHAR, clock)
    try:
        runs = groupby(tokens, key=lambda token: _class(token[0]))
        return "".join(_span(name, "".join(text for _, text in run)) for name, run in runs)
    except _TooSlowError:
        return reveal_html(code)


_SECTIONS = {"<!--": "-->", "<![CDATA[": "]]>"}
_MAX_OPEN_SECTIONS = 100


def _has_many_open_sections(code: str) -> bool:
    """Return whether there are unclosed openers, for each of which a lexer searches the rest."""
    return any(
        code.count(opener, code.rfind(end) + 1) > _MAX_OPEN_SECTIONS
        for opener, end in _SECTIONS.items()
    )


def _in_time(tokens: Iterable[T], seconds: float, clock: Callable[[], float]) -> Iterator[T]:
    """Yield tokens until the time limit is reached.

    :raises _TooSlowError: if the time limit is reached
    """
    end = clock() + seconds
    for number, token in enumerate(tokens):
        if number % 16 == 0 and clock() > end:
            raise _TooSlowError
        yield token


def _span(name: str, text: str) -> str:
    html = reveal_html(text)
    return f'<span class="{name}">{html}</span>' if name else html


def code_html(
    code: str, language: str = "", *, label: str | None = None, more: bool = False
) -> str:
    """Render a block of code, without sanitizing it.

    :param language: a Pygments alias, or a fence's language; "" for none.
    :param label: the label above the block; None shows the language.
    :param more: whether the block continues the previous block.
    """
    kind = "highlight cn-code"
    if language in _DIAGRAMS:
        kind += " cn-mermaid"
    if more:
        kind += " cn-more"
    name = language if label is None else label
    head = f'<div class="cn-label">{escape(reveal(name))}</div>' if name and not more else ""
    return f'<div class="{kind}">{head}<pre><code>{spans(code, language)}</code></pre></div>\n'


def format_code_block(code: str, language: str = "python") -> str:
    """Render code as safe HTML with syntax highlighting.

    :param code: the code.
    :param language: a Pygments alias or a file suffix; "" for plain text.
    """
    return clean(code_html(code.rstrip("\n"), language_of(language)))
