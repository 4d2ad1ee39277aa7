"""Converts a script's step to an HTTP response. This is pure: the server performs the actions.

A response is a list of actions: sending the head, sending bytes, waiting, dropping the connection
or leaving it hanging.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, Union

from ..messages.json_fields import Fields
from .steps import (
    ERROR_TYPES,
    Block,
    Cut,
    ErrorEvent,
    Failure,
    Hang,
    Malformed,
    Mishap,
    Say,
    Status,
    Step,
    Think,
    Use,
    Where,
)

if TYPE_CHECKING:
    from ..messages import JSONObject

_STREAM = "text/event-stream"
_JSON = "application/json"
_BATCH_BYTES = 1 << 16
_BROKEN_LINE = b'event: content_block_delta\ndata: {"type": "content_block_delta", "index"\n\n'


# --- actions ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Head:
    """Send the status line and the headers."""

    status: int
    content_type: str = _JSON
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Send:
    """Send these bytes of the body."""

    data: bytes


@dataclass(frozen=True)
class Delay:
    """Wait for the given number of seconds."""

    seconds: float


@dataclass(frozen=True)
class Drop:
    """Close the connection in the middle of the response."""


@dataclass(frozen=True)
class Stall:
    """Send nothing more until the client disconnects or the server stops."""


Action = Union[Head, Send, Delay, Drop, Stall]


# --- responses ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Envelope:
    """The properties of a request that its response depends on.

    :param new_id: creates an id from a prefix such as `msg`.
    """

    model: str
    stream: bool
    input_tokens: int
    new_id: Callable[[str], str]


def plan(step: Step, failure: Failure | None, envelope: Envelope) -> Iterator[Action]:
    """Return the actions for a request, either those of `step` or of a preceding failure."""
    if step.wait:
        yield Delay(step.wait)
    if isinstance(failure, Status):
        yield from plan_error(failure)
        return
    message = _message(step, envelope)
    if envelope.stream:
        yield from _stream(step, failure, message)
    else:
        yield from _unstreamed(step, failure, message)


def plan_json(value: JSONObject) -> Iterator[Action]:
    """Return the actions for a JSON response."""
    yield Head(200)
    yield Send(json.dumps(value).encode())


def plan_error(failure: Status) -> Iterator[Action]:
    """Return the actions for an HTTP error."""
    message = failure.message or f"Scripted {failure.status}"
    yield Head(failure.status, headers=failure.headers)
    yield Send(json.dumps(_error(failure.error_type, message)).encode())


def _error(kind: str, message: str) -> JSONObject:
    return {"type": "error", "error": {"type": kind, "message": message}}


def _message(step: Step, envelope: Envelope) -> JSONObject:
    """Build the complete message."""
    blocks = [_block(block, envelope.new_id) for block in step.blocks]
    uses_tool = any(isinstance(block, Use) for block in step.blocks)
    usage: JSONObject = {
        "input_tokens": envelope.input_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": 1 + len(json.dumps(blocks)) // 4,
        "service_tier": "standard",
        **step.usage,
    }
    return {
        "id": envelope.new_id("msg"),
        "type": "message",
        "role": "assistant",
        "model": envelope.model,
        "content": blocks,
        "stop_reason": step.stop_reason or ("tool_use" if uses_tool else "end_turn"),
        "stop_sequence": None,
        "usage": usage,
    }


def _block(block: Block, new_id: Callable[[str], str]) -> JSONObject:
    if isinstance(block, Say):
        return {"type": "text", "text": block.text}
    if isinstance(block, Think):
        return {"type": "thinking", "thinking": block.text, "signature": block.signature}
    use_id = block.id or new_id("toolu")
    return {"type": "tool_use", "id": use_id, "name": block.name, "input": block.input}


# --- unstreamed responses -----------------------------------------------------------------------


def _unstreamed(step: Step, failure: Mishap | None, message: JSONObject) -> Iterator[Action]:
    data = json.dumps(message).encode()
    if isinstance(failure, ErrorEvent):
        status = _STATUS_OF.get(failure.error, 500)
        yield from plan_error(Status(status, failure.error, failure.message))
        return
    if failure is None:
        yield from (Head(200, headers=step.headers), Send(data))
        return
    if failure.after != "before":
        yield from (Head(200, headers=step.headers), Send(data[: len(data) // 2]))
    yield from _END[type(failure)]


_STATUS_OF = {error: status for status, error in ERROR_TYPES.items()}
# Without the pause, the client may see the end before it has read the preceding bytes.
_END: dict[type[Mishap], Sequence[Action]] = {
    Cut: [Delay(0.1), Drop()],
    Hang: [Stall()],
    Malformed: [],
}


# --- streamed responses -------------------------------------------------------------------------


@dataclass(frozen=True)
class _Frame:
    """One server-sent event.

    :param delta: whether it carries a piece of the answer.
    """

    data: bytes
    delta: bool = False


def _stream(step: Step, failure: Mishap | None, message: JSONObject) -> Iterator[Action]:
    frames = _frames(message, step.chunk)
    if failure is None:
        yield Head(200, _STREAM, step.headers)
        yield from _paced(frames, step.delay)
        return
    if failure.after != "before" or not isinstance(failure, (Cut, Hang)):
        yield Head(200, _STREAM, step.headers)
    complete = list(frames)
    count = _frames_until(complete, failure.after)
    yield from _paced(complete[:count], step.delay)
    yield from _fail(failure, complete[count:])


def _fail(failure: Mishap, rest: Sequence[_Frame]) -> Iterator[Action]:
    if isinstance(failure, ErrorEvent):
        yield Send(_event(_error(failure.error, failure.message)))
    elif isinstance(failure, Malformed):
        yield Send(_BROKEN_LINE)
        yield from _paced(rest, 0.0)
    else:
        yield from _END[type(failure)]


def _frames_until(frames: Sequence[_Frame], after: Where) -> int:
    """Count the frames before a failure that occurs after `after` deltas."""
    if isinstance(after, str):
        return 0
    deltas = [index for index, frame in enumerate(frames) if frame.delta]
    # The last two frames end the message, and a failure always comes before them.
    return deltas[after] if after < len(deltas) else len(frames) - 2


def _paced(frames: Iterable[_Frame], delay: float) -> Iterator[Action]:
    """Send each delta separately if there is a delay, and in large batches otherwise."""
    pending = bytearray()
    for frame in frames:
        if frame.delta and delay and pending:
            yield Send(bytes(pending))
            yield Delay(delay)
            pending.clear()
        pending += frame.data
        if len(pending) > _BATCH_BYTES:
            yield Send(bytes(pending))
            pending.clear()
    if pending:
        yield Send(bytes(pending))


def _frames(message: JSONObject, chunk: int) -> Iterator[_Frame]:
    fields = Fields(message)
    usage = fields.obj("usage").raw
    start = {**message, "content": [], "stop_reason": None}
    start["usage"] = {**usage, "output_tokens": 1}
    yield _Frame(_event({"type": "message_start", "message": start}))
    for index, block in enumerate(fields.objects("content")):
        yield from _block_frames(index, block, chunk)
    ending = {name: message[name] for name in ("stop_reason", "stop_sequence")}
    spent = {name: value for name, value in usage.items() if name != "service_tier"}
    yield _Frame(_event({"type": "message_delta", "delta": ending, "usage": spent}))
    yield _Frame(_event({"type": "message_stop"}))


def _block_frames(index: int, block: Fields, chunk: int) -> Iterator[_Frame]:
    empty, deltas = _OPENED[block.text("type")](block, chunk)
    position = {"index": index}
    yield _Frame(_event({"type": "content_block_start", **position, "content_block": empty}))
    for delta in deltas:
        yield _Frame(
            _event({"type": "content_block_delta", **position, "delta": delta}), delta=True
        )
    yield _Frame(_event({"type": "content_block_stop", **position}))


_Opened: TypeAlias = "tuple[JSONObject, list[JSONObject]]"


def _open_text(block: Fields, chunk: int) -> _Opened:
    pieces = _pieces(block.text("text"), chunk)
    return {**block.raw, "text": ""}, [{"type": "text_delta", "text": piece} for piece in pieces]


def _open_thinking(block: Fields, chunk: int) -> _Opened:
    deltas: list[JSONObject] = [
        {"type": "thinking_delta", "thinking": piece}
        for piece in _pieces(block.text("thinking"), chunk)
    ]
    deltas.append({"type": "signature_delta", "signature": block.text("signature")})
    return {**block.raw, "thinking": "", "signature": ""}, deltas


def _open_tool(block: Fields, chunk: int) -> _Opened:
    pieces = _pieces(json.dumps(block.raw["input"], ensure_ascii=False), chunk)
    deltas: list[JSONObject] = [
        {"type": "input_json_delta", "partial_json": piece} for piece in pieces
    ]
    return {**block.raw, "input": {}}, deltas


_OPENED: dict[str, Callable[[Fields, int], _Opened]] = {
    "text": _open_text,
    "thinking": _open_thinking,
    "tool_use": _open_tool,
}


def _pieces(text: str, chunk: int) -> list[str]:
    return [text[start : start + chunk] for start in range(0, len(text), chunk)]


def _event(value: JSONObject) -> bytes:
    return f"event: {value['type']}\ndata: {json.dumps(value)}\n\n".encode()
