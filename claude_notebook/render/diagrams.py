"""Mermaid's diagrams in an answer, for front ends that draw them by themselves.

The answer shows their code. JupyterLab brings Mermaid along, but for outputs of its own MIME type
only: no other code on its page can reach it, and to bring three megabytes of it again would be paid
by every notebook. So where the page says that it can, the diagrams follow the answer as outputs of
that type; everywhere else the code is what there is.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from .entries import Prose
from .fold import TurnView
from .highlight import language_of
from .markdown import splitter

MIME_TYPE = "text/vnd.mermaid"

MAX_DIAGRAMS = 10
MAX_CHARS = 20_000
"""A larger diagram stays code."""


def diagrams(view: TurnView) -> list[str]:
    """The sources of the diagrams in what was said, in order."""
    return list(islice(_sources(view), MAX_DIAGRAMS))


def _sources(view: TurnView) -> Iterator[str]:
    for entry in view.entries.values():
        if not isinstance(entry, Prose) or entry.kind != "text" or "mermaid" not in entry.text:
            continue
        for token in splitter().parse(entry.text):
            is_diagram = token.type == "fence" and language_of(token.info) == "mermaid"
            if is_diagram and token.content.strip() and len(token.content) <= MAX_CHARS:
                yield token.content


def diagram_bundle(source: str, number: int) -> dict[str, str]:
    """A diagram as an output of its own; as text, where to find it."""
    return {MIME_TYPE: source, "text/plain": f"[Diagram {number}: its code stands above]"}
