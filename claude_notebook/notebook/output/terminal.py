"""A turn's outputs outside of a notebook: a terminal, a pipe, or a file."""

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
    """No output, for a background turn in a terminal where the user keeps typing."""

    prompts = True
    paused = staticmethod(contextlib.nullcontext)

    def start(self) -> None:
        """Show nothing, because IPython prints the handle."""

    def send(self, ops: list[Op]) -> None:
        """Show nothing, because the handle has the result."""

    def finish(self) -> None:
        """Show nothing."""


class TerminalOutput:
    """A terminal, with a live display if the cursor can be moved, and otherwise the final text."""

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
        """Start the live display below the cursor."""
        if self._live is not None:
            self._live.start()

    def send(self, ops: list[Op]) -> None:
        """Redraw the live display."""
        if self._live is not None:
            self._live.update(self._render(), refresh=True)

    def finish(self) -> None:
        """End the live display, and print the whole turn."""
        if self._live is not None:
            self._live.stop()
        self._console.print(self._render())
        sys.stdout.flush()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Suspend the live display while a prompt is shown."""
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
    """Plain text for a pipe or a file. Each panel is written as soon as it is final."""

    prompts = False
    paused = staticmethod(contextlib.nullcontext)

    def __init__(self, view: TurnView) -> None:
        self._view = view
        self._written: set[str] = set()

    def start(self) -> None:
        """Write nothing yet."""

    def send(self, ops: list[Op]) -> None:
        """Write the panels that have become final, in order."""
        self._write(ended=False)

    def finish(self) -> None:
        """Write the remaining panels and the footer."""
        self._write(ended=True)

    def _write(self, *, ended: bool) -> None:
        from ...render.output.text import new_text

        separator = "\n" if self._written else ""
        text = new_text(self._view, self._written, ended=ended)
        if text:
            sys.stdout.write(f"{separator}{text}\n")
            sys.stdout.flush()
