"""Where a turn is shown: the live widget, one static output, a terminal, or plain text.

`choose_output` knows which. Outputs are made and finished in the kernel's main thread; `send` is
called from the background loop's thread.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ...messages import JSON
from ...turns.front_end import Output, Post
from ..kernel_features import is_recent_kernel
from .terminal import QuietOutput, TerminalOutput

if TYPE_CHECKING:
    from IPython.core.display_functions import DisplayHandle
    from IPython.core.interactiveshell import InteractiveShell

    from ...render.model import Op
    from ...render.view.turn_view import TurnView
    from .autosave import Keeper
    from .widget import TurnWidget

Bundle = dict[str, str]

FALLBACK_AFTER_SECONDS = 5.0
FALLBACK_EVERY_SECONDS = 0.5
PROMPT_SECONDS = {True: 10.0, False: 1.0}
"""When a question is asked at a prompt; by whether the kernel hears a page while a cell runs."""


def bundle_of(view: TurnView, *, dark: bool = False) -> Bundle:
    """The saved form of a turn; imported when the first one is made."""
    from ...render.output.mime_bundle import bundle_of

    return bundle_of(view, dark=dark)


class StaticOutput:
    """One final output; for front ends that cannot answer, and for `--plain`."""

    def __init__(self, view: TurnView, *, plain: bool = False) -> None:
        self._view = view
        self._plain = plain

    prompts = False
    paused = staticmethod(contextlib.nullcontext)

    def start(self) -> None:
        """Nothing is shown before the end."""

    def send(self, ops: list[Op]) -> None:
        """Nothing is shown before the end."""

    def finish(self) -> None:
        """Show it."""
        from IPython.display import display

        bundle = bundle_of(self._view)
        if self._plain:
            bundle = {"text/plain": bundle["text/plain"]}
        display(bundle, raw=True)


class LaterOutput:
    """A background turn where there is no widget: shown where somebody waits for it.

    Whoever runs a notebook from the first cell to the last takes no output for a cell that is over.
    """

    prompts = False
    paused = staticmethod(contextlib.nullcontext)

    def __init__(self, view: TurnView, *, plain: bool = False) -> None:
        self._whole = StaticOutput(view, plain=plain)
        self._is_shown = False

    def start(self) -> None:
        """Say that something is to come."""
        from IPython.display import display

        words = {"text/plain": "Claude works on this in the background."}
        display(words, raw=True)

    def send(self, ops: list[Op]) -> None:
        """Nothing is shown before somebody waits for it."""

    def finish(self) -> None:
        """Nothing is shown before somebody waits for it."""

    def show(self) -> None:
        """Show it, in the cell that runs; once."""
        if not self._is_shown:
            self._is_shown = True
            self._whole.finish()


class WidgetOutput:
    """The live widget, replaced by the saved form at the end.

    A saved widget alone would not open again, and html beside a widget in one bundle is ignored.
    A front end that does not load the widget within some seconds gets the static form, kept up to
    date at a slow rate.
    """

    paused = staticmethod(contextlib.nullcontext)

    def __init__(
        self,
        view: TurnView,
        stop: Callable[[], None],
        post: Post,
        hear: Callable[[JSON], object],
        *,
        reserve: bool = False,
        alone: bool = False,
    ) -> None:
        self._view = view
        self._place = (reserve, alone)
        self._keeper: Keeper | None = None
        self._hear = hear
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
        from .autosave import Keeper
        from .widget import TurnWidget

        self._widget = TurnWidget(
            ChannelOwner(
                snapshot=self._view.snapshot,
                on_stop=self._stop,
                on_message=self._hear,
                more=self._view.more,
                post=self._post,
            )
        )
        self._view.mark = f"cn-turn-{self._widget.model_id}"
        self._handle = display(self._widget, display_id=True)
        reserve, alone = self._place
        self._keeper = Keeper(self._view, self._bundle, reserve=reserve, alone=alone)
        self._cell = _present_cell()
        self._started = time.monotonic()

    def send(self, ops: list[Op]) -> None:
        """Pass the changes on to the front end."""
        if self._widget is None:
            return
        if ops:
            self._widget.channel.send_ops(ops)
        if not self._widget.channel.ready:
            self._fall_back()
        elif self._last_fallback:
            self._last_fallback = 0.0
            self.reopen()  # the page was only slow
        elif self._keeper is not None:
            self._keeper.keep(ops)

    @property
    def prompts(self) -> bool:
        """Whether no page has come to show the widget: an old kernel or front end."""
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
        """Replace the widget by the saved form.

        The widget closes late: a page that was loaded meanwhile shows it still, and has all of the
        turn from a snapshot.
        """
        keeper, self._keeper = self._keeper, None
        bundle = self._bundle()
        if self._widget is not None:
            self._widget.saved(self._view.mark)
        if keeper is None or not keeper.end(bundle, self._handle):
            self._handle.update(bundle, raw=True)
        if self._widget is not None:
            self._widget.close_late()
            # What is shown now goes to the cell that runs now.
            if self._widget.channel.draws_mermaid and self._cell == _present_cell():
                _show_diagrams(self._view)

    def reopen(self) -> None:
        """Show the widget again in its cell, in place of the saved form."""
        self._handle.update(self._widget)

    def save_again(self) -> None:
        """Put the saved form, as it is now, in place of the widget."""
        if self._widget is not None:
            self._widget.saved(self._view.mark)
        self._update()


def _present_cell() -> object:
    """What the cell that runs now is known by."""
    shell = notebook_shell()
    get_parent = getattr(shell, "get_parent", None)
    parent = get_parent() if get_parent is not None else None
    return parent.get("header", {}).get("msg_id") if isinstance(parent, dict) else None


def _show_diagrams(view: TurnView) -> None:
    from ...render.output.mermaid import diagram_bundle, diagrams

    for number, source in enumerate(diagrams(view), 1):
        show_bundle(diagram_bundle(source, number))


def notebook_shell() -> InteractiveShell | None:
    """The shell of the Jupyter kernel in which this runs; None anywhere else."""
    if "IPython" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return shell if getattr(shell, "kernel", None) is not None else None


def is_notebook() -> bool:
    """Whether this runs in a Jupyter kernel (not in a terminal, not in a plain script)."""
    return notebook_shell() is not None


def show_bundle(bundle: Bundle) -> None:
    """Show something in several MIME types in the notebook."""
    from IPython.display import display

    display(bundle, raw=True)


def can_answer(shell: InteractiveShell) -> bool:
    """Whether somebody is at the front end: nbclient, papermill and nbval say no."""
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return sys.stdin is not None and sys.stdin.isatty()
    return bool(getattr(kernel, "_allow_stdin", True))


def choose_output(
    shell: InteractiveShell,
    view: TurnView,
    stop: Callable[[], None],
    post: Post,
    hear: Callable[[JSON], object],
    *,
    plain: bool,
    background: bool = False,
    alone: bool = False,
) -> Output:
    """The output for where this runs; that of a background turn outlives its cell.

    With `alone` nothing else is shown in the cell.
    """
    if getattr(shell, "kernel", None) is None:
        return QuietOutput() if background else TerminalOutput(view)
    if plain or not can_answer(shell):
        return (LaterOutput if background else StaticOutput)(view, plain=plain)
    return WidgetOutput(view, stop, post, hear, reserve=background, alone=alone)
