"""Display of messages at the end of a notebook cell.

A leaf module: messages are built on it, and rendering is built on messages. The package installs
the hook that ties the two, so that neither imports the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

Bundle = dict[str, str]
"""One output in several MIME types."""

DisplayHook = Callable[[Sequence["Displayable"]], "Bundle | None"]
"""Renders values; None for values that have nothing to show."""

_hooks: list[DisplayHook] = []


def set_display_hook(hook: DisplayHook) -> None:
    """Render displayable values by `hook` from now on."""
    _hooks[:] = [hook]


class Displayable:
    """A value that IPython shows richly."""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle | None:
        """Return HTML, Markdown and text; None where there is nothing to show."""
        return _hooks[0]([self]) if _hooks else None
