"""A view as a bundle of MIME types: each front end takes the richest that it can show."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from ...messages import Message
from ..labels import footer_words
from ..tools.base import Call
from ..view.options import ViewOptions
from ..view.reducer import view_of
from ..view.turn_view import TurnView
from .page import turn_html
from .text import turn_markdown, turn_text

Bundle = dict[str, str]
"""The same thing in several MIME types."""


def bundle_of(view: TurnView, *, dark: bool = False) -> Bundle:
    """The saved form of a turn: static HTML, and beside it Markdown and plain text.

    :param dark: whether the page on which it will be read first is dark.
    """
    with _uncollected():
        return {
            "text/html": turn_html(view, dark=dark),
            "text/markdown": turn_markdown(view),
            "text/plain": turn_text(view),
        }


@contextmanager
def _uncollected() -> Iterator[None]:
    """Hold the garbage collector off.

    Many thousand tokens live for a moment here. They would have all of the kernel's heap searched,
    which takes longer than to make and to drop them.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def is_empty(view: TurnView) -> bool:
    """Whether there is nothing to see."""
    return not view.entries and not footer_words(view.footer)


def messages_bundle(
    messages: Iterable[Message],
    *,
    options: ViewOptions | None = None,
    calls: Mapping[str, Call] | None = None,
) -> Bundle | None:
    """Messages as a bundle; None where they show nothing.

    :param calls: calls that were shown before, by id, for results that come alone.
    """
    view = view_of(messages, options=options, calls=calls)
    return None if is_empty(view) else bundle_of(view)
