"""Where a turn is shown outside of a notebook: a terminal, a pipe, a file."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ...render.model import Op
    from ...render.view.turn_view import TurnView


class QuietOutput:
    """A terminal, whose lines belong to the person while a turn goes on in the background."""

    prompts = True
    paused = staticmethod(contextlib.nullcontext)

    def start(self) -> None:
        """The handle is shown by IPython itself."""

    def send(self, ops: list[Op]) -> None:
        """Nothing is shown: the handle tells what came of it."""

    def finish(self) -> None:
        """Nothing is shown."""


class TerminalOutput:
    """A terminal: live where it can move the cursor, else the final text."""

    prompts = True

    def __init__(self, view: TurnView) -> None:
        from rich.console import Console
        from rich.live import Live

        self._view = view
        self._console = Console()
        self._live = (
            Live(
                console=self._console,
                auto_refresh=False,
                vertical_overflow="ellipsis",
                transient=True,
            )
            if self._console.is_terminal
            else None
        )

    def start(self) -> None:
        """Take over the lines below."""
        if self._live is not None:
            self._live.start()

    def send(self, ops: list[Op]) -> None:
        """Draw again."""
        if self._live is not None:
            self._live.update(self._render(), refresh=True)

    def finish(self) -> None:
        """Give the lines back, and print all of it."""
        if self._live is not None:
            self._live.stop()
        self._console.print(self._render())
        sys.stdout.flush()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """The lines are given back for a while."""
        if self._live is not None:
            self._live.stop()
        try:
            yield
        finally:
            if self._live is not None:
                self._live.start()

    def _render(self) -> RenderableType:
        from ...render.output.terminal import turn_renderable

        return turn_renderable(self._view)


class TextOutput:
    """Plain text, for a pipe or a file: each panel as soon as it is final."""

    prompts = False
    paused = staticmethod(contextlib.nullcontext)

    def __init__(self, view: TurnView) -> None:
        self._view = view
        self._said: set[str] = set()

    def start(self) -> None:
        """Nothing is shown before there is something."""

    def send(self, ops: list[Op]) -> None:
        """Write what has become final, in order."""
        self._write(ended=False)

    def finish(self) -> None:
        """Write the rest, and the turn in numbers."""
        self._write(ended=True)

    def _write(self, *, ended: bool) -> None:
        from ...render.output.text import new_text

        between = "\n" if self._said else ""
        text = new_text(self._view, self._said, ended=ended)
        if text:
            sys.stdout.write(f"{between}{text}\n")
            sys.stdout.flush()
