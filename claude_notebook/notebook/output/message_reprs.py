"""Displays message lists and background turns that are the value of a cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, cast

from ...displayable import Bundle, Displayable
from ...messages import Message
from ...turns.jobs import Job

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class _Printer(Protocol):
    """The part of IPython's pretty printer that is used here."""

    def text(self, text: str) -> object:
        """Print `text`."""


class ShownMessages(list[Message]):
    """A list of messages already on the page, so that displaying it does not repeat them."""

    def _repr_pretty_(self, printer: _Printer, cycle: bool) -> None:
        count = len(self)
        printer.text(f"<{count} message{'' if count == 1 else 's'}, shown above>")


def list_bundle(value: Sequence[object]) -> Bundle | None:
    """Render a list of messages, or return None for any other list.

    IPython's plain text for the list is kept. Subclasses of list keep their own
    `_repr_mimebundle_`.
    """
    if type(value) is not list:
        own = getattr(value, "_repr_mimebundle_", None)
        return cast("Bundle | None", own()) if callable(own) else None
    if not value or not all(isinstance(item, Displayable) for item in value):
        return None
    from ...render.output.mime_bundle import messages_bundle

    return messages_bundle(cast("list[Message]", value))


def show_job(job: Job) -> None:
    """Display a background turn, unless its panel is already on the page."""
    from IPython.display import display

    if not job.take_announcement():
        display(job._repr_mimebundle_(), raw=True)  # type: ignore[no-untyped-call]  # IPython's


def add_printers(shell: InteractiveShell) -> None:
    """Display message lists and background turns richly, unless another extension shows lists."""
    formatter = shell.display_formatter
    if formatter is not None:
        formatter.mimebundle_formatter.type_printers.setdefault(list, list_bundle)
        formatter.ipython_display_formatter.type_printers.setdefault(Job, show_job)


def remove_printers(shell: InteractiveShell) -> None:
    """Undo `add_printers`."""
    formatter = shell.display_formatter
    if formatter is None:
        return
    for printers, kind, printer in (
        (formatter.mimebundle_formatter.type_printers, list, list_bundle),
        (formatter.ipython_display_formatter.type_printers, Job, show_job),
    ):
        if printers.get(kind) is printer:
            del printers[kind]
