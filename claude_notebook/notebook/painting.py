"""Bringing a view up to date while it changes, at a rate that adapts to its own cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import anyio

from ..logs import get_logger

if TYPE_CHECKING:
    from ..render.fold import TurnView
    from ..render.view import Op

log = get_logger(__name__)

FRAME_SECONDS = 1 / 30
"""Between two paintings at least,"""
GRACE_SECONDS = 0.01
"""and so much longer where nothing comes that calls for one: what comes is seen without a wait."""
TICK_SECONDS = 1.0


class Painter:
    """Sends what has changed in `view`; and, each second, an empty list: time has passed."""

    def __init__(self, view: TurnView, send: Callable[[list[Op]], None]) -> None:
        self.view = view
        self.send = send
        self._due = 0.0

    async def paint_regularly(self) -> None:
        """Paint until cancelled. It also wakes an idle loop, which an interrupt does not."""
        ticked = time.monotonic()
        while True:
            started = time.monotonic()
            if started >= self._due + GRACE_SECONDS:
                self.paint()
            if started - ticked >= TICK_SECONDS:
                ticked = started
                self._send([])
            rest = self._due + GRACE_SECONDS - time.monotonic()
            await anyio.sleep(rest if rest > 0 else FRAME_SECONDS)

    def arrived(self) -> None:
        """Something has come: paint it at once, unless something was painted just now."""
        if time.monotonic() >= self._due:
            self.paint()

    def paint(self) -> None:
        """Send what has changed since the last time."""
        started = time.monotonic()
        ops = self.view.flush()
        if ops:
            self._send(ops)
            # Painting takes at most a fifth of the time, however much there is to paint.
            ended = time.monotonic()
            self._due = ended + max(FRAME_SECONDS, 5 * (ended - started))

    def _send(self, ops: list[Op]) -> None:
        try:
            self.send(ops)
        except Exception as error:  # a page that cannot be reached ends no turn
            log.warning("the view cannot be brought up to date: %s", type(error).__name__)
            log.debug("what it said:", exc_info=error)
