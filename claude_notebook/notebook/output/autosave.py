"""What a notebook keeps of a turn that still runs when it is saved.

A live view is nothing without its kernel: a notebook that is saved and opened again would show an
error in its place. So, below the view and not to be seen beside it, stands a static form of what
was shown so far. It is made when a turn takes long, renewed now and then, and gone at the end.
"""

from __future__ import annotations

import contextvars
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from IPython.core.getipython import get_ipython
from IPython.display import clear_output, display

from ..kernel_features import is_recent_kernel

if TYPE_CHECKING:
    from IPython.core.display_functions import DisplayHandle

    from ...render.view.turn_view import TurnView

T = TypeVar("T")

Bundle = dict[str, str]
Make = Callable[[], Bundle]
"""Makes the static form as it is now."""

AT_LEAST_SECONDS = 25.0
QUESTION_SECONDS = 2.0
BYTES_PER_SECOND = 10_000
COSTS = 100
"""It takes at most this part of the time to make it."""

STILL = "Claude was still at work when this was saved."

# In a notebook of one's own, where Lab lets a style through. A live view marks the output in which
# it stands; one whose kernel is gone does not, and has only an error to show. Elsewhere the widget
# is no output at all. (What `:has` looks through is walked again at each change within: never the
# live view.)
_STYLE = (
    "<style>"
    ".jp-OutputArea-child:not(.cnv-live):has(+.jp-OutputArea-child .cn-so-far){display:none}"
    ".cnv-live+.jp-OutputArea-child:not(.cnv-live):has(.cn-so-far){display:none}"
    "</style>"
)


def so_far(bundle: Bundle) -> Bundle:
    """A static form that says that it is not the end."""
    note = f'<div style="opacity:0.8;font-size:0.9em">◌ {STILL}</div>'
    return {
        "text/html": f'{_STYLE}<div class="cn-so-far">{bundle["text/html"]}{note}</div>',
        "text/markdown": f"{bundle['text/markdown']}\n\n*{STILL}*",
        "text/plain": f"{bundle['text/plain']}\n\n{STILL}",
    }


class Keeper:
    """Keeps one turn. Made in the cell that shows it; then called by whoever paints.

    :param view: what is shown; it tells how many questions wait.
    :param make: called in the painter's thread.
    :param reserve: whether the cell will be over; where outputs would not find it any more, the
        place is taken at once.
    :param alone: whether all of the cell's output is the turn's, so that it may be cleared.
    :param clock: seconds that only grow.
    """

    def __init__(
        self,
        view: TurnView,
        make: Make,
        *,
        reserve: bool,
        alone: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._view = view
        self._clock = clock
        self._make = make
        self._alone = alone
        self._context = contextvars.copy_context()
        self._parent = self._present_parent()
        self._place: DisplayHandle | None = None
        self._changed = True
        self._waiting = 0
        self._next = clock() + AT_LEAST_SECONDS
        if reserve and not is_recent_kernel():
            self._show({})

    def keep(self, ops: Sequence[object]) -> None:
        """Hear of what is painted. With nothing, keep what was: if it is time."""
        now = self._clock()
        self._changed = self._changed or bool(ops)
        waiting = self._view.footer.waiting
        if waiting > self._waiting:
            self._next = min(self._next, now + QUESTION_SECONDS)
        self._waiting = waiting
        # What is painted should not wait for it.
        if not ops and self._changed and now >= self._next:
            self._next = now + AT_LEAST_SECONDS  # also where it fails
            size = self._renew()
            self._changed = False
            cost = self._clock() - now
            self._next = now + max(AT_LEAST_SECONDS, size / BYTES_PER_SECOND, COSTS * cost)

    def _renew(self) -> int:
        bundle = so_far(self._make())
        self._show(bundle)
        return sum(map(len, bundle.values()))

    def _show(self, bundle: Bundle) -> None:
        if self._place is None:
            self._place = self._in_cell(display, bundle, raw=True, display_id=True)
        else:
            self._in_cell(self._place.update, bundle, raw=True)

    def end(self, final: Bundle, handle: DisplayHandle) -> bool:
        """Take it away. True if the final form stands in place of everything now."""
        place, self._place = self._place, None
        if place is None:
            return False
        if self._alone and self._present_parent() == self._parent is not None:
            self._in_cell(clear_output, wait=True)
            self._in_cell(display, final, raw=True, display_id=handle.display_id)
            return True
        self._in_cell(place.update, {}, raw=True)
        return False

    def _in_cell(self, function: Callable[..., T], *args: object, **named: object) -> T:
        """Call what shows something, in whichever thread, so that it goes to the turn's cell."""
        return self._context.copy().run(function, *args, **named)

    def _present_parent(self) -> object:
        """What the cell is known by to which outputs go; None where that is not known."""
        parent = self._in_cell(getattr, _publisher(), "parent_header", None)
        return parent.get("msg_id") if isinstance(parent, dict) else None


def _publisher() -> object:
    return getattr(get_ipython(), "display_pub", None)
