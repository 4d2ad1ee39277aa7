"""The function that opens a conversation, shared by `query()` and `ClaudeSDKClient`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import TracebackType

import anyio

from ..errors import ClaudeSDKError
from ..logs import get_logger
from ..messages import Message
from ..messages.json_fields import Fields
from ..options import DEFAULT_MAX_BUFFER_SIZE, ClaudeCodeOptions
from ..protocol.codec.encoder import Encodable
from ..protocol.connection import Event, Observer
from ..recording.environment import replay_from
from ..replay import Replay
from ..sessions.mirror import Mirror
from ..transport import Transport
from ..transport.message_transport import as_transport
from .callbacks.handlers import Handlers
from .launch.command_line import Launch, build_initialize
from .launch.validation import check_options
from .rejection import RejectionWatch
from .session import Session
from .tracing import Trace, begin
from .turn_accounting import TurnClock, TurnTracker

log = get_logger(__name__)

START_SECONDS = 60.0
"""Time limit for the CLI's response to the first request."""


class Opening:
    """A context manager around `open_session()` that lets another task cancel it."""

    def __init__(self) -> None:
        self._scope = anyio.CancelScope()
        self._ended = anyio.Event()

    async def cancel(self) -> None:
        """Cancel the start and wait for its cleanup.

        Return immediately if the start has already ended.
        """
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
        """Pass on a line from the CLI."""
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
) -> tuple[Session, TurnTracker]:
    """Start the CLI, or open `transport`, and perform the handshake.

    :param transport: an unopened transport; by default, a new process is started
    :param trace: the conversation's spans; by default, they are started here if tracing is enabled
    :raises OptionsError: if an option is invalid, in which case nothing was started
    :raises ClaudeSDKError: if the CLI cannot be started, or does not respond
    """
    try:
        check_options(options)
        trace = trace or begin(options)
        return await _open(options, transport, trace, observers)
    except BaseException as error:
        log.debug("cannot open the conversation: %r", error)
        if trace is not None:
            trace.end(error)
        raise


async def _open(
    options: ClaudeCodeOptions,
    transport: Transport | None,
    trace: Trace | None,
    observers: Sequence[Observer],
) -> tuple[Session, TurnTracker]:
    if options.session_store is None:
        return await _start_session(options, transport, trace, observers)
    from ..sessions.resume import prepare_mirror  # most conversations have no store

    options, mirror = await prepare_mirror(options, own_process=transport is None)
    try:
        return await _start_session(options, transport, trace, observers, mirror)
    except BaseException:
        await mirror.aclose()
        raise


async def _start_session(
    options: ClaudeCodeOptions,
    transport: Transport | None,
    trace: Trace | None,
    observers: Sequence[Observer],
    mirror: Mirror | None = None,
) -> tuple[Session, TurnTracker]:
    handlers = Handlers(options)
    if transport is None:
        replay = options.replay or replay_from(os.environ)
        observers = [*observers, *_listeners(replay)]
        environment = trace.environment() if trace is not None else {}
        transport = _create_transport(options, replay, environment)
    transport = as_transport(transport)
    limit = options.max_buffer_size or DEFAULT_MAX_BUFFER_SIZE
    session = Session(transport, handlers, limit, trace, mirror)
    watch = RejectionWatch(
        session.start_companion, partial(session.request, "interrupt"), transport
    )
    for observer in (watch, *observers):
        session.connection.add_observer(observer)
    initialize = {**build_initialize(options, handlers.hook_ids), **handlers.announce()}
    with trace.inside() if trace is not None else contextlib.nullcontext():
        await session.start(initialize, START_SECONDS)
    try:
        handlers.check(session.server_info)
        return session, TurnTracker(await _request_earlier_cost(session, options), options)
    except BaseException:
        await session.aclose(grace=0)
        raise


def _listeners(replay: Replay | None) -> list[Observer]:
    hear = replay.hear if replay is not None else None
    return [LineListener(hear)] if hear is not None else []


def _create_transport(
    options: ClaudeCodeOptions, replay: Replay | None, extra: Mapping[str, str]
) -> Transport:
    """Create an unopened transport to a new process, or to a recording."""

    def launch(options: ClaudeCodeOptions) -> Transport:
        return Launch.of(options, {**os.environ, **extra}).transport(options)

    if replay is None or replay.mode == "off":
        return launch(options)
    return _create_replay_transport(replay, options, launch)


def _create_replay_transport(
    replay: Replay, options: ClaudeCodeOptions, launch: TransportFactory
) -> Transport:
    from ..recording.cassette_transport import CassetteTransport

    return CassetteTransport(replay, options, launch)


async def _request_earlier_cost(session: Session, options: ClaudeCodeOptions) -> float | None:
    """Ask the CLI for the cost of a resumed conversation in dollars; None if it is unknown."""
    if options.resume is None and not options.continue_conversation:
        return 0.0
    try:
        usage = await session.request("get_usage", seconds=5)
    except ClaudeSDKError as error:
        if session.failure is not None:
            raise session.failure from None
        log.debug("the earlier cost of the conversation is unknown: %r", error)
        return None
    return Fields(usage).obj("session").number("total_cost_usd")


async def receive_in_time(session: Session, turns: TurnTracker, clock: TurnClock) -> Message | None:
    """Return the next message of a running turn, or None if the conversation ended normally.

    :raises TurnTimeoutError: if `idle_timeout` or `total_timeout` has passed
    :raises ClaudeSDKError: as in `Session.receive`
    """
    while True:
        remaining = clock.remaining(is_busy=turns.is_tool_running or session.has_open_requests)
        if remaining is None or session.has_messages:
            return await session.receive()
        option, seconds = remaining
        with anyio.move_on_after(seconds):
            return await session.receive()
        # A message that is held back for the session store does not count as silence.
        if option == "total_timeout" or not (
            turns.is_tool_running or session.has_open_requests or session.has_messages
        ):
            raise clock.error(option)
