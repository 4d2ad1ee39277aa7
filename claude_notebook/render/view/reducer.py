"""The reducer for a turn's view, in which each message that arrives changes the panels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ... import messages
from ...messages import Message
from ..html.sanitizer import one_line
from ..tools.base import Call
from .message_handlers import HANDLERS
from .notices import NOTICES, Notice
from .options import ViewOptions
from .stream_event_handlers import stream_event
from .turn_view import TurnView


def apply_message(view: TurnView, message: Message, now_ms: float) -> None:
    """Apply a message to the view. Unexpected content never fails, but becomes a neutral panel."""
    try:
        _apply(view, message, now_ms)
    except Exception as error:  # noqa: BLE001  a message that cannot be drawn must not end the turn
        view.unknown(type(message).__name__, {"message": repr(message), "error": repr(error)})


def _apply(view: TurnView, message: Message, now_ms: float) -> None:
    kind = type(message)
    if isinstance(message, messages.StreamEvent):
        stream_event(view, message, now_ms)
    elif kind in HANDLERS:
        HANDLERS[kind](view, message, now_ms)
    elif kind in NOTICES:
        _announce(view, message, NOTICES[kind](message), now_ms)
    elif isinstance(message, messages.UnknownMessage):
        raw = message.raw if isinstance(message.raw, dict) else {}
        name = f"{raw.get('type', 'message')} {raw.get('subtype', '')}"
        view.unknown(one_line(name), message.raw)
    elif kind is messages.SystemMessage:
        view.unknown(f"system {message.subtype}", message.data)  # type: ignore[union-attr]  # just checked


def _announce(view: TurnView, message: Message, notice: Notice | None, now_ms: float) -> None:
    if isinstance(message, messages.APIRetryMessage):
        view.withdraw(None)
    if notice is None:
        return
    until = None if notice.delay_ms is None else now_ms + notice.delay_ms
    view.notice(notice.level, notice.text, until_ms=until, key=notice.key)
    if isinstance(message, messages.CompactBoundaryMessage):
        view.release_key(notice.key)  # a later compaction has its own panel


def view_of(
    messages_: Iterable[Message],
    *,
    options: ViewOptions | None = None,
    calls: Mapping[str, Call] | None = None,
    now_ms: float = 0,
) -> TurnView:
    """Return the view of recorded messages.

    :param messages_: a whole turn, several turns, or part of one. A part has no totals, and its
        calls without a result keep running.
    :param calls: calls displayed earlier, by id, for results whose call is missing.
    :param now_ms: the end of the turn in Unix milliseconds; 0 omits times.
    :raises OptionsError: if the Markdown engine is unknown or not installed.
    """
    view = TurnView(options=options)
    view.calls.update(calls or {})
    result: messages.ResultMessage | None = None
    for message in messages_:
        apply_message(view, message, now_ms)
        if isinstance(message, messages.ResultMessage):
            result = message
    if result is None:
        view.pause()
    else:
        view.finish("failed" if result.is_error else "done", now_ms)
    return view
