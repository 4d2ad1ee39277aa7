"""Control requests, which travel beside the messages in both directions.

Each request has an id and gets at most one response. `TRANSITIONS` lists the legal states.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from ..messages import JSON, JSONObject


@dataclass(frozen=True)
class ControlRequest:
    """A request of the peer: `subtype` is "can_use_tool", "hook_callback", "mcp_message", ...

    `problem` says why the request could not be read. It still needs a response: a refusal.
    """

    request_id: str
    subtype: str
    request: JSONObject = field(default_factory=dict)
    problem: str | None = None


@dataclass(frozen=True)
class ControlResponse:
    """The response to a request: `response`, or `error` for a refusal."""

    request_id: str
    response: JSON = None
    error: str | None = None


@dataclass(frozen=True)
class ControlCancel:
    """The withdrawal of a request, whose response is no longer needed."""

    request_id: str


class State(enum.Enum):
    """State of a request."""

    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.OPEN: frozenset({State.ANSWERED, State.WITHDRAWN}),
    State.ANSWERED: frozenset(),
    State.WITHDRAWN: frozenset(),
}


class PendingRequests:
    """The open requests of one direction, by id. Ended requests are forgotten."""

    def __init__(self) -> None:
        self._open: dict[str, str] = {}

    def open(self, request_id: str, subtype: str) -> None:
        """Register a request. Registering an open id again changes nothing."""
        self._open.setdefault(request_id, subtype)

    def move(self, request_id: str, state: State) -> bool:
        """Move a request to `state`.

        :returns: False for an unknown id or an illegal transition
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
