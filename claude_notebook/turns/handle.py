"""Handles for waiting on a turn in an awaited cell, a blocking magic, or the background."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import CancelledError as FutureCancelled, Future, wait
from functools import partial
from types import FrameType
from typing import TypeVar

from ..errors import TurnInterrupted
from .background_loop import BackgroundLoop
from .front_end import Output
from .turn import Turn, TurnState

TICK_SECONDS = 0.1
CLEANUP_SECONDS = 4.0

T = TypeVar("T")


async def result_of(future: Future[T]) -> T:
    """Return the result of a background loop's future. An interrupt ends the wait."""
    waited = asyncio.wrap_future(future)
    # The kernel's interrupt does not wake an idle `await`, so each wait is short.
    while not waited.done():
        await asyncio.wait({waited}, timeout=TICK_SECONDS)
    return waited.result()


class TurnHandle:
    """A cell's handle to a running turn."""

    def __init__(
        self,
        turn: Turn,
        output: Output,
        loop: BackgroundLoop,
        run: Callable[[], Coroutine[object, object, None]] | None = None,
    ) -> None:
        self.turn = turn
        self._output = output
        self._loop = loop
        self._future: Future[None] = loop.submit(run or partial(turn.run, output.send))

    def stop(self) -> None:
        """Stop the turn. This is thread-safe and returns immediately."""
        self._loop.submit(self.turn.stop)

    async def wait(self, *, catch_sigint: bool = False) -> None:
        """Wait until the turn ends, on the kernel's or terminal's loop.

        :param catch_sigint: whether Ctrl-C stops the turn. In a terminal, Ctrl-C would otherwise
            break the loop, whereas a kernel turns it into a cancellation.
        :raises TurnInterrupted: if the kernel was interrupted, or the turn was stopped
        :raises ClaudeSDKError: if the turn failed
        """
        with _sigint(self.stop) if catch_sigint else contextlib.nullcontext():
            await self._wait()
        self._raise()

    async def watch(self) -> None:
        """Wait until the turn ends. Cancelling the wait does not stop the turn.

        :raises TurnInterrupted: if the turn was stopped
        :raises ClaudeSDKError: if the turn failed
        """
        await self._tick(asyncio.wrap_future(self._future))
        self._raise()

    async def _wait(self) -> None:
        waited = asyncio.wrap_future(self._future)
        try:
            await self._tick(waited)
        except asyncio.CancelledError:
            self.stop()
            # Further interrupts are ignored while the turn is being stopped.
            with _on_sigint(signal.SIG_IGN):
                await asyncio.wait({waited}, timeout=CLEANUP_SECONDS)

    async def _tick(self, waited: asyncio.Future[None]) -> None:
        # The kernel's interrupt does not wake an idle `await`, so each wait is short.
        while not self._future.done():
            await asyncio.wait({waited}, timeout=TICK_SECONDS)
            self._ask_at_prompt()

    def wait_blocking(self) -> None:
        """Wait without a running loop. An interrupt stops the turn."""
        interrupts: list[int] = []
        # Interrupts are counted instead of raised, so any number of them stops the turn once.
        with _on_sigint(lambda number, frame: interrupts.append(number)):
            while not self._future.done() and not interrupts:
                time.sleep(TICK_SECONDS / 2)
                self._ask_at_prompt()
            if interrupts:
                self.stop()
                wait({self._future}, timeout=CLEANUP_SECONDS)
        self._raise()

    def _ask_at_prompt(self) -> None:
        """Ask the oldest open question at the prompt, if there is no page to click on."""
        asking = self.turn.asking
        if asking is None or not self._output.prompts:
            return
        question = next((question for question in asking.open if question.answer is None), None)
        if question is not None:
            from .questions.text_prompt import ask_in_text

            # An interrupt at the prompt denies the request.
            with self._output.paused(), _on_sigint(signal.default_int_handler):
                answer = ask_in_text(question.askable, input, print)
            self._loop.post(partial(asking.decide, question, answer))
            question.answer = answer

    def _raise(self) -> None:
        if self._future.done():
            try:
                self._future.result()
            except FutureCancelled:
                raise TurnInterrupted("The turn was stopped.") from None
        if self.turn.error is not None:
            raise self.turn.error
        if self.turn.state is not TurnState.DONE:
            raise TurnInterrupted("The turn was stopped. Its output so far is kept.")


@contextlib.contextmanager
def _on_sigint(
    handler: Callable[[int, FrameType | None], object] | signal.Handlers,
) -> Iterator[None]:
    """Set the interrupt handler for the duration of the block."""
    try:
        usual = signal.signal(signal.SIGINT, handler)
    except ValueError:  # only the main thread receives interrupts
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


@contextlib.contextmanager
def _sigint(stop: Callable[[], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    usual = signal.getsignal(signal.SIGINT)
    try:
        loop.add_signal_handler(signal.SIGINT, stop)
    except (NotImplementedError, RuntimeError, ValueError):
        # This is not the main thread, or not Unix, so Ctrl-C keeps its usual effect.
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, usual)
