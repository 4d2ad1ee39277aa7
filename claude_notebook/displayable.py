"""Displays messages at the end of a notebook cell.

This is a leaf module, because messages depend on it and rendering depends on messages. The package
installs the hook that connects the two, so that neither of them imports the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

Bundle = dict[str, str]
"""A single output in several MIME types."""

DisplayHook = Callable[[Sequence["Displayable"]], "Bundle | None"]
"""Renders values, returning None for values without visible content."""

_hooks: list[DisplayHook] = []


def set_display_hook(hook: DisplayHook) -> None:
    """Use `hook` to render displayable values from now on."""
    _hooks[:] = [hook]


class Displayable:
    """A value that has a rich representation in IPython."""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle | None:
        """Return HTML, Markdown and text, or None if there is no visible content."""
        return _hooks[0]([self]) if _hooks else None


class Convertible(Displayable):
    """A displayable value that is not itself a message."""

    def to_message(self) -> Displayable:
        """Return the message to display."""
        raise NotImplementedError
