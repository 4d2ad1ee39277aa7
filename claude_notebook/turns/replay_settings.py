"""Settings for recording and playing a notebook's turns, from all sources."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..messages import JSON
from ..recording.environment import (
    APPLY,
    FOLDER,
    MODE,
    RUN_TOOLS,
    USUAL_FOLDER,
    is_on,
    mode_of,
)
from ..replay import Replay, ReplayMode, ReplayNote

AT_ONCE = 0.0

# kind of note -> level of the notice in the cell; answers have their own panel
LEVELS: dict[str, Literal["info", "warning", "played"]] = {
    "played": "played",
    "recorded": "info",
    "applied": "info",
    "differs": "warning",
    "not applied": "info",
    "not run": "warning",
    "ignored": "warning",
}


@dataclass(frozen=True)
class ReplayFlags:
    """The settings from a cell's flags or from the configuration. None means that it is not set.

    :param speed: 1.0 is the recorded speed; `AT_ONCE` plays without waiting.
    """

    mode: str | None = None
    speed: float | None = None
    apply: str | None = None
    folder: str | None = None
    run_tools: bool = False


@dataclass(frozen=True)
class NotebookReplay:
    """The replay settings that all cells in a notebook share.

    :param notebook: the notebook's path, if known. Recordings are stored next to it.
    """

    notebook: str | None = None
    positions: dict[str, JSON] = field(default_factory=dict, compare=False, repr=False)

    def settings(
        self,
        flags: ReplayFlags,
        config: ReplayFlags,
        environ: Mapping[str, str],
        cwd: str,
        *,
        attended: bool,
    ) -> Replay | None:
        """Return the replay settings, or None if no source sets a mode.

        If a person is using the front end (`attended`), turns are played at the recorded speed.

        :raises OptionsError: if the configuration or the environment has an unknown mode
        """
        mode = _mode(flags, config, environ)
        if mode is None:
            return None
        usual_speed = 1.0 if attended else AT_ONCE
        speed = next(s for s in (flags.speed, config.speed, usual_speed) if s is not None)
        return Replay(
            folder=self._folder(config.folder or environ.get(FOLDER, ""), cwd),
            mode=mode,
            speed=speed or None,
            apply=_apply_folder(flags.apply or config.apply or environ.get(APPLY), cwd),
            run_tools=any((flags.run_tools, config.run_tools, is_on(environ.get(RUN_TOOLS)))),
            source=Path(self.notebook).name if self.notebook else None,
            positions=self.positions,
        )

    def _folder(self, folder: str, cwd: str) -> str:
        base = os.path.dirname(self.notebook) if self.notebook else cwd
        return os.path.join(base, os.path.expanduser(folder or USUAL_FOLDER))


def _mode(flags: ReplayFlags, config: ReplayFlags, environ: Mapping[str, str]) -> ReplayMode | None:
    """Return the mode from the first source that sets one."""
    sources = (
        (flags.mode, "--replay"),
        (config.mode, "ClaudeMagics.replay"),
        (environ.get(MODE), MODE),
    )
    return next((mode_of(value, where) for value, where in sources if value), None)


def _apply_folder(folder: str | None, cwd: str) -> str | None:
    return os.path.join(cwd, os.path.expanduser(folder)) if folder else None


def badge(note: ReplayNote) -> str:
    """Return the label for the footer of a played cell."""
    return "recorded" if note.kind == "played" else ""


def last_message(replay: Replay | None, session_id: str | None) -> str | None:
    """Return the last message of a recorded conversation, from which a copy can continue."""
    known = replay.positions.get(session_id) if replay is not None and session_id else None
    uuid: str | None = getattr(known, "last_uuid", None)
    return uuid
