"""The one pump between a transport, a connection and whoever answers the CLI's questions.

Three rules make it hard to get stuck:

- An unread message never delays a control reply: messages wait in the unbounded inbox.
- A chunk is handed over, not a message: one hop through the event loop for all that has arrived.
- The end has one place, `_finish`: every waiting task learns of it there, and nothing is left.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

import anyio
from anyio.lowlevel import current_token

from ..concurrency import fork
from ..concurrency.tasks import BackgroundTask, spawn
from ..errors import (
    ClaudeSDKError,
    ControlRequestError,
    ControlTimeoutError,
    ProtocolError,
    TransportClosedError,
)
from ..logs import get_logger, log_failure, refusal
from ..messages import JSON, JSONObject, Message, MirrorErrorMessage, ResultMessage, StreamEvent
from ..protocol.connection import Connection
from ..protocol.control import ControlCancel, ControlRequest, ControlResponse
from ..replay import RecordedAnswer
from ..sessions.mirror import Mirror, put_before_result
from ..transport import Transport
from ..transport.base import Origin
from .callback_failures import notice, repeats
from .callbacks import Handlers
from .controls import Waiter
from .exit_reasons import why_ended
from .inbox import FOREIGN, Inbox
from .log_summaries import summarize
from .rerun_consent import may_ask
from .tracing import Trace

log = get_logger(__name__)

CONTROL_SECONDS = 30.0


class Session:
    """A running conversation: `start`, then send and `receive` until `aclose`.

    :param transport: a transport that is not open yet.
    :param handlers: who answers the CLI's questions.
    :param limit: bytes that one line may have.
    :param trace: the spans of the conversation, if there are any.
    :param mirror: hands on transcripts to a session store, if there is one.
    """

    def __init__(
        self,
        transport: Transport,
        handlers: Handlers,
        limit: int,
        trace: Trace | None = None,
        mirror: Mirror | None = None,
    ) -> None:
        self.transport = transport
        self.connection = Connection(limit)
        transport.attach(self._take_answer)
        self._handlers = handlers
        handlers.report = self.report
        self.trace = trace
        if trace is not None:
            self.connection.add_observer(trace)
        self._mirror = mirror
        if mirror is not None:
            mirror.report = self._not_mirrored
        self._told: set[str] = set()
        self._inbox = Inbox()
        self.take_event = self._inbox.take_event
        self._loop: object = None
        self._waiting: dict[str, Waiter] = {}
        self._answering: dict[str, BackgroundTask] = {}
        self._companions: list[BackgroundTask] = []
        self._pump_task: BackgroundTask | None = None
        self._last_result: ResultMessage | None = None
        self._unreadable: ProtocolError | None = None
        self._closing = False
        self._finishing = False
        self.ended = False
        self.failure: ClaudeSDKError | None = None
        self.server_info: JSONObject = {}
        self._foreign = False
        fork.watch(self)

    # --- life ----------------------------------------------------------------------------------

    async def start(self, initialize: JSONObject, seconds: float) -> None:
        """Open the transport and introduce ourselves; `seconds` is what the CLI has for that."""
        self._loop = current_token()
        await self.transport.open()
        self._pump_task = spawn(self._pump, "claude session")
        try:
            answer = await self.request("initialize", initialize, seconds=seconds)
        except BaseException:
            await self.aclose(grace=0)
            raise
        self.server_info = answer if isinstance(answer, dict) else {}

    async def aclose(self, grace: float = 2.0) -> None:
        """End the conversation and the process within a bound. Does not raise.

        A caller whose task asyncio cancels returns at once. The end goes its way without it.
        """
        if self._foreign:
            return
        self._closing = True
        self._cancel_tasks()
        with anyio.CancelScope(shield=True):
            try:
                await self.transport.aclose(grace)
            finally:
                if self._pump_task is not None:
                    self._pump_task.cancel()
            if self._pump_task is not None:
                await self._pump_task.wait()

    def kill(self) -> None:
        """End the process now; synchronous. The pump notices and tidies up."""
        self._closing = True
        if not self._foreign:
            self.transport.kill()

    def check_owner(self) -> None:
        """Check that the conversation was opened by this process.

        :raises CLIConnectionError: a fork has inherited it
        """
        if self._foreign:
            raise fork.foreign_error()

    def detach(self) -> None:
        """End the conversation in a fork, for which it has never begun."""
        self._foreign = self._closing = self.ended = True
        self.failure = fork.foreign_error()
        self._inbox.items.clear()

    def accompany(self, work: Callable[[], Awaitable[None]], name: str) -> None:
        """Do `work` beside everything else, until the conversation ends."""
        self._companions.append(spawn(work, name))

    def _cancel_tasks(self) -> None:
        for task in [*self._answering.values(), *self._companions]:
            task.cancel()

    # --- sending ---------------------------------------------------------------------------------

    async def send_user(
        self,
        content: str | Sequence[JSONObject],
        *,
        uuid: str,
        session_id: str = "default",
        verbatim: bool = False,
    ) -> None:
        """Send a prompt.

        :raises ClaudeSDKError: the conversation is over; the reason, if one is known
        """
        data = self.connection.send_user(
            content, uuid=uuid, session_id=session_id, verbatim=verbatim
        )
        log.debug("sending prompt %s, %d bytes", uuid, len(data))
        await self._send(data)

    async def finish_input(self) -> None:
        """Say that no prompt follows: the CLI does what it has been told, and leaves."""
        self._finishing = True
        await self.transport.send_eof()

    async def request(
        self, subtype: str, payload: JSONObject | None = None, *, seconds: float = CONTROL_SECONDS
    ) -> JSON:
        """Send a control request and return its answer.

        :raises ControlTimeoutError: no answer came within `seconds`
        :raises ControlRequestError: the CLI refused
        :raises ClaudeSDKError: the conversation is over
        """
        request_id, data = self.connection.send_request(subtype, payload or {})
        log.debug("asking the CLI: %s", subtype)
        waiter = self._waiting[request_id] = Waiter()
        try:
            with anyio.move_on_after(seconds):
                await self._send(data)
                await waiter.done.wait()
        finally:
            del self._waiting[request_id]
            self.connection.abandon(request_id)
        if waiter.failure is not None:
            raise waiter.failure
        if waiter.answer is None:
            raise ControlTimeoutError(subtype, seconds)
        if waiter.answer.error is not None:
            raise ControlRequestError(subtype, waiter.answer.error)
        return waiter.answer.response

    async def _send(self, data: bytes) -> None:
        if self.ended:
            raise self._over()
        if self.is_foreign:
            raise TransportClosedError(FOREIGN)
        try:
            await self.transport.send(data)
        except TransportClosedError:
            # The pipe is gone because the process is: the pump knows why.
            if self._pump_task is not None and not self._closing:
                with anyio.move_on_after(2):
                    await self._pump_task.wait()
            if self.failure is not None:
                raise self.failure from None
            raise

    def _over(self) -> ClaudeSDKError:
        return self.failure or TransportClosedError(
            "The conversation is over. connect() starts a new one."
        )

    # --- receiving -------------------------------------------------------------------------------

    async def receive(self) -> Message | None:
        """The next message; None when the conversation has come to a good end.

        :raises ProtocolError: in place of a line that could not be read; the next call goes on
        :raises ClaudeSDKError: it has ended, and not well; or another task is waiting here
        """
        if self.is_foreign:
            raise TransportClosedError(FOREIGN)
        with self._inbox.reader():
            return await self._receive()

    async def _receive(self) -> Message | None:
        items = self._inbox.items
        while not items:
            if self.ended:
                if self.failure is not None:
                    raise self.failure
                return None
            await self._inbox.wait()
        if self._mirror is not None and await self._mirror.holds(items[0]):
            return await self._receive()
        item = items.popleft()
        if isinstance(item, ClaudeSDKError):
            raise item
        # With `Replay.answers`, a `RecordedAnswer` is yielded among the messages.
        return cast("Message", item)

    @property
    def has_messages(self) -> bool:
        """True if `receive` returns at once."""
        return bool(self._inbox.items)

    @property
    def is_foreign(self) -> bool:
        """Whether it belongs to another event loop than the caller, and has not ended."""
        return not self.ended and self._loop != current_token()

    @property
    def handlers(self) -> Handlers:
        """Who answers the CLI's questions."""
        return self._handlers

    @property
    def is_asked(self) -> bool:
        """Whether a question of the CLI is open."""
        return bool(self._answering)

    def tell(self, error: ClaudeSDKError) -> None:
        """Let `receive` raise `error` when its turn comes."""
        self._inbox.put(error)

    # --- the pump --------------------------------------------------------------------------------

    async def _pump(self) -> None:
        self._handlers.start()
        try:
            while True:
                data = await self.transport.receive()
                # While it is being closed, what still comes is read but not acted upon.
                if not self._closing:
                    self.connection.receive_data(data)
                    self._dispatch()
                elif self._mirror is not None and self.transport.origin is not Origin.RECORDING:
                    self._mirror.hear(self.connection, data)
                if not data:
                    break
        except TransportClosedError:
            pass
        except ClaudeSDKError as error:
            self.failure = error
        except Exception as error:  # noqa: BLE001  the end of the CLI would be blamed for it
            self.failure = ProtocolError(f"Claude Code cannot be read: {error!r}. Report this.")
            self.failure.__cause__ = error
        except anyio.get_cancelled_exc_class():
            # The event loop ends: nobody waits for what the CLI might still have to say.
            self._closing = True
            raise
        finally:
            with anyio.CancelScope(shield=True):
                await self._finish()

    def _dispatch(self) -> None:
        noted = self._told or log.isEnabledFor(logging.DEBUG)
        take = self._take if noted else self._inbox.items.append
        if self._mirror is not None:
            take = self._mirror.before(take, stored=self.transport.origin is not Origin.RECORDING)
        while (event := self.connection.next_event()) is not None:
            if isinstance(event, ControlResponse):
                self._settle(event)
            elif isinstance(event, ControlRequest):
                self._asked(event)
            elif isinstance(event, ControlCancel):
                self._withdrawn(event)
            else:
                if isinstance(event, ResultMessage):
                    self._last_result = event
                elif isinstance(event, ProtocolError):
                    self._unreadable = event
                take(event)
        if self._inbox.items:
            self._inbox.wake()

    def _take_answer(self, answer: RecordedAnswer) -> None:
        if not self._closing:
            self.connection.receive_answer(answer)
            self._dispatch()

    def _take(self, event: Message | RecordedAnswer | ProtocolError) -> None:
        """Put a message into the inbox, when somebody else wants to know of it too."""
        if log.isEnabledFor(logging.DEBUG):
            log.debug("received %s", summarize(event))
        if not isinstance(event, (StreamEvent, ProtocolError, RecordedAnswer)):  # noqa: SIM102
            if repeats(event, self._told):
                return
        self._inbox.items.append(event)

    def _settle(self, answer: ControlResponse) -> None:
        waiter = self._waiting.get(answer.request_id)
        if waiter is not None:
            waiter.answer = answer
            waiter.done.set()

    def _asked(self, request: ControlRequest) -> None:
        origin = self.transport.origin
        if not may_ask(origin, request):
            return

        async def answer() -> None:
            try:
                data = await self._answer(request, again=origin is Origin.TOOLS_RUN)
                if data:
                    await self.transport.send(data)
            except TransportClosedError:
                log.debug("the answer to %s came after the end", request.subtype)
            finally:
                self._answering.pop(request.request_id, None)

        log.debug("asked by the CLI: %s", request.subtype)
        with self.trace.inside(request) if self.trace else contextlib.nullcontext():
            self._answering[request.request_id] = spawn(answer, f"answer {request.subtype}")

    async def _answer(self, request: ControlRequest, *, again: bool) -> bytes:
        try:
            answer = await self._handlers.answer(request, again=again)
            return self.connection.send_answer(request.request_id, answer)
        except Exception as error:  # noqa: BLE001  whatever it is, the CLI waits for an answer
            culprit = self._handlers.culprit(request, error)
            if culprit is None:
                log.warning("%s cannot be answered: %s", request.subtype, error)
            else:
                self._told.add(str(request.request.get("callback_id")))
                self.report(culprit[0], error, culprit[1])
            return self.connection.send_refusal(request.request_id, refusal(error))
        except anyio.get_cancelled_exc_class():
            task = self._answering.get(request.request_id)
            if task is None or task.cancelled or self._closing:
                raise
            # Code inside was cancelled, not the question: the CLI still needs an answer.
            return self.connection.send_refusal(request.request_id, "the handler was cancelled")

    def report(self, who: str, error: BaseException, so: str) -> None:
        """Tell the log and whoever reads that code of theirs has failed, and what follows."""
        log_failure(log, who, error)
        self._inbox.put(notice(who, error, so))

    def _not_mirrored(self, message: MirrorErrorMessage) -> None:
        """Tell it before the result that has waited for the store."""
        put_before_result(self._inbox.items, message)
        self._inbox.wake()

    def _withdrawn(self, cancel: ControlCancel) -> None:
        task = self._answering.get(cancel.request_id)
        if task is not None:
            task.cancel()

    # --- the end ---------------------------------------------------------------------------------

    async def _finish(self) -> None:
        # Each step also when asyncio cancels the step before: it does not heed a shield.
        try:
            await self._await_end()
        finally:
            try:
                await self._take_leave()
            finally:
                self._mark_ended()

    async def _await_end(self) -> None:
        if not self._closing and self.failure is None:
            with anyio.move_on_after(2):
                await self.transport.wait()
            self.failure = await why_ended(
                self.transport,
                self._last_result,
                expected=self._finishing,
                spoke=bool(self.server_info),
                unreadable=self._unreadable,
            )
        # Also after kill(), which leaves the tidying to us; a no-op while aclose() is at it.
        await self.transport.aclose(grace=0.2)

    async def _take_leave(self) -> None:
        """Tell all who are concerned that the process has gone."""
        if self._closing and self.failure is None and self._waiting:
            self.failure = TransportClosedError("The conversation was closed in the meantime.")
        self._cancel_tasks()
        self._handlers.close()
        if self._mirror is not None:
            await self._mirror.aclose()

    def _mark_ended(self) -> None:
        if self._foreign:
            return
        if self.trace is not None:
            self.trace.end(self.failure)
        log.debug("the conversation is over: exit %s, %r", self.transport.exit_code, self.failure)
        self.ended = True
        for waiter in self._waiting.values():
            waiter.failure = self._over()
            waiter.done.set()
        self._inbox.wake()
