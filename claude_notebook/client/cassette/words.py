"""What people are told about recordings, and what is written at the head of one."""

from __future__ import annotations

import os
from pathlib import Path

from ...errors import CassetteError
from ...messages import JSONObject
from ...transport.cassette import Cassette
from .folder import Folder, Turn
from .keys import Position, Question, quoted


def short(path: str | os.PathLike[str]) -> str:
    """A recording's path as people are told it: folder and name."""
    return os.path.join(*Path(path).parts[-2:])


def played(cassette: Cassette) -> str:
    """That a turn is played, and from what."""
    header = cassette.header
    by = f" with Claude Code {header['cli']}" if header.get("cli") else ""
    when = f", recorded {header['recorded']}{by}" if header.get("recorded") else ""
    return f"Played from {short(cassette.path)}{when}."


def recorded(path: Path, near: tuple[Turn, str] | None) -> str:
    """That a turn is recorded; `near` is the recording that could not be played, and why."""
    why = f" The nearest was {near[0].path.name}: {near[1]}." if near is not None else ""
    return f"Recorded in {short(path)}.{why}"


def missing(folder: Folder, asked: Question, after: Position, shown: JSONObject) -> CassetteError:
    """There is no recording of a prompt, and there must be one."""
    near = folder.nearest(asked, after, shown)
    told = (
        f"The nearest is {near[0].path.name}: {near[1]}."
        if near is not None
        else "There is no recording at all."
    )
    return CassetteError(
        f"No recording of the prompt {quoted(asked.words)} as turn {after.number + 1} in "
        f"{folder.path}. {told} Record it with the mode “auto”."
    )
