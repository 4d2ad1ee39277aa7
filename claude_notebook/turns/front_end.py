"""The output port of a turn, which each front end implements."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from ..render.model import Op

Post = Callable[[Callable[[], None]], None]
"""Runs a function on the background loop, to which the view belongs."""


class Output(Protocol):
    """A turn's output in a front end."""

    @property
    def prompts(self) -> bool:
        """True if questions must be asked with `input()`, because there is no page to click on."""

    def paused(self) -> AbstractContextManager[None]:
        """Return a context that pauses drawing while a prompt asks a question."""

    def start(self) -> None:
        """Show that the turn is starting."""

    def send(self, ops: list[Op]) -> None:
        """Show changes to the view."""

    def finish(self) -> None:
        """Show the final state in a form that is saved."""


@runtime_checkable
class DeferredOutput(Protocol):
    """An output that shows a finished turn only in the cell that waits for it."""

    def show(self) -> None:
        """Show the turn once, in the running cell."""


class ReopenableOutput(Output, Protocol):
    """An output whose live view can be shown again after the end."""

    def reopen(self) -> None:
        """Replace the saved form with the live view."""

    def save_again(self) -> None:
        """Replace the live view with the current saved form."""


@contextlib.contextmanager
def show_output(output: Output) -> Iterator[None]:
    """Start `output`, and finish it at the end of the block, even if an error occurs."""
    output.start()
    try:
        yield
    finally:
        output.finish()
