"""Mermaid's diagrams in an answer, for front ends that draw them by themselves.

The answer shows their code. JupyterLab brings Mermaid along, but for outputs of its own MIME type
only: no other code on its page can reach it, and to bring three megabytes of it again would be paid
by every notebook. So where the page says that it can, the diagrams follow the answer as outputs of
that type; everywhere else the code is what there is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from ..html.highlight import language_of
from ..html.markdown.engine import splitter
from ..view.entries import Prose
from ..view.turn_view import TurnView

MIME_TYPE = "text/vnd.mermaid"

_NAME = "mermaid"

# Mermaid draws into the page before anybody has clicked on anything, and on its way it loads the
# pictures and style sheets that a diagram names. What could be an address, a tag other than a line
# break, a setting, or any of these in disguise makes a diagram stay code.
_RISKY = re.compile(
    r"//|\\(?!n)|\burl\s*\(|@import|%%\s*\{|\A\s*---"
    r"|(?<!<)<(?!br\s*/?>|<\w+>>|<-)[a-z/!?<]|\b(?:img|src|href)"
    r"|data:\w*/|javascript:|[&#](?:lt|sol|bsol|#?x?0*(?:60|3c|47|2f|92|5c));",
    re.IGNORECASE,
)

MAX_DIAGRAMS = 10
MAX_CHARS = 20_000
"""A larger diagram stays code."""


_PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="20" role="img">'
    '<text y="14" font-family="sans-serif" font-size="13" fill="#767676">{}</text></svg>'
)


def diagrams(view: TurnView) -> list[str]:
    """The sources of the diagrams in what was said, in order."""
    return list(islice(_sources(view), MAX_DIAGRAMS))


def _sources(view: TurnView) -> Iterator[str]:
    for entry in view.entries.values():
        if isinstance(entry, Prose) and entry.kind == "text":
            for passage in entry.stream.passages():
                yield from _sources_in(passage)


def _sources_in(passage: str) -> Iterator[str]:
    if _NAME not in passage.lower():
        return
    for token in splitter().parse(passage):
        is_diagram = token.type == "fence" and language_of(token.info) == _NAME
        if is_diagram and is_harmless(token.content):
            yield token.content


def is_harmless(source: str) -> bool:
    """Whether a diagram may be drawn: it is not too large, and names nothing to be loaded."""
    return bool(source.strip()) and len(source) <= MAX_CHARS and not _RISKY.search(source)


def diagram_bundle(source: str, number: int) -> dict[str, str]:
    """A diagram as an output of its own; as text, where to find it.

    JupyterLab puts the picture that it has drawn in the place of ours, so the notebook keeps it.
    nbconvert takes a picture first: where there is none, its page would load Mermaid from the net.
    """
    words = f"Diagram {number}: its code stands above"
    return {MIME_TYPE: source, "image/svg+xml": _PICTURE.format(words), "text/plain": f"[{words}]"}
