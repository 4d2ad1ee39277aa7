"""A turn's display options, and their effect on each entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ...messages import JSONObject
from ..content import Piece
from ..html.highlighter import without_highlighting
from ..html.markdown.engine import Engine
from ..html.parts import part as part_from_piece
from ..model import Part
from ..truncation import limit_text


@dataclass(frozen=True)
class Look:
    """The appearance of entries.

    :param input: show tool inputs.
    :param result: show tool results.
    :param highlighted: highlight code.
    :param limit: the maximum number of characters in a text, input or result; None uses the default
        limits.
    :param whole: never truncate.
    :param engine: the Markdown engine.
    """

    input: bool = True
    result: bool = True
    highlighted: bool = True
    limit: int | None = None
    whole: bool = False
    engine: Engine = "markdown-it"

    def html(self, html: str) -> str:
        """Apply this appearance to safe HTML."""
        return html if self.highlighted else without_highlighting(html)

    def part(self, piece: Piece) -> Part:
        """Render a piece with this appearance."""
        return self.apply(part_from_piece(piece))

    def apply(self, part: Part) -> Part:
        """Apply this appearance to a part."""
        return part if self.highlighted else replace(part, html=without_highlighting(part.html))

    def piece(self, piece: Piece) -> Piece:
        """Truncate a piece to this appearance's limit."""
        if self.whole:
            return replace(piece, whole=True)
        return piece if self.limit is None else limit_text(piece, self.limit)


PLAIN_LOOK = Look()


@dataclass(frozen=True)
class ViewOptions:
    """A turn's display options.

    :param markdown_engine: "markdown-it"; "markdown" for Python-Markdown if it is installed; a
        `markdown.Markdown` instance; or a function that converts Markdown to HTML.
    :param show_tool_use: show tool inputs.
    :param show_tool_results: show tool results.
    :param show_thinking: show thinking.
    :param show_prompts: show prompts.
    :param render_markdown: render Markdown instead of showing its source.
    :param syntax_highlight: highlight code.
    :param max_text_length: the maximum number of characters to show of a text, input or result;
        None uses the default limits, which only very long content exceeds.
    :param whole: never truncate.
    :param schemas: tools' input schemas, by full tool name.
    """

    markdown_engine: Engine = "markdown-it"
    show_tool_use: bool = True
    show_tool_results: bool = True
    show_thinking: bool = True
    show_prompts: bool = True
    render_markdown: bool = True
    syntax_highlight: bool = True
    max_text_length: int | None = None
    whole: bool = False
    schemas: Mapping[str, JSONObject] = field(default_factory=dict)

    @property
    def look(self) -> Look:
        """Return the appearance of entries."""
        return Look(
            input=self.show_tool_use,
            result=self.show_tool_results,
            highlighted=self.syntax_highlight,
            limit=None if self.whole else self.max_text_length,
            whole=self.whole,
            engine=self.markdown_engine if self.render_markdown else "text",
        )
