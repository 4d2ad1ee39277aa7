"""The steps of a scripted model, with its answers and failures, as plain values.

A script is a list of steps. The model's n-th answer to a prompt is made from step n.
`claude_notebook.testing.notation` writes a script into a prompt and parses it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Union

from ..errors import ClaudeSDKError

if TYPE_CHECKING:
    from ..messages import JSONObject

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}


class ScriptError(ClaudeSDKError, ValueError):
    """A script is malformed. The message names the step and the problem."""


# --- answers ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Say:
    """Text said by the model."""

    text: str


@dataclass(frozen=True)
class Think:
    """The model's thinking.

    :param signature: the model service's signature.
    """

    text: str
    signature: str = "scripted-signature"


@dataclass(frozen=True)
class Use:
    """A tool call by the model, which the CLI actually runs.

    :param id: the call's id; None generates one.
    """

    name: str
    input: JSONObject = field(default_factory=dict)
    id: str | None = None


Block = Union[Say, Think, Use]


# --- failures -----------------------------------------------------------------------------------

Where = Union[int, Literal["before", "start"]]
"""The position of a failure: before the response, after the HTTP headers, or after n deltas."""


@dataclass(frozen=True)
class Status:
    """An HTTP error, such as 401, 429 or 529.

    :param error: the error type in the body; None uses the usual type for the status.
    :param headers: additional headers, such as `retry-after`.
    """

    status: int
    error: str | None = None
    message: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int | None = None

    @property
    def error_type(self) -> str:
        """The explicit error type, or the usual type for the status."""
        return self.error or ERROR_TYPES.get(self.status, "api_error")


@dataclass(frozen=True)
class ErrorEvent:
    """An `error` event that is sent in the stream after `after` deltas."""

    error: str = "overloaded_error"
    message: str = "Scripted error event"
    after: Where = 0
    times: int | None = None


@dataclass(frozen=True)
class Cut:
    """The connection is closed at `after`."""

    after: Where = "before"
    times: int | None = None


@dataclass(frozen=True)
class Hang:
    """Nothing more arrives after `after`, and the connection stays open."""

    after: Where = "before"
    times: int | None = None


@dataclass(frozen=True)
class Malformed:
    """A line that is not JSON, which is sent in the stream after `after` deltas."""

    after: Where = 0
    times: int | None = None


Mishap = Union[ErrorEvent, Cut, Hang, Malformed]
"""A failure within a response, each type of which has an `after`."""

Failure = Union[Status, Mishap]


# --- steps --------------------------------------------------------------------------------------

Answer = Union[str, Block, Sequence[Union[str, Block]]]


@dataclass(frozen=True)
class Step:
    """One of the model's answers, its timing, and the failures that precede it.

    :param answer: a string, a block, or several in order. Several `Use` blocks in one step run in
        parallel.
    :param chunk: the number of characters per delta.
    :param delay: the seconds to wait before each delta.
    :param wait: the seconds to wait before the first byte.
    :param stop_reason: None selects `tool_use` if a tool is used, and `end_turn` otherwise.
    :param usage: token counts that replace the estimates, using their names in the Messages API.
    :param headers: additional HTTP headers of the response.
    :param fails: failures before (or instead of) the answer, each repeated `times` times.
    """

    answer: Answer = ()
    chunk: int = 20
    delay: float = 0.0
    wait: float = 0.0
    stop_reason: str | None = None
    usage: Mapping[str, int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    fails: Failure | Sequence[Failure] = ()

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The answer as a list of blocks."""
        parts = [self.answer] if isinstance(self.answer, (str, Say, Think, Use)) else self.answer
        return tuple(Say(part) if isinstance(part, str) else part for part in parts)

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The failures, in order."""
        return tuple(self.fails) if isinstance(self.fails, Sequence) else (self.fails,)

    def failure(self, attempt: int) -> Failure | None:
        """Return the failure for an attempt (the first one is 0), or None."""
        for failure in self.failures:
            if failure.times is None or attempt < failure.times:
                return failure
            attempt -= failure.times
        return None
