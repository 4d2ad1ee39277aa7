"""What can be said about recording and playing conversations. Values only."""

from __future__ import annotations

import hmac
import os
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Union

from .messages import JSON

__all__ = ["ANSWERED", "Replay", "ReplayMode", "ReplayNote"]

ReplayMode = Literal["auto", "only", "record", "off"]

ANSWERED = "claude_notebook_answered"
"""The subtype of a `SystemMessage` on a question that was answered when a turn was recorded. Its
`data` has the CLI's `request`, and the `response` to it: an object, or None if there was none. Only
the player makes such a message; one that is part of a recording becomes an `UnknownMessage`."""

_SEAL = secrets.token_hex(16)


def sealed(request: JSON, response: JSON) -> dict[str, JSON]:
    """The wire form of a message on a question that was answered. Only the player calls this."""
    message = {"type": "system", "subtype": ANSWERED, "uuid": str(uuid.uuid4()), "session_id": ""}
    return {**message, "seal": _SEAL, "request": request, "response": response}


def is_sealed(message: dict[str, JSON]) -> bool:
    """True if `sealed()` of this process made a message."""
    return hmac.compare_digest(str(message.get("seal")).encode("utf-8", "replace"), _SEAL.encode())


@dataclass(frozen=True)
class ReplayNote:
    """Something to know of a turn that is played or recorded. `text` says it in full.

    :param kind: "played", "recorded", "approved" (a question was answered as recorded), "differs"
        (a tool or hook now answers something else), "not run" (it was not allowed to run again),
        "ignored" (a line of the recording is not played), "applied" or "not applied" (a change).
    """

    kind: Literal[
        "played", "recorded", "approved", "differs", "not run", "ignored", "applied", "not applied"
    ]
    text: str


@dataclass(frozen=True)
class Replay:
    """Record conversations, and play them instead of asking again.

    Keep one object for all that belongs together: it remembers where its conversations stand.

    :param folder: where the recordings are, a file for each turn.
    :param mode: "auto" plays what is recorded and records the rest; "only" never starts a process
        and raises `CassetteError` where nothing is recorded; "record" asks again and replaces what
        is there; "off" does neither.
    :param speed: 1.0 is the pace of the recording, 2.0 twice as fast; None does not wait at all.
    :param apply: a folder in which recorded Writes and Edits are repeated; None changes no file.
        Only files of ordinary data, prose, and source are written. A `ReplayNote` reports each
        skipped change and its reason.
    :param about: what counts besides the prompts; None takes it from the options.
    :param source: the name of what asks, for those who read the recordings.
    :param answers: whether a `SystemMessage` (`ANSWERED`) comes for each question that is answered
        as recorded, at its place among the messages.
    :param tell: called with each `ReplayNote`.
    :param hear: called with each line that goes through, in any mode, and where it comes from:
        "cli", or "us" if it goes there.
    :param positions: session id -> where that conversation stands; filled by itself.
    :param run_tools: whether the program's own tools and hooks run again, with the arguments of the
        recording, and a `session_store` gets the recorded transcript. Each tool and hook first
        needs the consent of `can_use_tool`, where there is one. Otherwise the recorded answers
        hold, and nothing in a recording calls any code.
    """

    folder: Union[str, os.PathLike[str]]
    mode: ReplayMode = "auto"
    speed: float | None = None
    apply: Union[str, os.PathLike[str]] | None = None
    about: JSON = None
    source: str | None = None
    answers: bool = False
    tell: Callable[[ReplayNote], None] | None = field(default=None, compare=False, repr=False)
    hear: Callable[[str, bytes], None] | None = field(default=None, compare=False, repr=False)
    positions: dict[str, JSON] = field(default_factory=dict, compare=False, repr=False)
    run_tools: bool = False

    def __repr__(self) -> str:
        from .redact import redacted_repr  # rarely needed

        return redacted_repr(self)
