"""TODO."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

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


@contextlib.contextmanager
def shown(output: Output) -> Iterator[None]:
    """Start `output`, and finish it however the block ends."""
    output.start()
    try:
        yield
    finally:
        output.finish()
