"""Environment variables that turn on recording and playback."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from typing import cast, get_args

from ..errors import OptionsError
from ..replay import Replay, ReplayMode

MODE, FOLDER = "CLAUDE_NOTEBOOK_REPLAY", "CLAUDE_NOTEBOOK_CASSETTES"
APPLY = "CLAUDE_NOTEBOOK_APPLY"
RUN_TOOLS = "CLAUDE_NOTEBOOK_RUN_TOOLS"
USUAL_FOLDER = "cassettes"


def mode_of(value: str, where: str) -> ReplayMode:
    """Validate the name of a mode.

    :raises OptionsError: if there is no such mode
    """
    if value not in get_args(ReplayMode):
        names = ", ".join(get_args(ReplayMode))
        raise OptionsError(f"{where} must be one of {names}, not {value!r}.", field="replay")
    return cast("ReplayMode", value)


def replay_from(environ: Mapping[str, str]) -> Replay | None:
    """Return the settings from the environment.

    Return None if there are none, or if the mode is "off".

    :raises OptionsError: if there is no such mode
    """
    mode = environ.get(MODE)
    if not mode or mode_of(mode, MODE) == "off":
        return None
    folder = os.path.abspath(environ.get(FOLDER) or USUAL_FOLDER)
    run_tools = is_on(environ.get(RUN_TOOLS))
    return _kept(folder, mode_of(mode, MODE), environ.get(APPLY) or None, run_tools)


def is_on(value: str | None) -> bool:
    """Return whether an environment variable's value means "on"."""
    return (value or "").strip().lower() in ("1", "true", "yes", "on")


@functools.lru_cache(maxsize=64)
def _kept(folder: str, mode: ReplayMode, apply: str | None, run_tools: bool) -> Replay:
    """Return one object per folder, because it stores the conversations' positions."""
    return Replay(folder, mode, apply=apply, run_tools=run_tools)
