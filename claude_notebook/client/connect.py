"""The one function that opens a conversation, for `query()` and `ClaudeSDKClient` alike."""

from __future__ import annotations

import logging
from collections.abc import Callable

import anyio

from ..errors import ClaudeSDKError
from ..options import DEFAULT_MAX_BUFFER_SIZE, ClaudeCodeOptions
from ..transport import Transport
from .handlers import Handlers
from .launch import Launch, build_initialize
from .session import Session
from .turns import TurnKeeper

log = logging.getLogger(__name__)

TransportFactory = Callable[[ClaudeCodeOptions], Transport]


async def open_session(
    options: ClaudeCodeOptions, transport: Transport | None = None
) -> tuple[Session, TurnKeeper]:
    """Start the CLI (or open `transport`) and introduce ourselves.

    :raises ClaudeSDKError: it cannot be started, or does not speak
    """
    if transport is None:
        transport = Launch.of(options).transport(options)
    handlers = Handlers(options)
    session = Session(transport, handlers, options.max_buffer_size or DEFAULT_MAX_BUFFER_SIZE)
    await session.start(
        build_initialize(options, handlers.hook_ids), options.load_timeout_ms / 1000
    )
    return session, TurnKeeper(await _spent_before(session, options))


async def _spent_before(session: Session, options: ClaudeCodeOptions) -> float | None:
    """Dollars that a resumed conversation has cost so far: the CLI knows, or nobody does."""
    if options.resume is None and not options.continue_conversation:
        return 0.0
    try:
        usage = await session.request("get_usage", seconds=5)
        return float(usage["session"]["total_cost_usd"])
    except (ClaudeSDKError, KeyError, TypeError, ValueError) as error:
        if session.failure is not None:
            await anyio.lowlevel.checkpoint()
            raise session.failure from None
        log.debug("what the conversation has cost before is not known: %r", error)
        return None
