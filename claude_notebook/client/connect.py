"""The one function that opens a conversation, for `query()` and `ClaudeSDKClient` alike."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

import anyio

from ..errors import ClaudeSDKError
from ..logs import get_logger
from ..messages import Message
from ..options import DEFAULT_MAX_BUFFER_SIZE, ClaudeCodeOptions
from ..protocol.codec.encoder import Encodable
from ..protocol.connection import Event, Observer
from ..recording.environment import replay_from
from ..replay import Replay
from ..sessions.mirror import Mirror
from ..transport import Transport
from .callbacks import Handlers
from .launch.command_line import Launch, build_initialize
from .launch.validation import check_options
from .session import Session
from .tracing import Trace, begin
from .turn_accounting import TurnClock, TurnKeeper

log = get_logger(__name__)


class Opening:
    """The start of a conversation, which another task may cancel.

    A context manager around `open_session()`.
    """

    def __init__(self) -> None:
        self._scope = anyio.CancelScope()
        self._ended = anyio.Event()

    async def cancel(self) -> None:
        """Give up the start and wait until nothing is left of it. Returns at once after the end."""
        self._scope.cancel()
        await self._ended.wait()

    def __enter__(self) -> Opening:
        self._scope.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        self._ended.set()
        return bool(self._scope.__exit__(kind, error, trace))


TransportFactory = Callable[[ClaudeCodeOptions], Transport]


class LineListener:
    """An observer that passes lines to `Replay.hear`."""

    def __init__(self, hear: Callable[[str, bytes], None]) -> None:
        self._hear = hear

    def received(self, event: Event, line: bytes) -> None:
        """Pass on a line of the CLI."""
        if line:
            self._hear("cli", line)

    def sent(self, event: Encodable, line: bytes) -> None:
        """Pass on a line to the CLI."""
        self._hear("us", line)


async def open_session(
    options: ClaudeCodeOptions,
    transport: Transport | None = None,
    trace: Trace | None = None,
    observers: Sequence[Observer] = (),
) -> tuple[Session, TurnKeeper]:
    """Start the CLI (or open `transport`) and introduce ourselves.

    :raises OptionsError: an option is wrong; nothing was started
    :raises ClaudeSDKError: it cannot be started, or does not speak
    """
    try:
        check_options(options)
        trace = trace or begin(options)
        return await _open(options, transport, trace, observers)
    except BaseException as error:
        log.debug("the conversation could not begin: %r", error)
        if trace is not None:
            trace.end(error)
        raise


async def _open(
    options: ClaudeCodeOptions,
    transport: Transport | None,
    trace: Trace | None,
    observers: Sequence[Observer],
) -> tuple[Session, TurnKeeper]:
    if options.session_store is None:
        return await _begin(options, transport, trace, observers)
    from ..sessions.resume import mirrored  # most conversations have no store

    options, mirror = await mirrored(options, own_process=transport is None)
    try:
        return await _begin(options, transport, trace, observers, mirror)
    except BaseException:
        await mirror.aclose()
        raise


async def _begin(
    options: ClaudeCodeOptions,
    transport: Transport | None,
    trace: Trace | None,
    observers: Sequence[Observer],
    mirror: Mirror | None = None,
) -> tuple[Session, TurnKeeper]:
    handlers = Handlers(options)
    if transport is None:
        replay = options.replay or replay_from(os.environ)
        if replay is not None and replay.hear is not None:
            observers = [*observers, LineListener(replay.hear)]
        environment = trace.environment() if trace is not None else {}
        transport = _transport(options, replay, environment)
    limit = options.max_buffer_size or DEFAULT_MAX_BUFFER_SIZE
    session = Session(transport, handlers, limit, trace, mirror)
    for observer in observers:
        session.connection.add_observer(observer)
    initialize = {**build_initialize(options, handlers.hook_ids), **handlers.announce()}
    with trace.inside() if trace is not None else contextlib.nullcontext():
        await session.start(initialize, (options.load_timeout_ms or 60_000) / 1000)
    try:
        handlers.check(session.server_info)
        return session, TurnKeeper(await _spent_before(session, options), options)
    except BaseException:
        await session.aclose(grace=0)
        raise


def _transport(
    options: ClaudeCodeOptions, replay: Replay | None, extra: Mapping[str, str]
) -> Transport:
    """A transport that is not open yet: to a new process, or to what is recorded."""

    def launch(options: ClaudeCodeOptions) -> Transport:
        return Launch.of(options, {**os.environ, **extra}).transport(options)

    if replay is None or replay.mode == "off":
        return launch(options)
    return _tape(replay, options, launch)


def _tape(replay: Replay, options: ClaudeCodeOptions, launch: TransportFactory) -> Transport:
    from ..recording.cassette_transport import TapeTransport

    return TapeTransport(replay, options, launch)


async def _spent_before(session: Session, options: ClaudeCodeOptions) -> float | None:
    """Dollars that a resumed conversation has cost so far: the CLI knows, or nobody does."""
    if options.resume is None and not options.continue_conversation:
        return 0.0
    try:
        usage = await session.request("get_usage", seconds=5)
        return float(usage["session"]["total_cost_usd"])
    except (ClaudeSDKError, KeyError, TypeError, ValueError) as error:
        if session.failure is not None:
            raise session.failure from None
        log.debug("what the conversation has cost before is not known: %r", error)
        return None


async def receive_in_time(session: Session, turns: TurnKeeper, clock: TurnClock) -> Message | None:
    """The next message of a running turn; None at a good end of the conversation.

    :raises TurnTimeoutError: `idle_timeout` or `total_timeout` has passed
    :raises ClaudeSDKError: as `Session.receive`
    """
    while True:
        left = clock.left(busy=turns.tool_runs or session.is_asked)
        if left is None or session.has_messages:
            return await session.receive()
        option, seconds = left
        with anyio.move_on_after(seconds):
            return await session.receive()
        # A message may be there and wait for a session store: that is no silence.
        if option == "total_timeout" or not (
            turns.tool_runs or session.is_asked or session.has_messages
        ):
            raise clock.error(option)
