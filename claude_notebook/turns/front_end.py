"""The port through which a turn shows itself; each front end implements it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from ..render.model import Op

Post = Callable[[Callable[[], None]], None]
"""Runs a function on the background loop, where the view lives."""


class Output(Protocol):
    """A place that shows a turn."""

    @property
    def prompts(self) -> bool:
        """Whether questions must be asked by `input()` here: nobody can click."""

    def paused(self) -> AbstractContextManager[None]:
        """Keep still while somebody is asked at a prompt."""

    def start(self) -> None:
        """Show that something begins."""

    def send(self, ops: list[Op]) -> None:
        """Show what has changed."""

    def finish(self) -> None:
        """Show the final state, in a form that is kept."""


@runtime_checkable
class DeferredOutput(Protocol):
    """An output that shows a finished turn only where a person waits for it."""

    def show(self) -> None:
        """Show the turn in the cell that runs now, once."""


class ReopenableOutput(Output, Protocol):
    """An output whose live view can come back after the end."""

    def reopen(self) -> None:
        """Show the live view in place of the saved form."""

    def save_again(self) -> None:
        """Put the saved form, as it is now, in place of the live view."""


@contextlib.contextmanager
def shown(output: Output) -> Iterator[None]:
    """Start `output`, and finish it however the block ends."""
    output.start()
    try:
        yield
    finally:
        output.finish()
