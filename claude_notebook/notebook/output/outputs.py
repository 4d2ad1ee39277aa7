"""A turn's outputs in a notebook, and the choice among all outputs.

Create and finish outputs in the kernel's main thread. `send` is called in the background loop's
thread.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ...displayable import Bundle
from ...messages import JSON
from ...turns.front_end import Output, Post
from ..kernel_features import is_recent_kernel
from .terminal import QuietOutput, TerminalOutput

if TYPE_CHECKING:
    from IPython.core.display_functions import DisplayHandle
    from IPython.core.interactiveshell import InteractiveShell

    from ...render.model import Op
    from ...render.view.turn_view import TurnView
    from .autosave import StaticCopy
    from .widget import TurnWidget

FALLBACK_AFTER_SECONDS = 5.0
FALLBACK_EVERY_SECONDS = 0.5
PROMPT_SECONDS = {True: 10.0, False: 1.0}
"""Seconds until a question falls back to a prompt, keyed by `is_recent_kernel()`."""


def bundle_of(view: TurnView, *, dark: bool = False) -> Bundle:
    """Render a turn's saved form. The renderer is imported when this is first called."""
    from ...render.output.mime_bundle import bundle_of

    return bundle_of(view, dark=dark)


class StaticOutput:
    """A single final output, for front ends that cannot answer and for `--plain`."""

    def __init__(self, view: TurnView, *, plain: bool = False) -> None:
        self._view = view
        self._plain = plain

    prompts = False
    paused = staticmethod(contextlib.nullcontext)

    def start(self) -> None:
        """Show nothing before the end."""

    def send(self, ops: list[Op]) -> None:
        """Show nothing before the end."""

    def finish(self) -> None:
        """Show the turn."""
        from IPython.display import display

        bundle = bundle_of(self._view)
        if self._plain:
            bundle = {"text/plain": bundle["text/plain"]}
        display(bundle, raw=True)


class AwaitedOutput:
    """The output of a background turn without a widget, shown in the cell that awaits the turn.

    Programs that execute a notebook do not accept output for a cell that has finished.
    """

    prompts = False
    paused = staticmethod(contextlib.nullcontext)

    def __init__(self, view: TurnView, *, plain: bool = False) -> None:
        self._whole = StaticOutput(view, plain=plain)
        self._is_shown = False

    def start(self) -> None:
        """Announce the turn."""
        from IPython.display import display

        display({"text/plain": "Claude is working on this in the background."}, raw=True)

    def send(self, ops: list[Op]) -> None:
        """Show nothing before the turn is awaited."""

    def finish(self) -> None:
        """Show nothing before the turn is awaited."""

    def show(self) -> None:
        """Show the turn once, in the running cell."""
        if not self._is_shown:
            self._is_shown = True
            self._whole.finish()


class WidgetOutput:
    """The live widget, which is replaced with the saved form at the end.

    A reopened notebook cannot show a widget, and front ends ignore any HTML in the same bundle as a
    widget. If a front end does not load the widget within `FALLBACK_AFTER_SECONDS`, it gets the
    saved form, which is then updated every `FALLBACK_EVERY_SECONDS`.
    """

    paused = staticmethod(contextlib.nullcontext)

    def __init__(
        self,
        view: TurnView,
        stop: Callable[[], None],
        post: Post,
        on_message: Callable[[JSON], object],
        *,
        reserve: bool = False,
        alone: bool = False,
    ) -> None:
        self._view = view
        self._reserve, self._alone = reserve, alone
        self._static_copy: StaticCopy | None = None
        self._on_message = on_message
        self._stop = stop
        self._post = post
        self._widget: TurnWidget | None = None
        self._handle: DisplayHandle
        self._started = 0.0
        self._last_fallback = 0.0
        self._cell: object = None

    def start(self) -> None:
        """Show the empty widget."""
        from IPython.display import display

        from ...turns.output.view_channel import ChannelOwner
        from .autosave import StaticCopy
        from .widget import TurnWidget

        self._widget = TurnWidget(
            ChannelOwner(
                snapshot=self._view.snapshot,
                on_stop=self._stop,
                on_message=self._on_message,
                more=self._view.more,
                post=self._post,
            )
        )
        self._view.mark = f"cn-turn-{self._widget.model_id}"
        self._handle = display(self._widget, display_id=True)
        self._static_copy = StaticCopy(
            self._view, self._bundle, reserve=self._reserve, alone=self._alone
        )
        self._cell = _current_cell()
        self._started = time.monotonic()

    def send(self, ops: list[Op]) -> None:
        """Send the changes to the front end."""
        if self._widget is None:
            return
        if ops:
            self._widget.channel.send_ops(ops)
        if not self._widget.channel.ready:
            self._fall_back()
        elif self._last_fallback:
            self._last_fallback = 0.0
            self.reopen()  # the page was slow to load
        elif self._static_copy is not None:
            self._static_copy.update(ops)

    @property
    def prompts(self) -> bool:
        """True if no page has loaded the widget, as with an old kernel or front end."""
        if self._widget is None or self._widget.channel.ready:
            return False
        return time.monotonic() - self._started > PROMPT_SECONDS[is_recent_kernel()]

    def _fall_back(self) -> None:
        now = time.monotonic()
        if now - self._started < FALLBACK_AFTER_SECONDS:
            return
        if now - self._last_fallback >= FALLBACK_EVERY_SECONDS:
            self._last_fallback = now
            self._update()

    def _bundle(self) -> Bundle:
        return bundle_of(self._view, dark=self._widget is not None and self._widget.channel.dark)

    def _update(self) -> None:
        self._handle.update(self._bundle(), raw=True)

    def finish(self) -> None:
        """Replace the widget with the saved form.

        The widget is closed later, because a page that was loaded during the turn still shows it
        and fetches the whole turn in a snapshot.
        """
        static_copy, self._static_copy = self._static_copy, None
        bundle = self._bundle()
        if self._widget is not None:
            self._widget.saved(self._view.mark)
        if static_copy is None or not static_copy.end(bundle, self._handle):
            self._handle.update(bundle, raw=True)
        if self._widget is not None:
            self._widget.close_late()
            # New output goes to the running cell, which may be a different one.
            if self._widget.channel.draws_mermaid and self._cell == _current_cell():
                _show_diagrams(self._view)

    def reopen(self) -> None:
        """Show the widget in its cell again, replacing the saved form."""
        self._handle.update(self._widget)

    def save_again(self) -> None:
        """Replace the widget with the current saved form."""
        if self._widget is not None:
            self._widget.saved(self._view.mark)
        self._update()


def _current_cell() -> object:
    """Return the id of the running cell."""
    shell = notebook_shell()
    get_parent = getattr(shell, "get_parent", None)
    parent = get_parent() if get_parent is not None else None
    return parent.get("header", {}).get("msg_id") if isinstance(parent, dict) else None


def _show_diagrams(view: TurnView) -> None:
    from ...render.output.mermaid import diagram_bundle, diagrams

    for number, source in enumerate(diagrams(view), 1):
        show_bundle(diagram_bundle(source, number))


def notebook_shell() -> InteractiveShell | None:
    """Return the shell of the Jupyter kernel that runs this process, or None outside of one."""
    if "IPython" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return shell if getattr(shell, "kernel", None) is not None else None


def is_notebook() -> bool:
    """Return True in a Jupyter kernel, and False in a terminal or a script."""
    return notebook_shell() is not None


def show_bundle(bundle: Bundle) -> None:
    """Display a bundle of MIME types in the notebook."""
    from IPython.display import display

    display(bundle, raw=True)


def can_answer(shell: InteractiveShell) -> bool:
    """Return whether a person can answer questions, which nbclient, papermill and nbval forbid."""
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return sys.stdin is not None and sys.stdin.isatty()
    return bool(getattr(kernel, "_allow_stdin", True))


def choose_output(
    shell: InteractiveShell,
    view: TurnView,
    stop: Callable[[], None],
    post: Post,
    on_message: Callable[[JSON], object],
    *,
    plain: bool,
    background: bool = False,
    alone: bool = False,
) -> Output:
    """Choose the output for a turn, depending on the kernel and front end.

    :param stop: called when the reader presses Stop.
    :param post: runs a function in the thread that handles the page's messages.
    :param on_message: called with every other message from the page.
    :param plain: show plain text only.
    :param background: whether the turn continues after its cell.
    :param alone: whether the cell shows nothing else.
    """
    if getattr(shell, "kernel", None) is None:
        return QuietOutput() if background else TerminalOutput(view)
    if plain or not can_answer(shell):
        return (AwaitedOutput if background else StaticOutput)(view, plain=plain)
    return WidgetOutput(view, stop, post, on_message, reserve=background, alone=alone)
