"""`query()`: send one prompt and iterate over the messages of its answer."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import replace
from enum import Enum
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING

import anyio

from ..errors import ClaudeSDKError, ProcessError
from ..logs import get_logger
from ..messages import (
    CommandLifecycleMessage,
    JSONObject,
    Message,
    ResultMessage,
    SystemMessage,
)
from ..options import ClaudeCodeOptions
from ..transport import Transport
from .background import CEILING
from .connect import Opening, open_session, receive_in_time
from .inbox import SECOND_READER
from .launch.validation import check_and_warn
from .prompts import OutgoingPrompt, Prompt, prompt_from_content
from .sender import Sender
from .session import Session
from .tracing import begin
from .turn_accounting import TurnClock, TurnTracker

if TYPE_CHECKING:
    from ..auth.token import AuthToken

log = get_logger(__name__)


def query(
    prompt: Prompt,
    *,
    options: ClaudeCodeOptions | None = None,
    transport: Transport | None = None,
    auth_token: str | AuthToken | None = None,
) -> QueryStream:
    """Send one prompt and iterate over the messages of the answer::

        async for message in query(prompt="Add 2 and 2"):
            print(message)

    The stream ends when Claude Code is idle, which means that every prompt is answered and no
    background subagent or command is left that could start another turn. Until then, hooks,
    `can_use_tool` and in-process tools keep working. A command that never ends, such as a server,
    keeps the stream open until no message has arrived for `CLAUDE_CODE_PRINT_BG_WAIT_CEILING_MS`
    (10 minutes by default; 0 means no limit). The command is stopped when the stream ends.
    `total_timeout` limits the whole query.

    If the loop is left early, by an exception or by cancellation, the CLI and all processes that it
    has started are stopped.

    :param prompt: text, content blocks, or an async iterable of user messages
    :param options: see `ClaudeCodeOptions`
    :param transport: connects to the CLI; by default a new process
    :param auth_token: an OAuth token to use in place of every other credential
    :returns: the stream of messages; also an async context manager
    :raises OptionsError: immediately, if the prompt or an option is invalid
    :raises ResultError: if a turn failed or ended at `max_turns` or `max_budget_usd`; raised after
        its `ResultMessage`, once no background subagent is working
    :raises ClaudeSDKError: while iterating, if the conversation fails
    """
    options = options or ClaudeCodeOptions()
    if auth_token is not None:
        token = auth_token if isinstance(auth_token, str) else auth_token.access_token
        options = replace(options, auth_token=token, api_key=None, use_oauth=False)
    return QueryStream(prompt, options, transport)


class _State(Enum):
    READY = "ready"
    READING = "reading"
    CLOSED = "closed"


_CLOSED = _State.CLOSED
# A closed stream stays closed: the end of a read that `aclose()` interrupted changes nothing.
_TRANSITIONS: dict[_State, frozenset[_State]] = {
    _State.READY: frozenset({_State.READING, _CLOSED}),
    _State.READING: frozenset({_State.READY, _CLOSED}),
    _CLOSED: frozenset(),
}


class QueryStream(AsyncIterator[Message]):
    """The messages of one `query()`. It is also an async context manager; `aclose()` ends it early.

    Only one task can read at a time: `anext()` raises `ClaudeSDKError` while another task is
    waiting in it. A loop over the stream may stop, and a later loop may continue. Any task in the
    event loop may call `aclose()`, after which a task waiting in `anext()` reaches the end of the
    stream.
    """

    _session: Session | None = None

    def __init__(
        self, prompt: Prompt, options: ClaudeCodeOptions, transport: Transport | None
    ) -> None:
        self._prompt: AsyncIterable[JSONObject] | OutgoingPrompt = (
            prompt if isinstance(prompt, AsyncIterable) else prompt_from_content(prompt)
        )
        check_and_warn(options)
        self._options = options
        self._clock = TurnClock(options)
        self._transport = transport
        self._turns = TurnTracker()
        self._sender: Sender | None = None
        self._failure: ClaudeSDKError | None = None
        self._opening: Opening | None = None
        self._state = _State.READY

    def __aiter__(self) -> QueryStream:
        return self

    async def __anext__(self) -> Message:
        if self._state is _CLOSED:
            raise StopAsyncIteration
        event = self._session.take_event() if self._session is not None else None
        if event is not None:
            return event
        if self._state is _State.READING:
            raise ClaudeSDKError(SECOND_READER)
        self._enter(_State.READING)
        try:
            return await self._next_or_end()
        finally:
            self._enter(_State.READY)

    def _enter(self, state: _State) -> None:
        if state in _TRANSITIONS[self._state]:
            self._state = state

    async def _next_or_end(self) -> Message:
        try:
            message = await self._next()
        except BaseException as error:
            if self._state is _CLOSED and isinstance(error, ClaudeSDKError):
                raise StopAsyncIteration from None  # closed by another task
            if self._session is not None and self._session.trace is not None:
                self._session.trace.fail(error)
            # A cancelled caller must not be kept waiting; in other cases, the CLI has time to exit.
            await self._close(grace=2.0 if isinstance(error, ClaudeSDKError) else 0.0)
            raise
        if message is None:
            await self._close()
            raise StopAsyncIteration
        return message

    async def _next(self) -> Message | None:
        session = self._session or await self._open()
        while session is not None:
            if self._failure is not None and not self._turns.background.has_agents:
                raise self._failure
            message = await self._receive(session)
            if message is None:
                return None
            passed = self._turns.read(message)
            if isinstance(message, (ResultMessage, CommandLifecycleMessage, SystemMessage)):
                await self._update_after(passed)
            if passed is not None:
                return passed
        return None

    async def _receive(self, session: Session) -> Message | None:
        """Return the next message.

        Return None at the end, or if background commands remain silent.
        """
        while True:
            try:
                with anyio.move_on_after(self._silence_limit(session)):
                    return await receive_in_time(session, self._turns, self._clock)
            except ProcessError:
                # All prompts are answered, so this exit is not a failure.
                if self._sender is not None and self._sender.input_closed:
                    return None
                raise
            if session.has_open_requests or session.has_messages:
                continue
            if not self._turns.background.settle():
                log.info("no message within %s: ending background commands", CEILING)
                return None
            await self._update_after(None)

    def _silence_limit(self, session: Session) -> float | None:
        """Return the seconds to wait for the next message; None if there is no limit."""
        between_turns = self._sender is not None and self._sender.all_answered
        if not between_turns or session.has_open_requests:
            return None
        return self._turns.background.silence_limit

    async def _open(self) -> Session | None:
        """Start the conversation and send the prompt; return None if `aclose()` came before."""
        trace = begin(self._options, "query")
        with Opening() as self._opening:
            opened = await open_session(self._options, self._transport, trace)
            self._session, self._turns = opened
        session = self._session
        if session is None:
            return None
        self._clock.restart()
        verbatim = self._options.verbatim_prompts
        sender = Sender(session, self._turns, verbatim=verbatim, closes_input=True)
        self._sender = sender
        if isinstance(self._prompt, OutgoingPrompt):
            await sender.send(self._prompt)
            sender.all_sent = True
        else:
            session.start_companion(partial(sender.send_all, self._prompt), "claude prompts")
        return session

    async def _update_after(self, message: Message | None) -> None:
        if isinstance(message, ResultMessage):
            error = self._turns.error_from_result(message, with_limits=True)
            self._failure = self._failure or error
        if self._sender is not None and self._failure is None:
            await self._sender.close_input_if_answered()

    async def _close(self, grace: float = 2.0) -> None:
        self._enter(_CLOSED)
        session, self._session = self._session, None
        if session is not None:
            with anyio.CancelScope(shield=True):
                await session.aclose(grace)

    async def aclose(self) -> None:
        """End the stream and the CLI now."""
        self._enter(_CLOSED)
        if self._opening is not None:
            await self._opening.cancel()
        await self._close(grace=0.0)

    async def __aenter__(self) -> QueryStream:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __del__(self) -> None:
        # Leaving a loop with `break` does not notify an async iterator. Its deletion is the first
        # sign.
        if self._session is not None:
            self._session.kill()
