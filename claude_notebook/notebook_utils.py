"""Functions that display messages and Markdown, available under their original module name."""

from __future__ import annotations

from .notebook.output.display import (
    NotebookDisplay,
    display_claude_response,
    display_claude_stream,
    render_markdown,
)
from .notebook.output.outputs import is_notebook
from .render.html.fragments import format_code_block, markdown_to_html
from .render.output.page import messages_to_html

__all__ = [
    "NotebookDisplay",
    "display_claude_response",
    "display_claude_stream",
    "format_code_block",
    "is_notebook",
    "markdown_to_html",
    "messages_to_html",
    "render_markdown",
]
