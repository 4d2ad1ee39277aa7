"""query(): one prompt in, messages out."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from functools import partial
from types import TracebackType

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
from .inbox import READ_TWICE
from .launch.validation import check_and_warn
from .prompts import Outgoing, Prompt, outgoing
from .sender import Sender
from .session import Session
from .tracing import begin
from .turn_accounting import TurnClock, TurnKeeper

log = get_logger(__name__)


def query(
    *,
    prompt: Prompt,
    options: ClaudeCodeOptions | None = None,
    transport: Transport | None = None,
) -> QueryStream:
    """Ask Claude once, and iterate over what comes back::

        async for message in query(prompt="What is 2 + 2?"):
            print(message)

    The stream ends when Claude Code is idle: every prompt is answered, and no sub-agent or command
    runs in the background that could start another turn. Hooks, `can_use_tool` and tools of this
    process are served until then. A command that never ends, such as a server, is waited for until
    nothing has happened for `CLAUDE_CODE_PRINT_BG_WAIT_CEILING_MS` (10 minutes; 0 sets no limit);
    it ends with the stream. `total_timeout` bounds the whole.

    Leaving the loop early, an exception or a cancellation ends the CLI and all that it started.

    :param prompt: text, content blocks, or an async iterable of user messages.
    :param options: see `ClaudeCodeOptions`.
    :param transport: how the CLI is reached; by default a new process.
    :raises OptionsError: the prompt or an option is wrong (at once)
    :raises ClaudeSDKError: while iterating; an API failure comes after its `ResultMessage`, once no
        sub-agent works in the background
    """
    return QueryStream(prompt, options or ClaudeCodeOptions(), transport)


class QueryStream(AsyncIterator[Message]):
    """The messages of one `query()`. Also an async context manager; `aclose()` ends it early.

    One task reads at a time: `anext()` raises `ClaudeSDKError` while another task waits in it. The
    loop may be left and entered again. `aclose()` may be called from any task of the event loop; a
    task that waits in `anext()` then gets the end of the stream.
    """

    _session: Session | None = None

    def __init__(
        self, prompt: Prompt, options: ClaudeCodeOptions, transport: Transport | None
    ) -> None:
        self._prompt: AsyncIterable[JSONObject] | Outgoing = (
            prompt if isinstance(prompt, AsyncIterable) else outgoing(prompt)
        )
        check_and_warn(options)
        self._options = options
        self._clock = TurnClock(options)
        self._transport = transport
        self._turns = TurnKeeper()
        self._sender: Sender | None = None
        self._failure: ClaudeSDKError | None = None
        self._opening: Opening | None = None
        self._reading = False
        self._done = False

    def __aiter__(self) -> QueryStream:
        return self

    async def __anext__(self) -> Message:
        if self._done:
            raise StopAsyncIteration
        event = self._session.take_event() if self._session is not None else None
        if event is not None:
            return event
        if self._reading:
            raise ClaudeSDKError(READ_TWICE)
        self._reading = True
        try:
            return await self._next_or_end()
        finally:
            self._reading = False

    async def _next_or_end(self) -> Message:
        try:
            message = await self._next()
        except BaseException as error:
            if self._done and isinstance(error, ClaudeSDKError):
                raise StopAsyncIteration from None  # closed by another task
            if self._session is not None and self._session.trace is not None:
                self._session.trace.fail(error)
            # A cancelled caller wants to go on at once; otherwise the CLI may leave by itself.
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
            try:
                message = await self._receive(session)
            except ProcessError:
                # Everything was answered: that it leaves then is no failure.
                if self._sender is not None and self._sender.ended:
                    return None
                raise
            if message is None:
                return None
            passed = self._turns.read(message)
            if isinstance(message, (ResultMessage, CommandLifecycleMessage, SystemMessage)):
                await self._after(passed)
            if passed is not None:
                return passed
        return None

    async def _receive(self, session: Session) -> Message | None:
        """The next message; None also when a background command was waited for long enough."""
        while True:
            with anyio.move_on_after(self._patience(session)):
                return await receive_in_time(session, self._turns, self._clock)
            if session.is_asked or session.has_messages:
                continue
            if not self._turns.background.settle():
                log.info("nothing has happened for %s: background commands end", CEILING)
                return None
            await self._after(None)

    def _patience(self, session: Session) -> float | None:
        """The seconds that the CLI may be silent; None without a limit."""
        between_turns = self._sender is not None and self._sender.all_answered
        if not between_turns or session.is_asked:
            return None
        return self._turns.background.patience

    async def _open(self) -> Session | None:
        """Start the conversation and send the prompt; None if `aclose()` came first."""
        trace = begin(self._options, "query")
        with Opening() as self._opening:
            opened = await open_session(self._options, self._transport, trace)
            self._session, self._turns = opened
        session = self._session
        if session is None:
            return None
        self._clock.restart()
        sender = Sender(session, self._turns, verbatim=self._options.verbatim_prompts, ends=True)
        self._sender = sender
        if isinstance(self._prompt, Outgoing):
            await sender.send(self._prompt)
            sender.all_sent = True
        else:
            session.accompany(partial(sender.send_all, self._prompt), "claude prompts")
        return session

    async def _after(self, message: Message | None) -> None:
        if isinstance(message, ResultMessage):
            self._failure = self._failure or self._turns.failure(message)
        if self._sender is not None and self._failure is None:
            await self._sender.end_if_answered()

    async def _close(self, grace: float = 2.0) -> None:
        self._done = True
        session, self._session = self._session, None
        if session is not None:
            with anyio.CancelScope(shield=True):
                await session.aclose(grace)

    async def aclose(self) -> None:
        """End it now, and the CLI with it."""
        self._done = True
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
        # `break` leaves the loop without a word; this is the first moment to notice it.
        if self._session is not None:
            self._session.kill()
