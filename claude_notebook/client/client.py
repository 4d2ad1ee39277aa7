"""ClaudeSDKClient: a conversation that can be steered and interrupted."""

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
from ..transport import Transport
from .connect import Opening, open_session, receive_in_time
from .control_types import ServerInfo
from .controls import Controls
from .launch.validation import check_and_warn
from .prompts import Prompt, outgoing, outgoing_message
from .retry import RetryConfig, retry_notice
from .sender import Sender
from .session import Session
from .turn_accounting import TurnClock, TurnKeeper

log = get_logger(__name__)

STOP_SECONDS = 2.0
LEAVE_SECONDS = 0.5
LATE_SECONDS = 0.2
"""Time for the last messages of an agent that was stopped."""
CONTINUE = "You were interrupted by a technical failure. Go on where you stopped."


class ClaudeSDKClient(Controls):
    """A conversation with Claude that stays open::

        async with ClaudeSDKClient() as client:
            await client.query("Read data.csv")
            async for message in client.receive_response():
                print(message)
            await client.query("And what is odd about it?")
            ...

    One conversation, one event loop: calls from another loop or thread are refused.

    One task reads at a time. While a task waits for a message in `receive_messages()` or
    `receive_response()`, reading from another task raises `ClaudeSDKError`; the first one is not
    disturbed. Between messages the reader may change: each message goes to one reader, and unread
    ones wait for the next. `disconnect()` ends the iteration of a task that reads. Prompts,
    `interrupt()` and other requests may come from any task of the event loop.

    :param options: see `ClaudeCodeOptions`; they hold for the whole conversation.
    :param transport: how the CLI is reached; by default a new process.
    """

    def __init__(
        self, options: ClaudeCodeOptions | None = None, transport: Transport | None = None
    ) -> None:
        self.options = options or ClaudeCodeOptions()
        self._transport = transport
        self._opening: Opening | None = None
        self._session: Session | None = None
        self._turns = TurnKeeper()

    # --- life ----------------------------------------------------------------------------------

    async def connect(self, prompt: Prompt | None = None) -> None:
        """Start the CLI; with `prompt`, ask at once. A stream of prompts is sent in the background.

        On a connected client it ends that conversation first and starts another one.

        :raises OptionsError: an option is wrong; nothing was started
        :raises ClaudeSDKError: it cannot be started; or another task is in `connect()`, or has
            called `disconnect()` meanwhile
        """
        check_and_warn(self.options)
        if self._opening is not None:
            raise CLIConnectionError(
                "Another task is already connecting this client. Wait for it, or use a client each."
            )
        if self._session is not None:
            await self.disconnect()
        await self._open(self.options)
        self._transport = None
        if isinstance(prompt, AsyncIterable):
            self._connected.accompany(partial(self._sender.send_all, prompt), "claude prompts")
        elif prompt is not None:
            await self.query(prompt)

    async def _open(self, options: ClaudeCodeOptions) -> None:
        """Start a conversation, unless `disconnect()` comes first."""
        opened = None
        with Opening() as self._opening:
            try:
                opened = await open_session(options, self._transport)
            finally:
                self._opening = None
        if opened is None:
            raise CLIConnectionError("disconnect() was called while the client was connecting.")
        self._session, self._turns = opened

    async def disconnect(self, grace: float = 2.0) -> None:
        """End the CLI, and with it whatever it has started. Does not raise.

        A turn that runs is interrupted first: left to itself the CLI would finish it.

        :param grace: seconds that it has to leave by itself; without any it is not asked.
        """
        if self._opening is not None:
            await self._opening.cancel()
        session, self._session = self._session, None
        if session is None:
            return
        if session.is_foreign:  # its own event loop tidies up
            session.kill()
            return
        try:
            if grace > 0 and not self._turns.idle and not session.ended:
                await _break_off(session)
        except BaseException:
            await session.aclose(grace=0)
            raise
        await session.aclose(grace)

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
        """Whether the conversation is open and its process runs."""
        return self._session is not None and not self._session.ended

    @property
    def pid(self) -> int | None:
        """The process id of the CLI; None while there is none."""
        return self._session.transport.pid if self._session is not None else None

    @property
    def is_waited_for(self) -> bool:
        """Whether a prompt has been sent that no result has answered yet."""
        return self.alive and not self._turns.idle

    @property
    def has_agents(self) -> bool:
        """Whether a sub-agent works in the background, or the turn that follows its end is due."""
        return self.alive and self._turns.background.has_agents

    @property
    def is_busy(self) -> bool:
        """Whether a prompt is unanswered, a turn runs or is due, or a sub-agent works."""
        return self.alive and (self._turns.background.is_busy or not self._turns.idle)

    @property
    def total_cost_usd(self) -> float | None:
        """Dollars that the conversation has cost so far; None if that is not known."""
        return self._turns.spent

    # --- prompts ---------------------------------------------------------------------------------

    async def query(self, prompt: Prompt, session_id: str = "default") -> None:
        """Send a prompt. While a turn runs it is folded into that turn, or waits for its own.

        :raises OptionsError: the prompt is empty or of no usable type
        :raises ClaudeSDKError: the conversation is over
        """
        if isinstance(prompt, AsyncIterable):
            async for message in prompt:
                await self._sender.send(outgoing_message(message))
        else:
            await self._sender.send(outgoing(prompt, session_id))

    @property
    def _sender(self) -> Sender:
        return Sender(self._connected, self._turns, verbatim=self.options.verbatim_prompts)

    # --- answers ---------------------------------------------------------------------------------

    async def receive_messages(self) -> AsyncIterator[Message]:
        """Everything that comes, turn after turn, until the conversation is closed.

        Failed turns do not raise here: look at `ResultMessage.is_error`.

        :raises ClaudeSDKError: the conversation has ended, and not well
        """
        session = self._connected
        while (message := session.take_event() or await session.receive()) is not None:
            passed = self._turns.read(message)
            if passed is not None:
                yield passed

    async def receive_response(self) -> AsyncIterator[Message]:
        """The messages of one turn, its `ResultMessage` last.

        :raises APIError: after the result, if the model's service failed; the client stays usable
        :raises TurnTimeoutError: `idle_timeout` or `total_timeout` has passed; the turn is stopped
        :raises ClaudeSDKError: the conversation has ended, and not well
        """
        clock = TurnClock(self.options)
        session = self._connected
        while True:
            message = session.take_event() or await self._next_in_time(session, clock)
            if message is None:
                return
            yield message
            if isinstance(message, ResultMessage) and self._turns.ends(message):
                failure = self._turns.failure(message)
                if failure is not None:
                    raise failure
                return

    async def receive_background(self) -> AsyncIterator[Message]:
        """Read on after a turn, until every prompt is answered and no sub-agent works.

        A sub-agent that ends starts another turn, with a result of its own. After an interrupt no
        result follows. Commands in the background are not waited for, as they may never end.

        :raises APIError: at the end, if one of the turns failed; the client stays usable
        :raises TurnTimeoutError: `idle_timeout` or `total_timeout` has passed
        :raises ClaudeSDKError: the conversation has ended, and not well
        """
        clock = TurnClock(self.options)
        session = self._connected
        failure: ClaudeSDKError | None = None
        message: Message | None = None
        while (following := await self._next_of_background(session, clock)) is not None:
            message = following
            yield message
            if isinstance(message, ResultMessage):
                failure = failure or self._turns.failure(message)
        if message is not None and not isinstance(message, ResultMessage):
            while (late := await self._late_message(session)) is not None:
                yield late
        if failure is not None:
            raise failure

    async def _next_of_background(self, session: Session, clock: TurnClock) -> Message | None:
        """Return the next message; None once nothing is left to wait for."""
        background = self._turns.background
        while self.is_busy:
            with anyio.move_on_after(None if self.is_waited_for else background.agent_patience):
                message = await receive_in_time(session, self._turns, clock)
                passed = self._turns.read(message) if message is not None else None
                if message is None or passed is not None:
                    return passed
                continue
            if not (session.is_asked or session.has_messages):
                background.drop_due_turn()
        return None

    async def _late_message(self, session: Session) -> Message | None:
        """Return a message that comes soon; None if there is none."""
        with anyio.move_on_after(LATE_SECONDS):
            while (message := await session.receive()) is not None:
                if (passed := self._turns.read(message)) is not None:
                    return passed
        return None

    async def _next_in_time(self, session: Session, clock: TurnClock) -> Message | None:
        while True:
            try:
                message = await receive_in_time(session, self._turns, clock)
            except TurnTimeoutError:
                await self._stop_turn(session)
                raise
            if message is None:
                return None
            passed = self._turns.read(message)
            if passed is not None:
                return passed

    async def _stop_turn(self, session: Session) -> None:
        """Interrupt the turn and read it to its end; a CLI that does not listen is ended."""
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
        """Send a prompt and yield the messages of its turn; ask again where that may help.

        An `APIRetryMessage` announces each new try. A process that has died is replaced, and the
        conversation resumed in the new one. An answer that had begun is continued, not repeated.

        :raises ClaudeSDKError: the last failure, when it is not worth another try
        """
        config = retry or RetryConfig()
        attempt = 0
        begun = False
        while True:
            try:
                if not self.alive:
                    await self._reconnect()
                await self.query(CONTINUE if begun else prompt)
                async for message in self.receive_response():
                    begun = begun or (isinstance(message, AssistantMessage) and not message.error)
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
        """A new process for the same conversation."""
        if self._session is not None:
            self._session.check_owner()
        resume = self._turns.session_id or self.options.resume
        again = replace(self.options, resume=resume, continue_conversation=False)
        if resume is not None:
            again = replace(again, fork_session=False, session_id=None, resume_session_at=None)
        await self.disconnect(grace=0)
        await self._open(again)

    async def get_server_info(self) -> ServerInfo:
        """What the CLI said of itself at the start: commands, models, agents, account, ..."""
        return cast("ServerInfo", self._connected.server_info)


async def _break_off(session: Session) -> None:
    """Interrupt the turn that runs, so that its transcript ends well. Does not raise."""
    try:
        await session.request("interrupt", seconds=LEAVE_SECONDS)
    except ClaudeSDKError as error:
        log.debug("the turn could not be interrupted before the end: %r", error)
