"""Options, notes and events for recorded conversations. This module contains only values."""

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
    """A question that a person answered while a turn was recorded, along with the answer.

    Instances are created only by the player. The codec does not know this class, so no line in a
    recording can pose as a person's answer.

    :param request: the CLI's question, as in `ControlRequest.request`.
    :param response: the recorded response; None if the question was withdrawn or not answered.
    """

    request: OpenObject
    response: OpenJSON = None


@dataclass(frozen=True)
class ReplayNote:
    """A note about a turn that is played or recorded. `text` is complete and human-readable.

    :param kind: "played", "recorded", "approved" (a question was answered as recorded), "differs"
        (a tool or hook now gives a different answer), "not run" (it was not allowed to run again),
        "ignored" (a line in the recording is not played), "applied" or "not applied" (a change to a
        file).
    """

    kind: Literal[
        "played", "recorded", "approved", "differs", "not run", "ignored", "applied", "not applied"
    ]
    text: str


@dataclass(frozen=True)
class Replay:
    """Records conversations, and plays recordings instead of asking again.

    Use one object for all related conversations, because it keeps track of their positions.

    :param folder: the folder for recordings, with one file per turn.
    :param mode: "auto" plays recorded turns and records all others; "only" never starts a process
        and raises `CassetteError` for a turn without a recording; "record" asks again and replaces
        recordings; "off" neither plays nor records.
    :param speed: 1.0 plays at the recorded speed, 2.0 twice as fast, and None without any waiting.
    :param apply: a folder in which the recorded changes made by Write and Edit are applied; None
        changes no files. Only files of ordinary data, prose, and source code are written. Each
        skipped change is reported by a `ReplayNote` with the reason.
    :param about: settings that select a recording in addition to the prompts; None derives them
        from the options.
    :param source: the program's name, for people who read the recordings.
    :param answers: whether to yield a `RecordedAnswer` among the messages for each question that a
        person answered in the recording.
    :param tell: called with each `ReplayNote`.
    :param hear: called in any mode with each line and its sender, "cli" or "us".
    :param positions: session id -> position of that conversation. It is filled automatically.
    :param run_tools: run the program's own tools and hooks again, with the recorded arguments, and
        pass the recorded transcript to a `session_store`. If there is a `can_use_tool` callback,
        each tool and hook first needs its consent. Without `run_tools`, the recorded responses are
        used, and a recording never calls any code.
    :param ignore_flag_settings: whether settings changed by `ClaudeSDKClient.apply_flag_settings()`
        are ignored when selecting a recording.
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
