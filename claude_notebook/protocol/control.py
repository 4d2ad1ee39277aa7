"""Control requests: questions that go through the stream beside the messages, in both directions.

Each question has an id and gets at most one answer. Its life is the table `TRANSITIONS`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from ..messages import JSON, JSONObject


@dataclass(frozen=True)
class ControlRequest:
    """The CLI asks us: `subtype` "can_use_tool", "hook_callback", "mcp_message", ...

    `problem` says why the request could not be read. It still needs an answer: a refusal.
    """

    request_id: str
    subtype: str
    request: JSONObject = field(default_factory=dict)
    problem: str | None = None


@dataclass(frozen=True)
class ControlResponse:
    """The CLI answers us: `response`, or `error` where it refused."""

    request_id: str
    response: JSON = None
    error: str | None = None


@dataclass(frozen=True)
class ControlCancel:
    """The CLI withdraws a question: nobody waits for the answer any more."""

    request_id: str


class State(enum.Enum):
    """Where a question stands."""

    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.OPEN: frozenset({State.ANSWERED, State.WITHDRAWN}),
    State.ANSWERED: frozenset(),
    State.WITHDRAWN: frozenset(),
}


class Questions:
    """The questions of one direction that are open, by id. Ended ones are forgotten."""

    def __init__(self) -> None:
        self._open: dict[str, str] = {}

    def ask(self, request_id: str, subtype: str) -> None:
        """A question is asked. An id that is open already is kept: a repeat changes nothing."""
        self._open.setdefault(request_id, subtype)

    def move(self, request_id: str, state: State) -> bool:
        """Take a question to `state`; False if it is not known, or that is no legal step."""
        if request_id not in self._open or state not in TRANSITIONS[State.OPEN]:
            return False
        del self._open[request_id]
        return True

    def end_all(self) -> list[str]:
        """Withdraw whatever is open, and return the ids."""
        ids, self._open = list(self._open), {}
        return ids

    def __contains__(self, request_id: object) -> bool:
        return request_id in self._open

    def __len__(self) -> int:
        return len(self._open)
