"""Bringing a view up to date while it changes, at a rate that adapts to its own cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from ..logs import get_logger

if TYPE_CHECKING:
    from ..render.fold import TurnView
    from ..render.view import Op

log = get_logger(__name__)

FRAME_SECONDS = 1 / 30
TICK_SECONDS = 1.0


@dataclass(frozen=True)
class Painter:
    """Sends what has changed in `view`; and, each second, an empty list: time has passed."""

    view: TurnView
    send: Callable[[list[Op]], None]

    async def paint_regularly(self) -> None:
        """Paint until cancelled. It also wakes an idle loop, which an interrupt does not."""
        ticked = time.monotonic()
        while True:
            started = time.monotonic()
            self.paint()
            # Painting takes at most a fifth of the time, however much there is to paint.
            cost = time.monotonic() - started
            if started - ticked >= TICK_SECONDS:
                ticked = started
                self._send([])
            await anyio.sleep(max(FRAME_SECONDS, 5 * cost))

    def paint(self) -> None:
        """Send what has changed since the last time."""
        ops = self.view.flush()
        if ops:
            self._send(ops)

    def _send(self, ops: list[Op]) -> None:
        try:
            self.send(ops)
        except Exception as error:  # a page that cannot be reached ends no turn
            log.warning("the view cannot be brought up to date: %s", type(error).__name__)
            log.debug("what it said:", exc_info=error)
