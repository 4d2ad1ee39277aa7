"""`ClaudeSDKClient`: a conversation that spans several turns, with control requests."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import cast

import anyio

from ..errors import ClaudeSDKError, CLIConnectionError, TurnTimeoutError
from ..logs import get_logger
from ..messages import AssistantMessage, JSONObject, Message, ResultMessage
from ..options import ClaudeCodeOptions
from ..protocol.connection import Observer
from ..transport import Transport
from .connect import Opening, open_session, receive_in_time
from .controls.methods import Controls
from .controls.types import ServerInfo
from .launch.validation import check_and_warn
from .prompts import Prompt, prompt_from_content, prompt_from_message
from .retry import RetryConfig, retry_notice
from .sender import Sender
from .session import Session
from .turn_accounting import TurnClock, TurnTracker

log = get_logger(__name__)

STOP_SECONDS = 2.0
LEAVE_SECONDS = 0.5
LATE_SECONDS = 0.2
"""Seconds to wait for the last messages of a subagent that was stopped."""
CONTINUE = "You were interrupted by a technical failure. Continue where you stopped."


class ClaudeSDKClient(Controls):
    """A conversation with Claude over several turns::

        async with ClaudeSDKClient() as client:
            await client.query("Read data.csv")
            async for message in client.receive_response():
                print(message)
            await client.query("List its outliers")
            ...

    A client belongs to the event loop that connected it. Calls from any other event loop or thread
    raise `ClaudeSDKError`.

    Only one task can read at a time. While a task waits for a message in `receive_messages()` or
    `receive_response()`, another task that tries to read gets a `ClaudeSDKError`, and the first
    task continues to wait. Another task may take over between messages: each message goes to one
    reader, and unread messages are kept for the next. `disconnect()` ends the iteration of a
    reading task. Any task in the event loop may send prompts, `interrupt()` and other requests.

    :param options: see `ClaudeCodeOptions`; the options apply to the whole conversation
    :param transport: the transport to the CLI; by default, a new process is started
    """

    def __init__(
        self, options: ClaudeCodeOptions | None = None, transport: Transport | None = None
    ) -> None:
        self.options = options or ClaudeCodeOptions()
        self._transport = transport
        self._opening: Opening | None = None
        self._session: Session | None = None
        self._turns = TurnTracker()
        self._observers: list[Observer] = []

    def add_observer(self, observer: Observer) -> None:
        """Let `observer` see every line of the conversations that this client opens from now on.

        The observer receives each decoded event together with its line. If it raises an exception,
        the conversation ends.
        """
        self._observers.append(observer)

    # --- connection ------------------------------------------------------------------------------

    async def connect(self, prompt: Prompt | None = None) -> None:
        """Start the CLI and send `prompt`, if there is one.

        If the client is already connected, its conversation is ended before a new one starts.

        :param prompt: text, content blocks, or a stream of messages, which is sent in the
            background
        :raises OptionsError: if an option is invalid, in which case nothing was started
        :raises ClaudeSDKError: if the CLI cannot be started, another task is calling `connect()`,
            or `disconnect()` was called in the meantime
        """
        check_and_warn(self.options)
        if self._opening is not None:
            raise CLIConnectionError(
                "Another task is already connecting this client. Wait for it, or create another "
                "client."
            )
        if self._session is not None:
            await self.disconnect()
        await self._open(self.options)
        self._transport = None
        if isinstance(prompt, AsyncIterable):
            self._connected.start_companion(
                partial(self._sender.send_all, prompt), "claude prompts"
            )
        elif prompt is not None:
            await self.query(prompt)

    async def _open(self, options: ClaudeCodeOptions) -> None:
        """Start a conversation, unless `disconnect()` cancels the start."""
        opened = None
        with Opening() as self._opening:
            try:
                opened = await open_session(options, self._transport, observers=self._observers)
            finally:
                self._opening = None
        if opened is None:
            raise CLIConnectionError(
                "disconnect() was called while the client was connecting. Call connect() again."
            )
        self._session, self._turns = opened

    async def disconnect(self, grace: float = 2.0) -> None:
        """Stop the CLI and all processes that it has started. Never raises.

        A running turn is interrupted first, because the CLI would otherwise finish it.

        :param grace: seconds that the CLI has to exit on its own; 0 kills it without an interrupt
        """
        if self._opening is not None:
            await self._opening.cancel()
        session, self._session = self._session, None
        if session is None:
            return
        if session.is_foreign:  # cleanup is up to its own event loop
            session.kill()
            return
        try:
            if grace > 0 and not self._turns.is_idle and not session.ended:
                await _interrupt_turn(session)
        except BaseException:
            await session.aclose(grace=0)
            raise
        await session.aclose(grace)

    def kill(self) -> None:
        """Kill the CLI and its processes immediately, without running the hooks for its exit.

        You still need to call `disconnect()`.
        """
        if self._session is not None:
            self._session.kill()

    async def __aenter__(self) -> ClaudeSDKClient:
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.disconnect(grace=2.0 if error is None else 0.0)

    def __del__(self) -> None:
        if getattr(self, "_session", None) is not None:
            self._connected.kill()

    @property
    def _connected(self) -> Session:
        if self._session is None:
            raise CLIConnectionError("Not connected. Call connect() first, or use `async with`.")
        return self._session

    @property
    def alive(self) -> bool:
        """True if the conversation is open and its process is running."""
        return self._session is not None and not self._session.ended

    @property
    def pid(self) -> int | None:
        """The CLI's process id; None if there is no process."""
        return self._session.transport.pid if self._session is not None else None

    @property
    def is_waited_for(self) -> bool:
        """True if a prompt is still unanswered."""
        return self.alive and not self._turns.is_idle

    @property
    def has_agents(self) -> bool:
        """True if a subagent is working in the background, or the turn that follows it is due."""
        return self.alive and self._turns.background.has_agents

    @property
    def is_busy(self) -> bool:
        """True if a prompt is unanswered, a turn is running or due, or a subagent is working."""
        return self.alive and (self._turns.background.is_busy or not self._turns.is_idle)

    @property
    def total_cost_usd(self) -> float | None:
        """The conversation's cost so far in dollars; None if unknown."""
        return self._turns.spent

    # --- prompts ---------------------------------------------------------------------------------

    async def query(self, prompt: Prompt, session_id: str = "default") -> None:
        """Send a prompt. If a turn is running, the CLI adds the prompt to that turn or queues it.

        :raises OptionsError: if the prompt is empty or has an unsupported type
        :raises ClaudeSDKError: if the conversation has ended
        """
        if isinstance(prompt, AsyncIterable):
            async for message in prompt:
                await self._sender.send(prompt_from_message(message))
        else:
            await self._sender.send(prompt_from_content(prompt, session_id))

    @property
    def _sender(self) -> Sender:
        return Sender(self._connected, self._turns, verbatim=self.options.verbatim_prompts)

    # --- answers ---------------------------------------------------------------------------------

    async def receive_messages(self) -> AsyncIterator[Message]:
        """Yield the messages of all turns until the conversation is closed.

        Failed turns do not raise here; check `ResultMessage.is_error`.

        :raises ClaudeSDKError: if the conversation fails
        """
        session = self._connected
        while (message := session.take_event() or await session.receive()) is not None:
            passed = self._turns.read(message)
            if passed is not None:
                yield passed

    def receive_response(self) -> AsyncIterator[Message]:
        """Yield the messages of one turn, ending with its `ResultMessage` even if the turn fails.

        A turn that fails ends like any other, as in the official SDK. To detect failures, check
        `ResultMessage.is_error`, or read with `receive_turn()`, which raises an exception.

        :raises TurnTimeoutError: if `idle_timeout` or `total_timeout` has passed; the turn is
            stopped
        :raises ClaudeSDKError: if the conversation fails
        """
        return self._receive_one_turn(raises=False)

    def receive_turn(self) -> AsyncIterator[Message]:
        """Yield the messages of one turn, and raise an exception if it failed.

        :raises APIError: after the result, if the API request failed; the client remains usable
        :raises TurnTimeoutError: if `idle_timeout` or `total_timeout` has passed; the turn is
            stopped
        :raises ClaudeSDKError: if the conversation fails
        """
        return self._receive_one_turn(raises=True)

    async def _receive_one_turn(self, *, raises: bool) -> AsyncIterator[Message]:
        clock = TurnClock(self.options)
        session = self._connected
        while True:
            message = session.take_event() or await self._next_in_time(session, clock)
            if message is None:
                return
            yield message
            if isinstance(message, ResultMessage) and self._turns.is_turn_end(message):
                failure = self._turns.error_from_result(message) if raises else None
                if failure is not None:
                    raise failure
                return

    async def receive_background(self) -> AsyncIterator[Message]:
        """Continue reading after a turn until every prompt is answered and no subagent is working.

        When a subagent finishes, another turn starts, which has its own result. No result follows
        an interrupt. Background commands are not waited for, because they may never end.

        :raises APIError: at the end, if one of the turns failed; the client remains usable
        :raises TurnTimeoutError: if `idle_timeout` or `total_timeout` has passed
        :raises ClaudeSDKError: if the conversation ended with an error
        """
        clock = TurnClock(self.options)
        session = self._connected
        failure: ClaudeSDKError | None = None
        message: Message | None = None
        while (following := await self._next_of_background(session, clock)) is not None:
            message = following
            yield message
            if isinstance(message, ResultMessage):
                failure = failure or self._turns.error_from_result(message)
        if message is not None and not isinstance(message, ResultMessage):
            while (late := await self._late_message(session)) is not None:
                yield late
        if failure is not None:
            raise failure

    async def _next_of_background(self, session: Session, clock: TurnClock) -> Message | None:
        """Return the next message, or None once there is nothing left to wait for."""
        background = self._turns.background
        while self.is_busy:
            with anyio.move_on_after(None if self.is_waited_for else background.agent_patience):
                message = session.take_ready() or await receive_in_time(session, self._turns, clock)
                passed = self._turns.read(message) if message is not None else None
                if message is None or passed is not None:
                    return passed
                continue
            if not (session.has_open_requests or session.has_messages):
                background.drop_due_turn()
        return None

    async def _late_message(self, session: Session) -> Message | None:
        """Return a message if one arrives soon, otherwise None."""
        with anyio.move_on_after(LATE_SECONDS):
            while (message := await session.receive()) is not None:
                if (passed := self._turns.read(message)) is not None:
                    return passed
        return None

    async def _next_in_time(self, session: Session, clock: TurnClock) -> Message | None:
        while True:
            try:
                message = session.take_ready() or await receive_in_time(session, self._turns, clock)
            except TurnTimeoutError:
                await self._stop_turn(session)
                raise
            if message is None:
                return None
            passed = self._turns.read(message)
            if passed is not None:
                return passed

    async def _stop_turn(self, session: Session) -> None:
        """Interrupt the turn and read it to its end, or stop a CLI that does not respond."""
        with anyio.move_on_after(STOP_SECONDS):
            await session.request("interrupt", seconds=STOP_SECONDS)
            while (message := await session.receive()) is not None:
                self._turns.read(message)
                if isinstance(message, ResultMessage):
                    return
        await session.aclose(grace=0)

    async def ask(
        self, prompt: str | Sequence[JSONObject], retry: RetryConfig | None = None
    ) -> AsyncIterator[Message]:
        """Send a prompt and yield the messages of its turn, retrying after transient failures.

        Each retry is announced by an `APIRetryMessage`. If the process has died, a new one resumes
        the conversation. A partial answer is continued rather than repeated.

        :param retry: the number of retries and the delays between them
        :raises ClaudeSDKError: the last failure, if it is permanent or no retries are left
        """
        config = retry or RetryConfig()
        attempt = 0
        has_answer = False
        while True:
            try:
                if not self.alive:
                    await self._reconnect()
                await self.query(CONTINUE if has_answer else prompt)
                async for message in self.receive_turn():
                    is_answer = isinstance(message, AssistantMessage) and not message.error
                    has_answer = has_answer or is_answer
                    yield message
                return
            except ClaudeSDKError as error:
                attempt += 1
                delay = config.delay(error, attempt)
                if delay is None:
                    raise
                notice = retry_notice(error, attempt, config.max_retries, delay)
            yield notice
            await config.sleep(delay)

    async def _reconnect(self) -> None:
        """Resume the conversation in a new process."""
        if self._session is not None:
            self._session.check_owner()
        resume = self._turns.session_id or self.options.resume
        options = replace(self.options, resume=resume, continue_conversation=False)
        if resume is not None:
            options = replace(options, fork_session=False, session_id=None, resume_session_at=None)
        await self.disconnect(grace=0)
        await self._open(options)

    async def get_server_info(self) -> ServerInfo:
        """Return the CLI's description of itself: its commands, models, agents, account, etc."""
        return cast("ServerInfo", self._connected.server_info)


async def _interrupt_turn(session: Session) -> None:
    """Interrupt the running turn, so that its transcript is complete. Never raises."""
    try:
        await session.request("interrupt", seconds=LEAVE_SECONDS)
    except ClaudeSDKError as error:
        log.debug("cannot interrupt the turn before the end: %r", error)
