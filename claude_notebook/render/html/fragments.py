"""Markdown and code as fragments of safe HTML with inline styles, for any page."""

from __future__ import annotations

from ...errors import OptionsError
from .highlighter import format_code_block as code_block
from .markdown.engine import Engine, markdown_to_html as to_html
from .sanitizer import clean_static, reveal_controls
from .styles import inline_styles


def _styled(html: str, *, dark: bool) -> str:
    kind = "cn-prose mathjax_ignore tex2jax_ignore"
    page = f'<div class="{kind}" style="line-height:1.55;overflow-wrap:break-word">{html}</div>'
    return clean_static(inline_styles(page, dark=dark))


def markdown_to_html(
    text: str, markdown_engine: Engine = "markdown-it", *, dark: bool = False
) -> str:
    """Convert Markdown to a fragment of safe HTML that does not need a style sheet.

    :param text: the Markdown. Harmless HTML in it is kept, and any other HTML is shown as text.
    :param markdown_engine: "markdown-it"; "markdown" for Python-Markdown if it is installed; a
        `markdown.Markdown` instance; or a function that converts Markdown to HTML.
    :param dark: use a dark background for code, which is readable on every page either way.
    :raises OptionsError: if `text` is not a string, or the engine is unknown or not installed
    """
    return _styled(to_html(require_text(text), markdown_engine), dark=dark)


def format_code_block(code: str, language: str = "python", *, dark: bool = False) -> str:
    """Render code as a fragment of safe HTML with literal colors.

    :param code: the code.
    :param language: a Pygments alias or a file suffix; "" for plain text.
    :param dark: use a dark background for the code, which is readable on every page either way.
    :raises OptionsError: if `code` is not a string
    """
    return _styled(code_block(require_text(code), language), dark=dark)


def markdown_bundle(text: str, markdown_engine: Engine = "markdown-it") -> dict[str, str]:
    """Return a MIME bundle for Markdown, with HTML, Markdown and plain text."""
    source = reveal_controls(text)
    return {
        "text/html": markdown_to_html(text, markdown_engine),
        "text/markdown": source,
        "text/plain": source,
    }


def require_text(value: object) -> str:
    """Return a value that must be a string.

    :raises OptionsError: if it is not a string
    """
    if isinstance(value, str):
        return value
    raise OptionsError(
        f"A {type(value).__name__} is not a string. Pass a string; for messages use "
        "display_claude_response() or messages_to_html()."
    )
