"""Control requests, which are exchanged alongside the messages in both directions.

Each request has an id and gets at most one response. `TRANSITIONS` lists the valid state changes.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from ..messages import JSON, JSONObject


@dataclass(frozen=True)
class ControlRequest:
    """A request from the peer, with a `subtype` such as "can_use_tool" or "hook_callback".

    `problem` describes why the request could not be read. It must still be answered with a
    rejection.
    """

    request_id: str
    subtype: str
    request: JSONObject = field(default_factory=dict)
    problem: str | None = None


@dataclass(frozen=True)
class ControlResponse:
    """The response to a request: `response`, or `error` if it was rejected."""

    request_id: str
    response: JSON = None
    error: str | None = None


@dataclass(frozen=True)
class ControlCancel:
    """The withdrawal of a request whose response is no longer needed."""

    request_id: str


class State(enum.Enum):
    """The state of a request."""

    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.OPEN: frozenset({State.ANSWERED, State.WITHDRAWN}),
    State.ANSWERED: frozenset(),
    State.WITHDRAWN: frozenset(),
}


class OpenRequests:
    """The open requests in one direction, by id. Requests that have ended are discarded."""

    def __init__(self) -> None:
        self._open: dict[str, str] = {}

    def open(self, request_id: str, subtype: str) -> None:
        """Register a request. Registering an open id again has no effect."""
        self._open.setdefault(request_id, subtype)

    def move(self, request_id: str, state: State) -> bool:
        """Change a request's state to `state`.

        :returns: False if the id is unknown or the transition is not allowed
        """
        if request_id not in self._open or state not in TRANSITIONS[State.OPEN]:
            return False
        del self._open[request_id]
        return True

    def end_all(self) -> list[str]:
        """Withdraw all open requests and return their ids."""
        ids, self._open = list(self._open), {}
        return ids

    def __contains__(self, request_id: object) -> bool:
        return request_id in self._open

    def __len__(self) -> int:
        return len(self._open)
