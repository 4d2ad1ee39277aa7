"""Static copies of running turns, for notebooks that are saved before a turn ends.

A live view needs its kernel. If a notebook is saved and reopened, the view shows an error instead.
For this reason, a long turn keeps a static copy below its view, which is hidden while the view is
live. The copy is updated from time to time and removed when the turn ends.
"""

from __future__ import annotations

import contextvars
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from IPython.core.getipython import get_ipython
from IPython.display import clear_output, display

from ...displayable import Bundle
from ..kernel_features import is_recent_kernel

if TYPE_CHECKING:
    from IPython.core.display_functions import DisplayHandle

    from ...render.view.turn_view import TurnView

T = TypeVar("T")

MakeBundle = Callable[[], Bundle]
"""Renders the static form of the turn's current state."""

MIN_INTERVAL_SECONDS = 25.0
QUESTION_SECONDS = 2.0
BYTES_PER_SECOND = 10_000
TIME_DIVISOR = 100
"""Copies may take at most 1/100 of the turn's time."""

UNFINISHED = "Claude was still working when this notebook was saved."

# JupyterLab applies this style in trusted notebooks only. A live view marks its output, whereas a
# view without a kernel does not, and shows an error. Other front ends drop the widget from the
# output. `:has` never looks inside the live view, because the browser re-evaluates it at each
# change there.
_STYLE = (
    "<style>"
    ".jp-OutputArea-child:not(.cnv-live):has(+.jp-OutputArea-child .cn-so-far){display:none}"
    ".cnv-live+.jp-OutputArea-child:not(.cnv-live):has(.cn-so-far){display:none}"
    "</style>"
)


def mark_unfinished(bundle: Bundle) -> Bundle:
    """Add a note to a static form which says that the turn had not ended."""
    note = f'<div style="opacity:0.8;font-size:0.9em">◌ {UNFINISHED}</div>'
    return {
        "text/html": f'{_STYLE}<div class="cn-so-far">{bundle["text/html"]}{note}</div>',
        "text/markdown": f"{bundle['text/markdown']}\n\n*{UNFINISHED}*",
        "text/plain": f"{bundle['text/plain']}\n\n{UNFINISHED}",
    }


class StaticCopy:
    """A turn's static copy. Create it in the turn's cell; the painter then calls `update`.

    :param view: the turn's view, which counts the open questions.
    :param make_bundle: renders the static form; called in the painter's thread.
    :param reserve: whether the turn continues after its cell. Some kernels cannot add output to a
        cell that has finished, so they get an empty output immediately.
    :param alone: whether the cell shows nothing but this turn, so that its output may be cleared.
    :param clock: a function that returns seconds that never decrease.
    """

    def __init__(
        self,
        view: TurnView,
        make_bundle: MakeBundle,
        *,
        reserve: bool,
        alone: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._view = view
        self._clock = clock
        self._make_bundle = make_bundle
        self._alone = alone
        self._context = contextvars.copy_context()
        self._parent = self._current_parent()
        self._handle: DisplayHandle | None = None
        self._changed = True
        self._open_questions = 0
        self._next_time = clock() + MIN_INTERVAL_SECONDS
        if reserve and not is_recent_kernel():
            self._show({})

    def update(self, ops: Sequence[object]) -> None:
        """Record that `ops` were painted. If there are none, update the copy if it is due."""
        now = self._clock()
        self._changed = self._changed or bool(ops)
        open_questions = self._view.footer.waiting
        if open_questions > self._open_questions:
            self._next_time = min(self._next_time, now + QUESTION_SECONDS)
        self._open_questions = open_questions
        # Painting must not wait for the copy.
        if not ops and self._changed and now >= self._next_time:
            self._next_time = now + MIN_INTERVAL_SECONDS  # applies even if rendering fails
            size = self._render()
            self._changed = False
            cost = self._clock() - now
            self._next_time = now + max(
                MIN_INTERVAL_SECONDS, size / BYTES_PER_SECOND, TIME_DIVISOR * cost
            )

    def _render(self) -> int:
        bundle = mark_unfinished(self._make_bundle())
        self._show(bundle)
        return sum(map(len, bundle.values()))

    def _show(self, bundle: Bundle) -> None:
        if self._handle is None:
            self._handle = self._in_cell(display, bundle, raw=True, display_id=True)
        else:
            self._in_cell(self._handle.update, bundle, raw=True)

    def end(self, final: Bundle, view_handle: DisplayHandle) -> bool:
        """Remove the copy.

        :returns: True if the cell's output has been replaced by `final`
        """
        handle, self._handle = self._handle, None
        if handle is None:
            return False
        if self._alone and self._current_parent() == self._parent is not None:
            self._in_cell(clear_output, wait=True)
            self._in_cell(display, final, raw=True, display_id=view_handle.display_id)
            return True
        self._in_cell(handle.update, {}, raw=True)
        return False

    def _in_cell(self, function: Callable[..., T], *args: object, **named: object) -> T:
        """Call a display function from any thread, so that its output goes to the turn's cell."""
        return self._context.copy().run(function, *args, **named)

    def _current_parent(self) -> object:
        """Return the id of the cell that receives outputs, or None if it is unknown."""
        parent = self._in_cell(getattr, _publisher(), "parent_header", None)
        return parent.get("msg_id") if isinstance(parent, dict) else None


def _publisher() -> object:
    return getattr(get_ipython(), "display_pub", None)
