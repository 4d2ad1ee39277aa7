"""Converts Markdown to safe HTML, either as a whole document or block by block while streaming.

The dialect is GitHub's (tables, task lists, strikethrough, autolinks, footnotes, alerts) with math
added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from typing import Literal, Protocol, Union

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import footnote_tail

from ....errors import OptionsError
from ..sanitizer import (
    CHUNK,
    chunks,
    clean,
    escape,
    reveal_html,
)
from .autolinks import autolink_plugin
from .raw_html import raw_html
from .rules import add_rules, live_footnote


class Converter(Protocol):
    """The interface of a `markdown.Markdown` instance."""

    def reset(self) -> object:
        """Reset the state left by the previous document."""

    def convert(self, source: str) -> str:
        """Return a document's HTML."""


Engine = Union[
    Literal["markdown-it", "markdown", "python-markdown", "text"],
    Callable[[str], str],
    Converter,
]
"""A Markdown engine. "text" keeps the source. HTML is sanitized, whichever engine produced it."""

MAX_DOCUMENT = 1_000_000
"""Maximum number of characters to render. The remaining text stays plain."""

PLAIN_CHUNK = 20_000
"""The number of characters of plain text in one fragment."""

_BLOCK_RULES = ("normalize", "block")
_PYTHON_MARKDOWN = ("markdown", "python-markdown")


def _parser() -> MarkdownIt:
    options = {
        "html": True,
        "tasklists": True,
        "alerts": True,
        "strikethrough_single_tilde": True,
        "maxNesting": 20,
    }
    md = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    md.use(autolink_plugin)
    md.use(footnote_plugin, inline=False, move_to_end=False)
    return md


@cache
def _whole() -> MarkdownIt:
    """Return the parser for whole documents, which puts footnotes at the end."""
    md = _parser()
    md.core.ruler.after("inline", "footnote_tail", footnote_tail)
    add_rules(md)
    return md


def _piecewise_parser() -> MarkdownIt:
    md = _parser()
    md.inline.ruler.before("footnote_ref", "live_footnote", live_footnote)
    add_rules(md)
    return md


@cache
def _piecewise() -> MarkdownIt:
    """Return the parser for a single block that does not depend on later text."""
    return _piecewise_parser()


@cache
def splitter() -> MarkdownIt:
    """Return the parser that finds blocks without parsing their content."""
    md = _parser()
    add_rules(md)
    md.core.ruler.enableOnly(_BLOCK_RULES)
    return md


@cache
def _finisher() -> MarkdownIt:
    """Return the parser for the content of the blocks found by the splitter."""
    md = _piecewise_parser()
    inside = [name for name in md.core.ruler.get_active_rules() if name not in _BLOCK_RULES]
    md.core.ruler.enableOnly(inside)
    return md


def _python_markdown(text: str) -> str:
    import markdown

    return str(markdown.markdown(text, extensions=["extra", "sane_lists"]))


def _is_converter(engine: object) -> bool:
    return callable(getattr(engine, "convert", None)) and callable(getattr(engine, "reset", None))


def check_engine(engine: Engine) -> None:
    """Check that the engine is known and installed.

    :raises OptionsError: if it is not
    """
    if callable(engine) or engine in ("markdown-it", "text") or _is_converter(engine):
        return
    if engine not in _PYTHON_MARKDOWN:
        raise OptionsError(
            f'markdown_engine={engine!r} is unknown. Use "markdown-it", "markdown", a '
            "markdown.Markdown instance, or a function from Markdown to HTML.",
            field="markdown_engine",
        )
    if find_spec("markdown") is None:
        raise OptionsError(
            f"markdown_engine={engine!r} needs a package that is not installed. "
            "Install it: pip install markdown",
            field="markdown_engine",
        )


def markdown_to_html(text: str, engine: Engine = "markdown-it") -> str:
    """Convert Markdown to a fragment of safe HTML.

    :param text: the Markdown. Harmless HTML in it is kept, and any other HTML is shown as text.
    :param engine: "markdown-it"; "markdown" for Python-Markdown if that package is installed; a
        `markdown.Markdown` instance; a function that converts Markdown to HTML; or "text" for the
        source.
    :raises OptionsError: if the engine is unknown or not installed
    """
    return "".join(markdown_fragments(text, engine))


def markdown_fragments(text: str, engine: Engine = "markdown-it") -> Iterator[str]:
    """Convert Markdown to fragments of safe HTML, each of which is complete.

    A document of ordinary size becomes a single fragment.

    :raises OptionsError: if the engine is unknown or not installed
    """
    check_engine(engine)
    if engine == "text":
        yield from plain_fragments(text, CHUNK)
        return
    short, rest = text[:MAX_DOCUMENT], text[MAX_DOCUMENT:]
    yield from document_fragments(short, engine)
    if rest:
        yield long_text_note(len(text))
        yield from plain_fragments(rest)


def document_fragments(text: str, engine: Engine = "markdown-it") -> Iterator[str]:
    """Convert a document of at most `MAX_DOCUMENT` characters, as `markdown_fragments` does."""
    try:
        if engine == "markdown-it":
            yield from (clean(html) for html in _html_of_blocks(text))
        else:
            yield clean(raw_html(_foreign(text, engine)))
    except RecursionError:  # too deeply nested, so show the source
        yield _source_html(text)


def _html_of_blocks(text: str) -> Iterator[str]:
    """Render a document, splitting long HTML between blocks."""
    md = _whole()
    env: EnvType = {}
    tokens = md.parse(text, env)
    start = size = 0
    for end, token in enumerate(tokens, 1):
        size += len(token.content) + 20
        if size > CHUNK and token.level == 0 and token.nesting <= 0 and not token.hidden:
            yield md.renderer.render(tokens[start:end], md.options, env)
            start, size = end, 0
    yield md.renderer.render(tokens[start:], md.options, env)


def plain_fragments(text: str, size: int = PLAIN_CHUNK) -> Iterator[str]:
    """Render a text unchanged, as fragments of safe HTML."""
    for chunk in chunks(text.strip("\n"), size):
        yield clean(f'<div class="cn-plain">{reveal_html(chunk.removesuffix(chr(10)))}</div>')


def long_text_note(size: int) -> str:
    """Return a note that the end of a long document was not rendered."""
    words = f"The text has {size:,} characters. From here on it is shown as plain text."
    return clean(f'<p><span class="cn-muted">{words}</span></p>\n')


def _foreign(text: str, engine: Engine) -> str:
    """Render with an engine other than markdown-it."""
    try:
        if callable(engine):
            return str(engine(text))
        if isinstance(engine, str):
            return _python_markdown(text)
        engine.reset()
        return str(engine.convert(text))
    except Exception:  # noqa: BLE001  a failing extension must not end a turn
        return _source_html(text)


def _source_html(text: str) -> str:
    return clean(f"<pre>{escape(text)}</pre>")


def block_to_html(text: str, env: EnvType, engine: Engine = "markdown-it") -> str:
    """Render one block of a document as safe HTML.

    :param env: carries link references from one block to the next.
    """
    if engine != "markdown-it":
        return markdown_to_html(text, engine)
    try:
        env.pop("raw_html", None)
        return clean(_piecewise().render(text, env))
    except RecursionError:
        return _source_html(text)


def tokens_to_html(text: str, tokens: Sequence[Token], env: EnvType) -> str:
    """Render a block that the splitter has parsed into `tokens`, as `block_to_html` does."""
    md = _finisher()
    env.pop("raw_html", None)
    state = StateCore(text, md, env, list(tokens))
    try:
        md.core.process(state)
        return clean(md.renderer.render(state.tokens, md.options, env))
    except RecursionError:
        return _source_html(text)
