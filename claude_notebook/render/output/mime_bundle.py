"""Views as MIME bundles, from which each front end picks the richest type that it supports."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from ...displayable import Bundle
from ...messages import Message
from ..labels import footer_text
from ..tools.base import Call
from ..view.options import ViewOptions
from ..view.reducer import view_of
from ..view.turn_view import TurnView
from .page import turn_html
from .text import turn_markdown, turn_text


def bundle_of(view: TurnView, *, dark: bool = False) -> Bundle:
    """Return a turn's saved form as static HTML, Markdown and plain text.

    :param dark: whether the page that shows it first is dark.
    """
    with _paused_gc():
        return {
            "text/html": turn_html(view, dark=dark),
            "text/markdown": turn_markdown(view),
            "text/plain": turn_text(view),
        }


@contextmanager
def _paused_gc() -> Iterator[None]:
    """Pause the garbage collector.

    Rendering creates many thousands of short-lived tokens. These would trigger scans of the
    kernel's whole heap, which take longer than the rendering itself.
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
    """Return whether the view shows nothing."""
    return not view.entries and not footer_text(view.footer)


def messages_bundle(
    messages: Iterable[Message],
    *,
    options: ViewOptions | None = None,
    calls: Mapping[str, Call] | None = None,
) -> Bundle | None:
    """Return messages as a bundle, or None if they show nothing.

    :param calls: calls displayed earlier, by id, for results whose call is missing.
    """
    view = view_of(messages, options=options, calls=calls)
    return None if is_empty(view) else bundle_of(view)
