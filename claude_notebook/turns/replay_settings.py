"""Whether the turns of a notebook are asked, recorded or played, and who says so."""

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
from ..replay import Replay, ReplayNote

AT_ONCE = 0.0

# kind of note -> how the cell tells of it; an answer has its own panel
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
class Wish:
    """What a cell's flags, or the configuration, say; None where they say nothing.

    :param speed: 1.0 is the pace of the recording; `AT_ONCE` does not wait.
    """

    mode: str | None = None
    speed: float | None = None
    apply: str | None = None
    folder: str | None = None
    run_tools: bool = False


@dataclass(frozen=True)
class Playing:
    """What all cells of a notebook have in common.

    :param notebook: its path, if that is known: recordings lie beside it.
    """

    notebook: str | None = None
    positions: dict[str, JSON] = field(default_factory=dict, compare=False, repr=False)

    def settings(
        self, flags: Wish, config: Wish, environ: Mapping[str, str], cwd: str, *, attended: bool
    ) -> Replay | None:
        """Where and how turns are recorded and played; None if nobody has said anything of it.

        Where somebody looks on (`attended`), what is played has the pace of the recording.

        :raises OptionsError: the configuration or the environment names no mode
        """
        given = (
            (flags.mode, "--replay"),
            (config.mode, "ClaudeMagics.replay"),
            (environ.get(MODE), MODE),
        )
        said = next(((value, where) for value, where in given if value), None)
        if said is None:
            return None
        speed = flags.speed if flags.speed is not None else config.speed
        if speed is None:
            speed = 1.0 if attended else AT_ONCE
        apply = flags.apply or config.apply or environ.get(APPLY)
        return Replay(
            folder=self._folder(config.folder or environ.get(FOLDER) or USUAL_FOLDER, cwd),
            mode=mode_of(*said),
            speed=speed or None,
            apply=os.path.join(cwd, os.path.expanduser(apply)) if apply else None,
            run_tools=flags.run_tools or config.run_tools or is_on(environ.get(RUN_TOOLS)),
            source=Path(self.notebook).name if self.notebook else None,
            positions=self.positions,
        )

    def _folder(self, given: str, cwd: str) -> str:
        beside = os.path.dirname(self.notebook) if self.notebook else cwd
        return os.path.join(beside, os.path.expanduser(given))


def badge(note: ReplayNote) -> str:
    """What stands at the foot of a cell that is played."""
    return "recorded" if note.kind == "played" else ""


def last_message(replay: Replay | None, session_id: str | None) -> str | None:
    """Where a recorded conversation stands now: a copy begins there, however late it does."""
    known = replay.positions.get(session_id) if replay is not None and session_id else None
    found: str | None = getattr(known, "last_uuid", None)
    return found
