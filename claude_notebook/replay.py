"""What can be said about recording and playing conversations. Values only."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Union

from .messages import JSON

__all__ = ["ANSWERED", "Replay", "ReplayMode", "ReplayNote"]

ReplayMode = Literal["auto", "only", "record", "off"]

ANSWERED = "claude_notebook_answered"
"""The subtype of a `SystemMessage` on a question that was answered when a turn was recorded. Its
`data` has the CLI's `request`, and the `response` to it: an object, or None if there was none."""


@dataclass(frozen=True)
class ReplayNote:
    """Something to know of a turn that is played or recorded. `text` says it in full.

    :param kind: "played", "recorded", "approved" (a question was answered as recorded), "differs"
        (a tool or hook now answers something else), "applied" or "not applied" (a change).
    """

    kind: Literal["played", "recorded", "approved", "differs", "applied", "not applied"]
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
    :param apply: a folder in which what Write and Edit did is done again; None changes no file.
    :param about: what counts besides the prompts; None takes it from the options.
    :param source: the name of what asks, for those who read the recordings.
    :param answers: whether a `SystemMessage` (`ANSWERED`) comes for each question that is answered
        as recorded, at its place among the messages.
    :param tell: called with each `ReplayNote`.
    :param hear: called with each line that goes through, in any mode, and where it comes from:
        "cli", or "us" if it goes there.
    :param positions: session id -> where that conversation stands; filled by itself.
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
