"""Background turns, whose cells finish immediately and keep a live panel.

Like every turn, a job runs on the background loop, but no cell waits for it. A kernel interrupt
only stops the running cell. A job is stopped by the panel's Stop button, by `%claude /stop` or by
`job.stop()`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Literal

import anyio

from ..errors import ClaudeSDKError, OptionsError
from ..logs import get_logger
from ..messages import ResultMessage
from ..render.html.sanitizer import one_line
from ..render.labels import format_cost, format_duration
from .background_loop import BackgroundLoop
from .front_end import DeferredOutput, Output
from .handle import TurnHandle
from .turn import Turn, TurnState

if TYPE_CHECKING:
    from ..displayable import Bundle

log = get_logger(__name__)

KEPT = 20
"""The number of finished jobs that remain listed."""

END_SECONDS = 1.5
_SHOWN_PROMPT = 60

JobState = Literal["queued", "running", "waiting", "stopping", "done", "stopped", "failed"]

_STATES: dict[TurnState, JobState] = {
    TurnState.QUEUED: "queued",
    TurnState.ASKING: "running",
    TurnState.STOPPING: "stopping",
    TurnState.DONE: "done",
    TurnState.STOPPED: "stopped",
    TurnState.FAILED: "failed",
}
_WORDS: dict[JobState, str] = {"waiting": "waiting for your answer"}


class Job:
    """A turn in the background::

        %%claude --bg --as tests
        Run the tests, and explain the failures.

        tests.state          # "running"; "waiting" while a question is open
        answer = await tests # Claude's answer; raises the turn's error
        tests.stop()

    :param number: the job's number in `%claude /jobs` and `/stop`.
    :param prompt: the turn's prompt.
    :param own: whether this turn has a conversation of its own, which ends with it.
    """

    def __init__(
        self,
        number: int,
        prompt: str,
        turn: Turn,
        output: Output,
        loop: BackgroundLoop,
        *,
        own: bool,
    ) -> None:
        self.number = number
        self.prompt = prompt
        self._turn = turn
        self._output = output
        self._loop = loop
        self.own = own
        self._ended = anyio.Event()
        self._is_shown = False
        self._handle = TurnHandle(turn, output, loop, self._run)

    async def _run(self) -> None:
        try:
            await self._turn.run(self._output.send)
        finally:
            try:
                if self.own:
                    await self._turn.conversation.close()
            finally:
                self._output.finish()
                self._ended.set()

    # --- results --------------------------------------------------------------------------------

    @property
    def state(self) -> JobState:
        """The state. "waiting" means that a question is open. The last three states are final."""
        return "waiting" if self.waiting else _STATES[self._turn.state]

    @property
    def done(self) -> bool:
        """True if the turn has ended, whether it succeeded or failed."""
        return self.state in ("done", "stopped", "failed")

    @property
    def waiting(self) -> int:
        """The number of open questions."""
        return len(self._turn.asking.open) if self._turn.asking is not None else 0

    @property
    def text(self) -> str:
        """Claude's answer so far, as Markdown."""
        return self._turn.text

    @property
    def result(self) -> ResultMessage | None:
        """The turn's result with its costs; None before the end."""
        return self._turn.result

    @property
    def error(self) -> ClaudeSDKError | None:
        """The error that ended the turn; None if there was none."""
        return self._turn.error

    @property
    def session_id(self) -> str | None:
        """The conversation's id, with which `%%claude --resume ID` continues it."""
        return self._turn.conversation.session_id

    @property
    def elapsed_ms(self) -> float:
        """The elapsed time in milliseconds."""
        footer = self._turn.view.footer
        if footer.elapsed_ms is not None:
            return footer.elapsed_ms
        return max(0.0, time.time() * 1000 - footer.started_ms)

    @property
    def cost_usd(self) -> float | None:
        """The turn's cost in US dollars; None until it is known."""
        return self._turn.view.footer.turn_cost_usd

    # --- wait and stop ---------------------------------------------------------------------------

    def __await__(self) -> Generator[object, None, str]:
        """Wait for Claude's answer. An interrupt ends the wait, but not the turn.

        :raises TurnInterrupted: if the turn was stopped
        :raises ClaudeSDKError: if the turn failed
        """
        return self._watch().__await__()

    async def _watch(self) -> str:
        try:
            try:
                await self._handle.watch()
            finally:
                if self.done and isinstance(self._output, DeferredOutput):
                    self._output.show()
        except asyncio.CancelledError as cancelled:
            text = [f"No longer waiting. {self.how_to_stop}"]
            cancelled._render_traceback_ = lambda: text  # type: ignore[attr-defined]  # IPython's hook
            raise
        return self.text

    @property
    def how_to_stop(self) -> str:
        """Describe the ways to stop the turn."""
        return (
            f"Background turn {self.number} keeps running. To end it, use its Stop button, "
            f"%claude /stop {self.number} or stop()."
        )

    def stop(self) -> None:
        """Stop the turn. This is thread-safe and does not wait."""
        self._handle.stop()

    async def end(self) -> None:
        """Stop the turn, by force if necessary. This must run on the background loop."""
        if not self._ended.is_set():
            with anyio.move_on_after(END_SECONDS):
                await self._turn.stop()
                await self._ended.wait()
        if self.own:
            await self._turn.conversation.end()

    # --- display ---------------------------------------------------------------------------------

    def mark_shown(self) -> Job:
        """Mark this handle as the value of a cell that already shows its panel."""
        self._is_shown = True
        return self

    def take_announcement(self) -> bool:
        """Return True once after `mark_shown()`, because the page already shows the panel."""
        is_shown, self._is_shown = self._is_shown, False
        return is_shown

    @property
    def summary(self) -> tuple[str, str, str, str, str]:
        """The number, state, prompt, time and cost, as strings."""
        state = _WORDS.get(self.state, self.state)
        prompt = one_line(self.prompt, _SHOWN_PROMPT)
        spent = format_cost(self.cost_usd)
        return str(self.number), state, prompt, format_duration(self.elapsed_ms), spent

    def __repr__(self) -> str:
        number, state, prompt, time_spent, spent = self.summary
        facts = ", ".join(fact for fact in (state, time_spent, spent) if fact)
        return f"<background turn {number}: {facts}: {prompt!r}>"

    def _repr_mimebundle_(self, **kwargs: object) -> Bundle:
        """Return the state on one line, followed by the answer so far."""
        from html import escape

        bundle = self._loop.submit(self._bundle).result()
        head = escape(repr(self).strip("<>"))
        html = f'<div style="opacity:0.8;font-size:0.9em">{head}</div>{bundle["text/html"]}'
        return {"text/html": html, "text/plain": repr(self)}

    async def _bundle(self) -> Bundle:
        from ..render.output.mime_bundle import bundle_of

        return bundle_of(self._turn.view)


class Jobs:
    """A kernel's background turns.

    :param loop: the loop that runs the jobs.
    :param limit: a function that returns the maximum number of running jobs.
    """

    def __init__(self, loop: BackgroundLoop, limit: Callable[[], int]) -> None:
        self._loop = loop
        self._limit = limit
        self._jobs: dict[int, Job] = {}
        self._count = 0

    def __iter__(self) -> Generator[Job, None, None]:
        yield from tuple(self._jobs.values())

    @property
    def running(self) -> tuple[Job, ...]:
        """The jobs that have not ended, oldest first."""
        return tuple(job for job in self if not job.done)

    @property
    def next_number(self) -> int:
        """The number that the next job will have."""
        return self._count + 1

    def check_capacity(self) -> None:
        """Check that another job may be started.

        :raises OptionsError: if too many jobs are running
        """
        running, limit = len(self.running), self._limit()
        if running >= limit:
            raise OptionsError(
                f"{running} background turns are running, and the limit is {limit}. Wait for one "
                "(await its handle), stop one (%claude /jobs, %claude /stop N), or raise the "
                f"limit: %config ClaudeMagics.max_background = {2 * limit}"
            )

    def start(self, prompt: str, turn: Turn, output: Output, *, own: bool) -> Job:
        """Start a turn whose output has already been started."""
        self._count += 1
        job = Job(self._count, prompt, turn, output, self._loop, own=own)
        self._jobs[job.number] = job
        ended = [job.number for job in self if job.done]
        for number in ended[: max(0, len(ended) - KEPT)]:
            del self._jobs[number]
        return job

    def find(self, which: str) -> tuple[Job, ...]:
        """Return the jobs for a number, "all", or "" (the only running job).

        :raises OptionsError: if there is no such job, or the choice is ambiguous
        """
        running = self.running
        if which == "all" or (not which and len(running) == 1):
            return running
        if jobs := tuple(job for job in self if str(job.number) == which):
            return jobs
        if not running:
            raise OptionsError("No background turn is running. Start one with %%claude --bg.")
        numbers = ", ".join(str(job.number) for job in running)
        problem = f"There is no background turn {which}" if which else "Several turns are running"
        raise OptionsError(f"{problem}. Give {numbers} or all. %claude /jobs lists the turns.")

    async def end(self) -> None:
        """End all jobs and their processes. This must run on the background loop."""
        async with anyio.create_task_group() as tasks:
            for job in self:
                tasks.start_soon(job.end)
