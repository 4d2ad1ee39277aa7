"""Options, notes and events of recorded conversations. Values only."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Union

from .messages import OpenJSON, OpenObject

__all__ = ["RecordedAnswer", "Replay", "ReplayMode", "ReplayNote"]

ReplayMode = Literal["auto", "only", "record", "off"]


@dataclass(frozen=True)
class RecordedAnswer:
    """A question that a person answered while a turn was recorded, and the answer.

    Only the player creates it. The codec does not know this class, so no line of a recording can
    pass for a person's answer.

    :param request: the CLI's question, as in `ControlRequest.request`.
    :param response: the recorded response; None if the question was withdrawn or not answered.
    """

    request: OpenObject
    response: OpenJSON = None


@dataclass(frozen=True)
class ReplayNote:
    """A note about a turn that is played or recorded. `text` is complete and for people.

    :param kind: "played", "recorded", "approved" (a question was answered as recorded), "differs"
        (a tool or hook now answers something else), "not run" (it was not allowed to run again),
        "ignored" (a line of the recording is not played), "applied" or "not applied" (a change to
        a file).
    """

    kind: Literal[
        "played", "recorded", "approved", "differs", "not run", "ignored", "applied", "not applied"
    ]
    text: str


@dataclass(frozen=True)
class Replay:
    """Record conversations, and play recordings instead of asking again.

    Use one object for all related conversations, because it keeps track of their positions.

    :param folder: the folder of the recordings, one file per turn.
    :param mode: "auto" plays recorded turns and records all others; "only" never starts a process
        and raises `CassetteError` for a turn without a recording; "record" asks again and replaces
        recordings; "off" neither plays nor records.
    :param speed: 1.0 is the recorded pace, 2.0 is twice as fast; None does not wait at all.
    :param apply: a folder in which the recorded changes of Write and Edit are applied; None
        changes no file. Only files of ordinary data, prose, and source are written. A `ReplayNote`
        reports each skipped change and its reason.
    :param about: settings that select a recording besides the prompts; None derives them from the
        options.
    :param source: the name of the program, for readers of the recordings.
    :param answers: yield a `RecordedAnswer` among the messages for each question that a person
        answered in the recording.
    :param tell: called with each `ReplayNote`.
    :param hear: called in any mode with each line, and its sender: "cli" or "us".
    :param positions: session id -> position of that conversation. Filled automatically.
    :param run_tools: run the program's own tools and hooks again, with the recorded arguments, and
        pass the recorded transcript to a `session_store`. Each tool and hook first needs the
        consent of `can_use_tool`, if there is one. Without `run_tools` the recorded responses are
        used, and a recording never calls any code.
    :param ignore_flag_settings: settings that `ClaudeSDKClient.apply_flag_settings()` changes do
        not select a recording.
    """

    folder: Union[str, os.PathLike[str]]
    mode: ReplayMode = "auto"
    speed: float | None = None
    apply: Union[str, os.PathLike[str]] | None = None
    about: OpenJSON = None
    source: str | None = None
    answers: bool = False
    tell: Callable[[ReplayNote], None] | None = field(default=None, compare=False, repr=False)
    hear: Callable[[str, bytes], None] | None = field(default=None, compare=False, repr=False)
    positions: dict[str, OpenJSON] = field(default_factory=dict, compare=False, repr=False)
    run_tools: bool = False
    ignore_flag_settings: bool = False

    def __repr__(self) -> str:
        from .redact import redacted_repr  # rarely needed

        return redacted_repr(self)
