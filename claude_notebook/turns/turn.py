"""A turn sends a prompt, shows the messages, can be stopped, and finishes its view."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal, cast

import anyio

from ..errors import AuthenticationError, ClaudeSDKError
from ..logs import get_logger, log_failure
from ..messages import (
    AssistantMessage,
    InitMessage,
    JSONObject,
    Message,
    ResultMessage,
    StatusMessage,
    TextBlock,
)
from ..permissions import PermissionMode
from ..permissions.types import MODES
from ..render.labels import SEPARATOR
from ..replay import RecordedAnswer
from .checkpoints import Checkpoint
from .live_conversation import LiveConversation
from .output.publisher import Publisher
from .questions.recorded_answers import show_answered
from .request import TurnRequest
from .trust.bypass import (
    BYPASS,
    CAUTION,
    OPT_IN_HINT,
    STILL_ASKS,
    Consent,
)

if TYPE_CHECKING:
    from ..render.model import NoticeLevel, Op, TurnState as ViewState
    from ..render.view.turn_view import TurnView
    from .questions.questions import QuestionDesk
    from .trust.trust import TrustGate

log = get_logger(__name__)

STOP_SECONDS = 0.7
REPEAT_SECONDS = 0.15

_UNDO = "%claude /rewind restores its files"
_WAITS = "waiting for the previous turn"
AGENT_WORKS = "A background agent is still working"


class TurnState(enum.Enum):
    """The state of a turn."""

    QUEUED = "queued"
    ASKING = "asking"
    STOPPING = "stopping"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


TRANSITIONS: dict[TurnState, frozenset[TurnState]] = {
    TurnState.QUEUED: frozenset({TurnState.ASKING, TurnState.STOPPED}),
    TurnState.ASKING: frozenset({TurnState.STOPPING, TurnState.DONE, TurnState.FAILED}),
    TurnState.STOPPING: frozenset({TurnState.STOPPED}),
    TurnState.DONE: frozenset(),
    TurnState.STOPPED: frozenset(),
    TurnState.FAILED: frozenset(),
}

_VIEW_STATE: dict[TurnState, ViewState] = {
    TurnState.DONE: "done",
    TurnState.STOPPED: "stopped",
    TurnState.FAILED: "failed",
}


@dataclass
class Turn:
    """A turn on the background loop. `stop()` may be called there at any time.

    Once the turn has ended, `messages`, `result`, `text` and `error` contain the outcome.
    """

    conversation: LiveConversation
    request: TurnRequest
    view: TurnView
    asking: QuestionDesk | None = None
    note: str = ""
    gate: TrustGate | None = None
    consent: Consent = field(default_factory=Consent, repr=False)
    checkpoint: Checkpoint | None = None
    on_rewind: Callable[[], Coroutine[object, object, None]] | None = field(
        default=None, repr=False
    )
    offer_sign_in: Callable[[Turn], Awaitable[bool]] | None = field(default=None, repr=False)
    clock: Callable[[], float] = time.time
    state: TurnState = TurnState.QUEUED
    messages: list[Message] = field(default_factory=list)
    result: ResultMessage | None = None
    error: ClaudeSDKError | None = None
    _ended: anyio.Event = field(default_factory=anyio.Event, repr=False)
    _scope: anyio.CancelScope | None = field(default=None, repr=False)
    _publisher: Publisher | None = field(default=None, repr=False)

    @property
    def text(self) -> str:
        """Claude's answer, as Markdown."""
        blocks = (
            block.text
            for message in self.messages
            if isinstance(message, AssistantMessage) and message.parent_tool_use_id is None
            for block in message.content
            if isinstance(block, TextBlock)
        )
        return "\n\n".join(blocks)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Return the turn's output, for use as `_claude` at the end of a cell."""
        from ..render.output.mime_bundle import bundle_of

        return bundle_of(self.view)

    async def run(self, send: Callable[[list[Op]], None]) -> None:
        """Run the turn. Any error is stored in `error` instead of being raised.

        :param send: shows changes to the view.
        """
        self._publisher = publisher = Publisher(self.view, send)
        with anyio.CancelScope() as self._scope:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(publisher.publish_regularly)
                try:
                    await self._ask_in_turn()
                finally:
                    self._ended.set()
                    tasks.cancel_scope.cancel()
        if self.state not in _VIEW_STATE:
            self._move(TurnState.STOPPING)
            self._move(TurnState.STOPPED)
        if self.asking is not None:
            self.asking.close()
        self._keep_checkpoint()
        parts = self.view.footer.note.split(SEPARATOR)
        note = SEPARATOR.join(part for part in parts if part not in (_WAITS, AGENT_WORKS))
        self.view.totals.update(can_say=False, mode="", waiting=0, note=note)
        self.view.finish(_VIEW_STATE[self.state], self._now())
        publisher.publish()

    @property
    def has_ended(self) -> bool:
        """True if the turn has ended."""
        return self.state in _VIEW_STATE

    def _keep_checkpoint(self) -> None:
        if not self.request.launch.checkpoint:
            return
        self.checkpoint = Checkpoint.of(self.request.content, self.messages)
        if self.checkpoint is None:
            return
        self.conversation.history.add(self.checkpoint)
        if self.checkpoint.originals:
            mark = self.view.mark if self.asking is not None else ""
            self.view.totals.update(rewind=mark, note=self.view.footer.note or _UNDO)

    def receive_answer(self, message: JSONObject) -> bool:
        """Handle an answer from the page.

        :returns: False if the message is not an answer
        """
        is_answer = message.get("type") == "answer" and self.asking is not None
        if is_answer and self.asking is not None:
            self.asking.receive(message)
        return is_answer

    async def receive(self, message: JSONObject) -> None:
        """Handle a message from the page: an answer, another prompt, or a mode change."""
        try:
            if self.receive_answer(message):
                return
            if message.get("type") == "rewind" and self.on_rewind is not None:
                await self.on_rewind()
            elif self.state is not TurnState.ASKING:
                return
            elif message.get("type") == "say":
                await self._say(str(message.get("text", "")))
            elif message.get("type") == "mode":
                await self._set_mode(message.get("mode"))
        except ClaudeSDKError as error:
            self._notify("warning", str(error))

    async def _say(self, text: str) -> None:
        if text.strip():
            await self.conversation.say(text)
            self._notify("info", f"You: {text}")

    async def _set_mode(self, mode: object) -> None:
        if mode not in MODES or (mode == BYPASS and not await self._may_bypass()):
            return
        if self.state is TurnState.ASKING:
            await self.conversation.set_mode(cast("PermissionMode", mode))
            self._show_mode(str(mode))

    async def _may_bypass(self) -> bool:
        if not self.request.launch.bypass:
            self._notify("warning", OPT_IN_HINT)
            return False
        return await self.consent.ask(self.asking)

    def _show_mode(self, mode: str) -> None:
        if self.asking is not None:
            self.view.totals.update(mode=mode)
        if mode == BYPASS:
            # The saved notebook keeps the warning.
            self.view.notice("danger", CAUTION, key="bypass")

    async def stop(self) -> None:
        """Interrupt the turn so that it ends within a second, or use force if that fails."""
        if self.state is TurnState.QUEUED:
            self._cancel()
        elif self.state is TurnState.ASKING:
            self._move(TurnState.STOPPING)
            try:
                # If a CLI does not react in time, the conversation stops it.
                with anyio.fail_after(STOP_SECONDS):
                    await self._interrupt()
            except (ClaudeSDKError, TimeoutError) as error:
                log.info("the CLI does not react to the interrupt: %s", type(error).__name__)
                self._cancel()

    async def _interrupt(self) -> None:
        while not self._ended.is_set():
            await self.conversation.interrupt()
            # An interrupt has no effect on a turn that the CLI has not started yet, so repeat it.
            with anyio.move_on_after(REPEAT_SECONDS):
                await self._ended.wait()

    def _cancel(self) -> None:
        if self._scope is not None:
            self._scope.cancel()

    async def _ask_in_turn(self) -> None:
        try:
            if self.conversation.lock.locked():
                self.view.totals.update(note=_WAITS)
            async with self.conversation.lock:
                self.view.totals.update(note=self.note)
                self._move(TurnState.ASKING)
                await self._work()
        except ClaudeSDKError as error:
            self._mark_failed(error)
        except Exception as error:  # noqa: BLE001  the cell shows it
            log_failure(log, "The turn", error)
            self._mark_failed(_internal_error(error))
        else:
            self._move(TurnState.DONE if self.state is TurnState.ASKING else TurnState.STOPPED)

    async def _work(self) -> None:
        """Send the prompt and show the messages. Subclasses override this."""
        await self._settle()
        try:
            await self._send()
        except AuthenticationError:
            if not await self._signs_in():
                raise
            await self._send()

    async def _send(self) -> None:
        answer = self.conversation.ask(self.request, self._notify, self.asking)
        with self.conversation.log.turn(self.request.about):
            async with contextlib.aclosing(answer) as messages:
                async for message in messages:
                    self._take(message)

    async def _signs_in(self) -> bool:
        """Offer to sign in; return True if the prompt is to be sent again."""
        replay = self.request.launch.replay
        is_played = replay is not None and replay.mode == "only"
        return not is_played and self.offer_sign_in is not None and await self.offer_sign_in(self)

    async def _settle(self) -> None:
        """Ask the user to trust the folder's settings, and to confirm the bypass mode."""
        replay = self.request.launch.replay
        if self.gate is not None and (replay is None or replay.mode != "only"):
            warn = partial(self._notify, "warning")
            launch = await self.gate.settle(self.request.launch, self.asking, warn)
            self.request = dataclasses.replace(self.request, launch=launch)
        if self.request.mode == BYPASS and not await self._may_bypass():
            self._notify("info", STILL_ASKS)
            self.request = dataclasses.replace(self.request, mode=None)

    def _take(self, message: Message | RecordedAnswer) -> None:
        if isinstance(message, RecordedAnswer):
            show_answered(self.view, message, self.request.launch.cwd)
            return
        self.messages.append(message)
        if isinstance(message, ResultMessage):
            self.result = message
        elif isinstance(message, (InitMessage, StatusMessage)):
            asks = self.asking is not None
            self.view.totals.update(can_say=asks, can_bypass=self.request.launch.bypass)
            self._show_mode(message.permission_mode or self.view.footer.mode)
        from ..render.view.reducer import apply_message

        apply_message(self.view, message, self._now())
        if self.asking is not None:
            self.asking.mark_view_changed()
        if isinstance(message, ResultMessage):
            self._show_cost()
        if self.result is not None and self.conversation.has_agents:
            self.view.totals.add_note(AGENT_WORKS)
        if self._publisher is not None:
            self._publisher.arrived()

    @property
    def _results(self) -> list[ResultMessage]:
        """The results of this turn, and of the turns started by its background agents."""
        return [message for message in self.messages if isinstance(message, ResultMessage)]

    def _show_cost(self) -> None:
        costs = [result.cost_usd for result in self._results]
        if len(costs) > 1 and None not in costs:
            self.view.totals.update(turn_cost_usd=sum(cost or 0.0 for cost in costs))

    def _mark_failed(self, error: ClaudeSDKError) -> None:
        if self.state is TurnState.STOPPING:
            # Once a turn has been stopped, any error is a consequence of that.
            log.debug("the stopped turn ended with %r", error)
            self._move(TurnState.STOPPED)
            return
        self.error = error
        self.view.error(error, self._now())
        self._move(TurnState.FAILED)

    def _notify(self, level: NoticeLevel | Literal["played"], text: str) -> None:
        if level == "played":
            replay = self.request.launch.replay
            if replay is not None and replay.speed is None:
                self.clock = self._recorded_clock
            self.note = SEPARATOR.join(part for part in (self.note, text) if part)
            self.view.totals.update(note=self.note)
        else:
            self.view.notice(level, text)

    def _move(self, state: TurnState) -> None:
        if state in TRANSITIONS[self.state]:
            self.state = state

    def _recorded_clock(self) -> float:
        """Return the recorded end, so that a replay without pauses shows the recorded duration."""
        duration = sum(result.duration_ms for result in self._results)
        return (self.view.footer.started_ms + duration) / 1000

    def _now(self) -> float:
        return self.clock() * 1000


def _internal_error(error: Exception) -> ClaudeSDKError:
    failure = ClaudeSDKError(
        f"An internal error occurred in claude_notebook: {error!r}. Run the cell again. If it "
        "fails again, report the error."
    )
    failure.__cause__ = error
    return failure
