"""The pump that connects a transport, the protocol, and the handlers for the CLI's requests.

Three rules ensure that a conversation does not hang:

- An unread message never delays a control response, because messages wait in an unbounded inbox.
- The transport delivers chunks rather than messages, so there is one event loop hop per chunk.
- A conversation ends in one place, `_finish`, which wakes all waiting tasks.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import cast

import anyio

from ..concurrency import fork
from ..concurrency.tasks import BackgroundTask, current_loop, spawn
from ..errors import ClaudeSDKError, ProtocolError, TransportClosedError
from ..logs import get_logger
from ..messages import JSON, JSONObject, Message, MirrorErrorMessage, ResultMessage, StreamEvent
from ..protocol.connection import Connection, Event
from ..protocol.control import ControlCancel, ControlRequest, ControlResponse
from ..replay import RecordedAnswer
from ..sessions.mirror import Mirror, put_before_result
from ..transport import Transport
from ..transport.base import Origin
from .callback_failures import is_repeated_notice
from .callbacks.answers import Answers
from .callbacks.handlers import Handlers
from .controls.pending import PendingRequests
from .exit_reasons import exit_error, reading_error
from .inbox import FOREIGN_LOOP, FREQUENT, MessageInbox, Read
from .log_summaries import summarize
from .tracing import Trace

log = get_logger(__name__)

CONTROL_SECONDS = 30.0


class Session:
    """A running conversation. Call `start`, then send and `receive`, and finally `aclose`.

    :param transport: an unopened transport
    :param handlers: answers the CLI's control requests
    :param limit: maximum length of a line in bytes
    :param trace: the conversation's spans, if it is traced
    :param mirror: copies transcripts to a session store, if there is one
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
        self.handlers = handlers
        self.trace = trace
        if trace is not None:
            self.connection.add_observer(trace)
        self._mirror = mirror
        if mirror is not None:
            mirror.report = self._put_mirror_error
        self._inbox = MessageInbox()
        self.take_event = self._inbox.take_event
        self._answers = Answers(transport, self.connection, handlers, self._inbox, trace)
        self._pending = PendingRequests(self.connection, self._send)
        self._loop: object = None
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

    # --- lifecycle -------------------------------------------------------------------------------

    async def start(self, initialize: JSONObject, seconds: float) -> None:
        """Open the transport and perform the `initialize` handshake.

        :param initialize: the payload of the `initialize` request
        :param seconds: time limit for the CLI's response
        :raises ClaudeSDKError: if the transport cannot be opened, or the handshake fails
        """
        self._loop = current_loop()
        await self.transport.open()
        self._pump_task = spawn(self._pump, "claude session")
        try:
            response = await self.request("initialize", initialize, seconds=seconds)
        except BaseException:
            await self.aclose(grace=0)
            raise
        self.server_info = response if isinstance(response, dict) else {}

    async def aclose(self, grace: float = 2.0) -> None:
        """End the conversation and the process within a bounded time. Never raises.

        If asyncio cancels the calling task, the call returns immediately, and the shutdown
        continues in the background.

        :param grace: how many seconds the process has to exit on its own
        """
        if self._foreign:
            return
        self._mark_closing()
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
        """Kill the process immediately, without waiting. The pump notices and cleans up."""
        self._mark_closing()
        if not self._foreign:
            self.transport.kill()

    def check_owner(self) -> None:
        """Check that the conversation was opened by this process.

        :raises CLIConnectionError: if it was inherited by a forked process
        """
        if self._foreign:
            raise fork.foreign_error()

    def detach(self) -> None:
        """Mark the conversation as ended in a forked process. The process belongs to the parent."""
        self._mark_closing()
        self._foreign = self.ended = True
        self.failure = fork.foreign_error()
        self._inbox.items.clear()

    def start_companion(self, work: Callable[[], Awaitable[None]], name: str) -> None:
        """Run `work` in a task that is cancelled when the conversation ends."""
        self._companions.append(spawn(work, name))

    def _mark_closing(self) -> None:
        self._closing = True
        self._answers.mark_closing()

    def _cancel_tasks(self) -> None:
        self._answers.cancel()
        for task in self._companions:
            task.cancel()

    # --- sending ---------------------------------------------------------------------------------

    async def send_user(
        self,
        content: str | Sequence[JSONObject],
        *,
        uuid: str,
        session_id: str = "default",
        verbatim: bool = False,
        fields: Mapping[str, JSON] | None = None,
    ) -> None:
        """Send a prompt.

        :param content: text or content blocks
        :param uuid: the prompt's id, which the CLI uses in its reports
        :param verbatim: whether to send the prompt exactly as written
        :param fields: the message's other fields
        :raises ClaudeSDKError: if the conversation has ended; includes the reason if it is known
        """
        data = self.connection.send_user(
            content, uuid=uuid, session_id=session_id, verbatim=verbatim, fields=fields
        )
        log.debug("sending prompt %s, %d bytes", uuid, len(data))
        await self._send(data)

    async def finish_input(self) -> None:
        """Announce that no more prompts follow, so that the CLI finishes its work and exits."""
        self._finishing = True
        await self.transport.send_eof()

    async def request(
        self, subtype: str, payload: JSONObject | None = None, *, seconds: float = CONTROL_SECONDS
    ) -> JSON:
        """Send a control request and return its response.

        :raises ControlTimeoutError: if no response arrives within `seconds`
        :raises ControlRequestError: if the CLI rejects the request
        :raises ClaudeSDKError: if the conversation has ended
        """
        return await self._pending.request(subtype, payload or {}, seconds)

    async def _send(self, data: bytes) -> None:
        if self.ended:
            raise self._end_error()
        if self.is_foreign:
            raise TransportClosedError(FOREIGN_LOOP)
        try:
            await self.transport.send(data)
        except TransportClosedError:
            # The pipe breaks when the process exits, but it is the pump that knows the reason.
            if self._pump_task is not None and not self._closing:
                with anyio.move_on_after(2):
                    await self._pump_task.wait()
            if self.failure is not None:
                raise self.failure from None
            raise

    def _end_error(self) -> ClaudeSDKError:
        return self.failure or TransportClosedError(
            "The conversation has ended. Call connect() to start a new one."
        )

    # --- receiving -------------------------------------------------------------------------------

    async def receive(self) -> Message | None:
        """Return the next message, or None if the conversation has ended normally.

        :raises ProtocolError: in place of an unreadable line, after which reading can continue
        :raises ClaudeSDKError: if the conversation has failed, or another task is reading
        """
        if self.is_foreign:
            raise TransportClosedError(FOREIGN_LOOP)
        with self._inbox.reader():
            return await self._receive()

    def take_ready(self) -> Message | None:
        """Take the next message, unless a wait, a check, or an exception must come first."""
        if self._mirror is not None or self.is_foreign:
            return None
        return self._inbox.take(FREQUENT)

    async def _receive(self) -> Message | None:
        items = self._inbox.items
        while not items:
            if self.ended:
                if self.failure is not None:
                    raise self.failure
                return None
            await self._inbox.wait()
        if self._mirror is not None and await self._mirror.wait_before(items[0]):
            return await self._receive()
        item = items.popleft()
        if isinstance(item, BaseException):
            raise item
        # With `Replay.answers`, a `RecordedAnswer` is yielded among the messages.
        return cast("Message", item)

    @property
    def has_messages(self) -> bool:
        """True if `receive` would return immediately."""
        return bool(self._inbox.items)

    @property
    def is_foreign(self) -> bool:
        """True if the conversation runs in a different event loop from the caller's."""
        return not self.ended and self._loop != current_loop()

    @property
    def has_open_requests(self) -> bool:
        """True if any of the CLI's requests is still unanswered."""
        return self._answers.has_pending

    def put_error(self, error: ClaudeSDKError) -> None:
        """Make `receive` raise `error` after the messages that are already queued."""
        self._inbox.put(error)

    # --- the pump --------------------------------------------------------------------------------

    async def _pump(self) -> None:
        self.handlers.start()
        try:
            while True:
                data = await self.transport.receive()
                # During shutdown, remaining output is read but not acted upon.
                if not self._closing:
                    self.connection.receive_data(data)
                    self._dispatch()
                elif self._mirror is not None and self.transport.origin is not Origin.RECORDING:
                    self._mirror.receive_last(self.connection, data)
                if not data:
                    break
        except TransportClosedError:
            pass
        except ClaudeSDKError as error:
            self.failure = error
        except Exception as error:  # noqa: BLE001  otherwise the CLI's exit would get the blame
            self.failure = reading_error(error)
        except anyio.get_cancelled_exc_class():
            # The event loop is ending, so no task is left to read further output.
            self._mark_closing()
            raise
        finally:
            with anyio.CancelScope(shield=True):
                await self._finish()

    def _dispatch(self) -> None:
        is_observed = self._answers.failed_ids or log.isEnabledFor(logging.DEBUG)
        take = self._take_observed if is_observed else self._inbox.items.append
        if self._mirror is not None:
            take = self._mirror.filter(take, stored=self.transport.origin is not Origin.RECORDING)
        while (event := self.connection.next_event()) is not None:
            if type(event) in FREQUENT:
                take(event)  # type: ignore[arg-type]  # these types are messages
            else:
                self._handle(event, take)
        if self._inbox.items:
            self._inbox.wake()

    def _handle(self, event: Event, take: Callable[[Read], object]) -> None:
        if isinstance(event, ControlResponse):
            self._pending.settle(event)
        elif isinstance(event, ControlRequest):
            self._answers.start(event)
        elif isinstance(event, ControlCancel):
            self._answers.withdraw(event)
        else:
            if isinstance(event, ResultMessage):
                self._last_result = event
            elif isinstance(event, ProtocolError):
                self._unreadable = event
            take(event)

    def _take_answer(self, answer: RecordedAnswer) -> None:
        if not self._closing:
            self.connection.receive_answer(answer)
            self._dispatch()

    def _take_observed(self, event: Read) -> None:
        """Put a message into the inbox after showing it to the log."""
        if log.isEnabledFor(logging.DEBUG):
            log.debug("received %s", summarize(event))
        if not isinstance(
            event, (StreamEvent, ProtocolError, RecordedAnswer)
        ) and is_repeated_notice(event, self._answers.failed_ids):
            return
        self._inbox.items.append(event)

    def _put_mirror_error(self, message: MirrorErrorMessage) -> None:
        """Insert the message before the result that was held back for the store."""
        put_before_result(self._inbox.items, message)
        self._inbox.wake()

    # --- the end ---------------------------------------------------------------------------------

    async def _finish(self) -> None:
        # asyncio's own cancellation ignores shields, so each step runs even if one is cut short.
        try:
            await self._await_end()
        finally:
            try:
                await self._close_companions()
            finally:
                self._mark_ended()

    async def _await_end(self) -> None:
        if not self._closing and self.failure is None:
            with anyio.move_on_after(2):
                await self.transport.wait()
            self.failure = await exit_error(
                self.transport,
                self._last_result,
                is_expected=self._finishing,
                is_initialized=bool(self.server_info),
                unreadable=self._unreadable,
            )
        # kill() leaves the cleanup to the pump. This does nothing while aclose() is running.
        await self.transport.aclose(grace=0.2)

    async def _close_companions(self) -> None:
        """Cancel the answers and companion tasks, and close the servers and the mirror."""
        if self._closing and self.failure is None and len(self._pending):
            self.failure = TransportClosedError(
                "The conversation was closed before a response arrived."
            )
        self._cancel_tasks()
        self.handlers.close()
        if self._mirror is not None:
            await self._mirror.aclose()

    def _mark_ended(self) -> None:
        if self._foreign:
            return
        if self.trace is not None:
            self.trace.end(self.failure)
        log.debug("conversation ended: exit %s, %r", self.transport.exit_code, self.failure)
        self.ended = True
        self._pending.fail(self._end_error())
        self._inbox.wake()
