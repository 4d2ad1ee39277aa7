"""Publishes a view's changes at a rate that adapts to the cost of drawing."""

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
"""The minimum time between two updates."""
GRACE_SECONDS = 0.01
"""The additional delay for an update that is not triggered by a message."""
WAKE_SECONDS = 0.1
"""The maximum time to sleep. An interrupt wakes a short sleep, but not an idle loop."""
TICK_SECONDS = 1.0


class Publisher:
    """Sends the changes to `view`, and an empty list every second to update the elapsed time."""

    def __init__(self, view: TurnView, send: Callable[[list[Op]], None]) -> None:
        self.view = view
        self.send = send
        self._due = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def publish_regularly(self) -> None:
        """Publish changes until cancelled."""
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
            # On asyncio, a timer publishes earlier.
            if now >= self._due + GRACE_SECONDS:
                self.publish()
            if now - ticked >= TICK_SECONDS:
                ticked = now
                self._send([])
            await anyio.sleep(WAKE_SECONDS)

    def arrived(self) -> None:
        """Publish a new message immediately, unless an update was just sent."""
        if time.monotonic() >= self._due:
            self.publish()

    def publish(self) -> None:
        """Send the changes since the last update."""
        self._forget()
        started = time.monotonic()
        ops = self.view.flush()
        if ops:
            self._send(ops)
            # Publishing takes at most a sixth of the time, regardless of the view's size.
            ended = time.monotonic()
            self._due = ended + max(FRAME_SECONDS, 5 * (ended - started))

    def _plan(self) -> None:
        """Schedule an update, unless a message triggers one earlier."""
        # Cancelling a timer costs nothing, whereas waking a task does.
        if self._loop is not None and self._timer is None:
            delay = max(0.0, self._due - time.monotonic())
            self._timer = self._loop.call_later(delay + GRACE_SECONDS, self.publish)

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _send(self, ops: list[Op]) -> None:
        try:
            self.send(ops)
        except Exception as error:  # an unreachable page must not end the turn
            log.warning("the view cannot be updated: %s", type(error).__name__)
            log.debug("the failure:", exc_info=error)
