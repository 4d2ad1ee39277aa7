"""How a turn is shown: what a person may choose, and what it means for each entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ...messages import JSONObject
from ..content import Piece, shortened
from ..html.highlight import uncoloured
from ..html.markdown.engine import Engine
from ..html.parts import part
from ..model import Part


@dataclass(frozen=True)
class Look:
    """How entries are shown.

    :param input: whether the inputs of tools are wanted at all.
    :param result: whether their results are.
    :param coloured: whether code is.
    :param limit: characters of a text, an input or a result; None for the usual bounds.
    :param whole: nothing is cut.
    :param engine: what makes HTML of Markdown.
    """

    input: bool = True
    result: bool = True
    coloured: bool = True
    limit: int | None = None
    whole: bool = False
    engine: Engine = "markdown-it"

    def html(self, html: str) -> str:
        """Safe HTML in this look."""
        return html if self.coloured else uncoloured(html)

    def part(self, piece: Piece) -> Part:
        """A piece in this look."""
        return self.shown(part(piece))

    def shown(self, made: Part) -> Part:
        """A part in this look."""
        return made if self.coloured else replace(made, html=uncoloured(made.html))

    def piece(self, piece: Piece) -> Piece:
        """A piece in the size of this look."""
        if self.whole:
            return replace(piece, whole=True)
        return piece if self.limit is None else shortened(piece, self.limit)


PLAIN_LOOK = Look()


@dataclass(frozen=True)
class ViewOptions:
    """How a turn is shown.

    :param markdown_engine: "markdown-it"; "markdown" for Python-Markdown where that is installed; a
        `markdown.Markdown` instance; or a function from Markdown to HTML.
    :param show_tool_use: whether the inputs of tools are shown.
    :param show_tool_results: whether their results are shown.
    :param show_thinking: whether thinking is shown.
    :param show_prompts: whether prompts are shown.
    :param render_markdown: whether Markdown becomes headings, lists and so on, or stays as it is.
    :param syntax_highlight: whether code is coloured.
    :param max_text_length: characters of a text, an input or a result that are shown; None for the
        usual bounds, which only what is huge exceeds.
    :param whole: nothing is cut.
    :param schemas: the schemas of tools' inputs, by the tools' full names.
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
        """How entries are shown."""
        return Look(
            input=self.show_tool_use,
            result=self.show_tool_results,
            coloured=self.syntax_highlight,
            limit=None if self.whole else self.max_text_length,
            whole=self.whole,
            engine=self.markdown_engine if self.render_markdown else "text",
        )
