"""Steps of a scripted model, with its answers and failures: plain values.

A script is a list of steps. The n-th answer of the model to a prompt is made from step n.
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
    """A malformed script. The message names the step and the problem."""


# --- answers ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Say:
    """Text that the model says."""

    text: str


@dataclass(frozen=True)
class Think:
    """Thinking of the model.

    :param signature: the signature of the model's service.
    """

    text: str
    signature: str = "scripted-signature"


@dataclass(frozen=True)
class Use:
    """A tool call of the model, which the CLI runs for real.

    :param id: the id of the call; None generates one.
    """

    name: str
    input: JSONObject = field(default_factory=dict)
    id: str | None = None


Block = Union[Say, Think, Use]


# --- failures -----------------------------------------------------------------------------------

Where = Union[int, Literal["before", "start"]]
"""Position of a failure: before the response, after the HTTP headers, or after n deltas."""


@dataclass(frozen=True)
class Status:
    """An HTTP error: 401, 429, 529 ...

    :param error: the type in the body; the usual one of the status when None.
    :param headers: extra headers, such as `retry-after`.
    """

    status: int
    error: str | None = None
    message: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int | None = None

    @property
    def error_type(self) -> str:
        """The explicit type of the error, or the usual one of the status."""
        return self.error or ERROR_TYPES.get(self.status, "api_error")


@dataclass(frozen=True)
class ErrorEvent:
    """An `error` event in the stream after `after` deltas."""

    error: str = "overloaded_error"
    message: str = "Scripted error event"
    after: Where = 0
    times: int | None = None


@dataclass(frozen=True)
class Cut:
    """The connection closes at `after`."""

    after: Where = "before"
    times: int | None = None


@dataclass(frozen=True)
class Hang:
    """Nothing more arrives from `after` on, and the connection stays open."""

    after: Where = "before"
    times: int | None = None


@dataclass(frozen=True)
class Malformed:
    """A line of the stream after `after` deltas that is not JSON."""

    after: Where = 0
    times: int | None = None


Mishap = Union[ErrorEvent, Cut, Hang, Malformed]
"""Failure within a response; each has an `after`."""

Failure = Union[Status, Mishap]


# --- steps --------------------------------------------------------------------------------------

Answer = Union[str, Block, Sequence[Union[str, Block]]]


@dataclass(frozen=True)
class Step:
    """One answer of the model, its timing, and the failures before it.

    :param answer: a text, a block, or several in order; several `Use` in one step run in parallel.
    :param chunk: characters per delta.
    :param delay: seconds before each delta.
    :param wait: seconds before the first byte.
    :param stop_reason: None selects `tool_use` when a tool is used, and `end_turn` otherwise.
    :param usage: token counts that replace the estimates, by their names in the Messages API.
    :param headers: extra HTTP headers of the response.
    :param fails: failures before (or instead of) the answer, each as often as its `times`.
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
        """The answer as blocks."""
        parts = [self.answer] if isinstance(self.answer, (str, Say, Think, Use)) else self.answer
        return tuple(Say(part) if isinstance(part, str) else part for part in parts)

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The failures, in order."""
        return tuple(self.fails) if isinstance(self.fails, Sequence) else (self.fails,)

    def failure(self, attempt: int) -> Failure | None:
        """Return the failure of an attempt (the first one is 0), or None."""
        for failure in self.failures:
            if failure.times is None or attempt < failure.times:
                return failure
            attempt -= failure.times
        return None
