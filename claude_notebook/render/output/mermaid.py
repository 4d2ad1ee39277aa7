"""The Mermaid diagrams in an answer, for front ends that can draw them.

The answer shows the diagrams as code. JupyterLab includes Mermaid, but only for outputs with its
own MIME type. Other code on the page cannot access it, and including another copy would add three
megabytes to every notebook. If the page reports that it supports Mermaid, the diagrams follow the
answer as outputs of that type. Otherwise, only their code is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from ..html.highlighter import language_of
from ..html.markdown.engine import splitter
from ..view.entries import ProseEntry
from ..view.turn_view import TurnView

MIME_TYPE = "text/vnd.mermaid"

_NAME = "mermaid"

# Mermaid draws without a click, and loads the images and style sheets that a diagram refers to. A
# diagram is shown as code if it contains a possible address, a tag other than a line break, a
# setting, or any of these in disguise.
_RISKY = re.compile(
    r"//|\\(?!n)|\burl\s*\(|@import|%%\s*\{|\A\s*---"
    r"|(?<!<)<(?!br\s*/?>|<\w+>>|<-)[a-z/!?<]|\b(?:img|src|href)"
    r"|data:\w*/|javascript:|[&#](?:lt|sol|bsol|#?x?0*(?:60|3c|47|2f|92|5c));",
    re.IGNORECASE,
)

MAX_DIAGRAMS = 10
MAX_CHARS = 20_000
"""Maximum size of a diagram. A larger one is shown as code."""


_PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="20" role="img">'
    '<text y="14" font-family="sans-serif" font-size="13" fill="#767676">{}</text></svg>'
)


def diagrams(view: TurnView) -> list[str]:
    """Return the sources of the answer's diagrams, in order."""
    return list(islice(_sources(view), MAX_DIAGRAMS))


def _sources(view: TurnView) -> Iterator[str]:
    for entry in view.entries.values():
        if isinstance(entry, ProseEntry) and entry.kind == "text":
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
    """Return whether the diagram is small enough and loads nothing."""
    return bool(source.strip()) and len(source) <= MAX_CHARS and not _RISKY.search(source)


def diagram_bundle(source: str, number: int) -> dict[str, str]:
    """Return a diagram as a separate output, with text that points to its code.

    JupyterLab replaces the placeholder image with its drawing, which is then kept in the notebook.
    nbconvert prefers an image; if there were none, its page would load Mermaid from the network.
    """
    words = f"Diagram {number}: see the code above"
    return {MIME_TYPE: source, "image/svg+xml": _PICTURE.format(words), "text/plain": f"[{words}]"}
