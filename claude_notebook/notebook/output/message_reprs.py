"""Lists of messages at the end of a cell show themselves; all other lists look as ever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, cast

from ...displayable import Shown
from ...messages import Message

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

Bundle = dict[str, str]


class _Printer(Protocol):
    """IPython's printer, as far as it is used."""

    def text(self, text: str) -> object:
        """Print it."""


class ShownMessages(list[Message]):
    """Messages that were on the page while they came: at the end of a cell they are not repeated.

    A list in every other way.
    """

    def _repr_pretty_(self, printer: _Printer, cycle: bool) -> None:
        count = len(self)
        printer.text(f"<{count} message{'' if count == 1 else 's'}, shown above>")


def list_bundle(value: Sequence[object]) -> Bundle | None:
    """A list of messages as something to look at; None for any other list.

    Its plain text stays IPython's own, which no bundle replaces for lists.

    A kind of list with a picture of its own keeps that.
    """
    if type(value) is not list:
        own = getattr(value, "_repr_mimebundle_", None)
        return cast("Bundle | None", own()) if callable(own) else None
    if not value or not all(isinstance(one, Shown) for one in value):
        return None
    from ...render.output.mime_bundle import messages_bundle

    return messages_bundle(cast("list[Message]", value))


def show_lists(shell: InteractiveShell) -> None:
    """Let lists of messages show themselves, unless somebody draws lists already."""
    if shell.display_formatter is not None:
        shell.display_formatter.mimebundle_formatter.type_printers.setdefault(list, list_bundle)


def leave_lists(shell: InteractiveShell) -> None:
    """Undo `show_lists`."""
    if shell.display_formatter is not None:
        printers = shell.display_formatter.mimebundle_formatter.type_printers
        if printers.get(list) is list_bundle:
            del printers[list]
