"""The notation for a script inside a prompt: JSON between two markers.

::

    <<script [
      {"think": "I should look first.", "use": "Bash", "input": {"command": "ls"}},
      {"say": "Done.", "chunk": 5, "delay": 0.05}
    ]>>

Any other text in the prompt is meant for human readers. In Python, `script()` creates this
notation.

A step is a string (text to say) or an object with these optional keys:

===============  =============================================================================
``think``        thinking
``say``          text
``use``          the name of a tool; ``input`` is its input, ``id`` the id of the call
``answer``       any mixture in order: strings, and objects with the keys above
``chunk``        characters per delta (20)
``delay``        seconds before each delta (0)
``wait``         seconds before the first byte (0)
``stop_reason``  ``tool_use`` when a tool is used, otherwise ``end_turn``
``usage``        token counts that replace the estimates, by their names in the Messages API
``headers``      extra HTTP headers of the response
``fails``        one failure, or a list of failures before the step succeeds
===============  =============================================================================

A failure is an object with one of these keys, and optionally ``times``, the number of failures
before the step succeeds (without it, the step always fails):

===============  =============================================================================
``status``       an HTTP status; with ``error`` (its type), ``message`` and ``headers``
``error_event``  an ``error`` event of that type in the stream; with ``message`` and ``after``
``cut``          the connection closes
``hang``         nothing more arrives, and the connection stays open
``malformed``    a line of the stream is not JSON
===============  =============================================================================

The position of a failure (the value of ``cut``, ``hang``, ``malformed`` or ``after``) is
``"before"`` (before the response), ``"start"`` (after the HTTP headers) or a number of deltas.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from ..messages import JSONObject
from .steps import (
    Answer,
    Block,
    Cut,
    ErrorEvent,
    Failure,
    Hang,
    Malformed,
    Say,
    ScriptError,
    Status,
    Step,
    Think,
    Use,
    Where,
)

__all__ = ["CLOSE", "OPEN", "find_script", "script"]

OPEN = "<<script "
CLOSE = ">>"


class _Block(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    think: str | None = None
    signature: str = Think.signature
    say: str | None = None
    use: str | None = None
    input: JSONObject = {}
    id: str | None = None


class _Failure(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    status: int | None = None
    error: str | None = None
    error_event: str | None = None
    cut: Where | None = None
    hang: Where | None = None
    malformed: Where | None = None
    message: str | None = None
    headers: dict[str, str] = {}
    after: Where = 0
    times: int | None = None


class _Step(_Block, forbid_unknown_fields=True, omit_defaults=True):
    answer: list[str | _Block] = []
    chunk: int = Step.chunk
    delay: float = Step.delay
    wait: float = Step.wait
    stop_reason: str | None = None
    usage: dict[str, int] = {}
    headers: dict[str, str] = {}
    fails: list[_Failure] | _Failure = []


# --- writing ------------------------------------------------------------------------------------


def script(*steps: Step | Answer) -> str:
    """Return a prompt that makes the scripted model perform `steps`.

    It may be surrounded by other text: `"Please tidy up. " + script("Done.")`. A subagent's prompt
    has its own script: `Use("Agent", {"prompt": script("I am the subagent."), ...})`.
    """
    written = [_write_step(step if isinstance(step, Step) else Step(step)) for step in steps]
    return f"{OPEN}{json.dumps(msgspec.to_builtins(written))}{CLOSE}"


def _write_step(step: Step) -> _Step:
    blocks = [_write_block(block) for block in step.blocks]
    only = msgspec.structs.asdict(blocks[0]) if len(blocks) == 1 else {"answer": blocks}
    return _Step(
        **only,
        chunk=step.chunk,
        delay=step.delay,
        wait=step.wait,
        stop_reason=step.stop_reason,
        usage=dict(step.usage),
        headers=dict(step.headers),
        fails=[_write_failure(failure) for failure in step.failures],
    )


def _write_block(block: Block) -> _Block:
    if isinstance(block, Say):
        return _Block(say=block.text)
    if isinstance(block, Think):
        return _Block(think=block.text, signature=block.signature)
    return _Block(use=block.name, input=block.input, id=block.id)


def _write_failure(failure: Failure) -> _Failure:
    write: Callable[[Any], _Failure] = _WRITE_FAILURE[type(failure)]
    written = write(failure)
    written.times = failure.times
    return written


_WRITE_FAILURE: dict[type[Failure], Callable[[Any], _Failure]] = {
    Status: lambda f: _Failure(
        status=f.status, error=f.error, message=f.message, headers=dict(f.headers)
    ),
    ErrorEvent: lambda f: _Failure(error_event=f.error, message=f.message, after=f.after),
    Cut: lambda f: _Failure(cut=f.after),
    Hang: lambda f: _Failure(hang=f.after),
    Malformed: lambda f: _Failure(malformed=f.after),
}


# --- reading ------------------------------------------------------------------------------------


def find_script(text: str) -> tuple[Step, ...] | None:
    """Parse the first script in a text, or return None if there is no script.

    :raises ScriptError: if the script is malformed
    """
    _, marker, rest = text.partition(OPEN)
    if not marker:
        return None
    rest = rest.lstrip()
    try:
        # Searching for the closing marker could find that of a script inside a tool's input.
        steps, end = json.JSONDecoder().raw_decode(rest)
        if not rest[end:].lstrip().startswith(CLOSE):
            raise ValueError(f"its list is followed by {rest[end:][:40]!r} instead of {CLOSE}")
        return _read_steps(steps)
    except ValueError as error:
        raise ScriptError(f"The script is malformed: {error}. Correct it: {rest[:80]!r}") from error


def _read_steps(steps: object) -> tuple[Step, ...]:
    parsed = msgspec.convert(steps, list[str | _Step])
    return tuple(Step(step) if isinstance(step, str) else _read_step(step) for step in parsed)


def _read_step(step: _Step) -> Step:
    fails = step.fails if isinstance(step.fails, list) else [step.fails]
    return Step(
        answer=(*_read_block(step), *_read_answer(step.answer)),
        chunk=max(1, step.chunk),
        delay=step.delay,
        wait=step.wait,
        stop_reason=step.stop_reason,
        usage=step.usage,
        headers=step.headers,
        fails=tuple(_read_failure(failure) for failure in fails),
    )


def _read_answer(parts: Sequence[str | _Block]) -> Iterator[Block]:
    for part in parts:
        if isinstance(part, str):
            yield Say(part)
        else:
            yield from _read_block(part)


def _read_block(block: _Block) -> Iterator[Block]:
    if block.think is not None:
        yield Think(block.think, block.signature)
    if block.say is not None:
        yield Say(block.say)
    if block.use is not None:
        yield Use(block.use, block.input, block.id)


def _read_failure(failure: _Failure) -> Failure:
    for key, read in _READ_FAILURE.items():
        if getattr(failure, key) is not None:
            return read(failure)
    raise ScriptError(f"A failure needs one of these keys: {', '.join(_READ_FAILURE)}.")


_READ_FAILURE: dict[str, Callable[[Any], Failure]] = {
    "status": lambda f: Status(f.status, f.error, f.message, f.headers, f.times),
    "error_event": lambda f: ErrorEvent(
        f.error_event, f.message or ErrorEvent.message, f.after, f.times
    ),
    "cut": lambda f: Cut(f.cut, f.times),
    "hang": lambda f: Hang(f.hang, f.times),
    "malformed": lambda f: Malformed(f.malformed, f.times),
}
