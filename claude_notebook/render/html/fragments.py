"""Markdown and code as fragments of HTML for anybody's page: safe, and styled in themselves."""

from __future__ import annotations

from ...errors import OptionsError
from .highlight import format_code_block as code_block
from .markdown.engine import Engine, markdown_to_html as to_html
from .sanitize import clean_static, reveal_controls
from .styles import inline_styles


def _styled(html: str, *, dark: bool) -> str:
    kind = "cn-prose mathjax_ignore tex2jax_ignore"
    page = f'<div class="{kind}" style="line-height:1.55;overflow-wrap:break-word">{html}</div>'
    return clean_static(inline_styles(page, dark=dark))


def markdown_to_html(
    text: str, markdown_engine: Engine = "markdown-it", *, dark: bool = False
) -> str:
    """Markdown as one fragment of safe HTML that looks right from its inline styles alone.

    :param text: the Markdown; HTML in it is kept where it is harmless and shown as text otherwise.
    :param markdown_engine: "markdown-it"; "markdown" for Python-Markdown where that is installed; a
        `markdown.Markdown` instance; or a function from Markdown to HTML.
    :param dark: whether code gets a dark ground. It can be read on every page either way.
    :raises OptionsError: it is no text, or the engine is not known or not installed
    """
    return _styled(to_html(text_in(text), markdown_engine), dark=dark)


def format_code_block(code: str, language: str = "python", *, dark: bool = False) -> str:
    """Code as one fragment of safe HTML, with colours of its own.

    :param code: the code.
    :param language: its language, as a Pygments alias or a file's suffix; "" for plain text.
    :param dark: whether it gets a dark ground. It can be read on every page either way.
    :raises OptionsError: it is no text
    """
    return _styled(code_block(text_in(code), language), dark=dark)


def markdown_bundle(text: str, markdown_engine: Engine = "markdown-it") -> dict[str, str]:
    """Markdown as HTML, as Markdown, and as text."""
    shown = reveal_controls(text)
    return {
        "text/html": markdown_to_html(text, markdown_engine),
        "text/markdown": shown,
        "text/plain": shown,
    }


def text_in(given: object) -> str:
    """The text that was given.

    :raises OptionsError: it is none
    """
    if isinstance(given, str):
        return given
    raise OptionsError(
        f"{type(given).__name__} is no text. Pass a string; for messages use "
        "display_claude_response() or messages_to_html()."
    )
