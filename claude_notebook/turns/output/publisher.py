"""Bringing a view up to date when it changes, at a rate that adapts to its own cost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import anyio

from ...concurrency.tasks import running_asyncio
from ...logs import get_logger

if TYPE_CHECKING:
    from ...render.model import Op
    from ...render.view.turn_view import TurnView

log = get_logger(__name__)

FRAME_SECONDS = 1 / 30
"""Between two paintings at least,"""
GRACE_SECONDS = 0.01
"""and so much longer where nothing comes that calls for one: what comes is seen without a wait."""
WAKE_SECONDS = 0.1
"""An idle loop is not woken by an interrupt; a short sleep is."""
TICK_SECONDS = 1.0


class Painter:
    """Sends what has changed in `view`; and, each second, an empty list: time has passed."""

    def __init__(self, view: TurnView, send: Callable[[list[Op]], None]) -> None:
        self.view = view
        self.send = send
        self._due = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def paint_regularly(self) -> None:
        """Paint what changes until cancelled."""
        self._loop = running_asyncio()
        self.view.on_change = self._plan
        try:
            await self._keep_awake()
        finally:
            self.view.on_change = None
            self._loop = None
            self._forget()

    async def _keep_awake(self) -> None:
        ticked = time.monotonic()
        while True:
            now = time.monotonic()
            # A timer does this sooner, where there are timers.
            if now >= self._due + GRACE_SECONDS:
                self.paint()
            if now - ticked >= TICK_SECONDS:
                ticked = now
                self._send([])
            await anyio.sleep(WAKE_SECONDS)

    def arrived(self) -> None:
        """Something has come: paint it at once, unless something was painted just now."""
        if time.monotonic() >= self._due:
            self.paint()

    def paint(self) -> None:
        """Send what has changed since the last time."""
        self._forget()
        started = time.monotonic()
        ops = self.view.flush()
        if ops:
            self._send(ops)
            # Painting takes at most a fifth of the time, however much there is to paint.
            ended = time.monotonic()
            self._due = ended + max(FRAME_SECONDS, 5 * (ended - started))

    def _plan(self) -> None:
        """Something has changed: paint it soon, if nothing that comes does so before."""
        # A timer that is called off costs nothing; a task that wakes up for nothing does.
        if self._loop is not None and self._timer is None:
            rest = max(0.0, self._due - time.monotonic())
            self._timer = self._loop.call_later(rest + GRACE_SECONDS, self.paint)

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _send(self, ops: list[Op]) -> None:
        try:
            self.send(ops)
        except Exception as error:  # a page that cannot be reached ends no turn
            log.warning("the view cannot be brought up to date: %s", type(error).__name__)
            log.debug("what it said:", exc_info=error)
