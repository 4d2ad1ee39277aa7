"""Display of messages at the end of a notebook cell.

A leaf module: messages are built on it, and rendering is built on messages. The package installs
the hook that ties the two, so that neither imports the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

Bundle = dict[str, str]
"""One output in several MIME types."""

DisplayHook = Callable[[Sequence["Displayable"]], "Bundle | None"]
"""Renders values; returns None for values without visible content."""

_hooks: list[DisplayHook] = []


def set_display_hook(hook: DisplayHook) -> None:
    """Render displayable values with `hook` from now on."""
    _hooks[:] = [hook]


class Displayable:
    """A value with a rich representation in IPython."""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle | None:
        """Return HTML, Markdown and text, or None without visible content."""
        return _hooks[0]([self]) if _hooks else None


class Convertible(Displayable):
    """A displayable value that is not a message itself."""

    def to_message(self) -> Displayable:
        """Return the message to display."""
        raise NotImplementedError
