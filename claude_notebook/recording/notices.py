"""What people are told about recordings, and what is written at the head of one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from ..errors import CassetteError, CLINotFoundError, CLINotUsableError
from ..messages import JSONObject
from ..render.html.sanitize import one_line
from .format import Cassette, TurnHeader
from .keys import Position, Question, quoted
from .library import Folder, Turn


def short(path: str | os.PathLike[str]) -> str:
    """A recording's path as people are told it: folder and name."""
    return os.path.join(*Path(path).parts[-2:])


def played(cassette: Cassette) -> str:
    """That a turn is played, and from what."""
    header = cassette.header_as(TurnHeader)
    by = f" with Claude Code {one_line(header.cli, 40)}" if header.cli else ""
    when = f", recorded {one_line(header.recorded, 40)}{by}" if header.recorded else ""
    return f"Played from {short(cassette.path)}{when}."


def recorded(path: Path, near: tuple[Turn, str] | None) -> str:
    """That a turn is recorded; `near` is the recording that could not be played, and why."""
    why = f" The nearest was {near[0].path.name}: {near[1]}." if near is not None else ""
    return f"Recorded in {short(path)}.{why}"


def missing(folder: Folder, asked: Question, after: Position, shown: JSONObject) -> CassetteError:
    """There is no recording of a prompt, and there must be one."""
    told = _not_there(folder, asked, after, shown)
    return CassetteError(f"{told} Record it with the mode “auto”.")


@contextlib.contextmanager
def asking(folder: Folder, asked: Question, after: Position, shown: JSONObject) -> Iterator[None]:
    """While the CLI is started for a prompt: if that cannot be, say also why it is needed.

    :raises CassetteError: the turns before were recorded elsewhere
    :raises CLINotFoundError: there is no CLI
    :raises CLINotUsableError: it is not executable
    """
    try:
        yield
    except (CassetteError, CLINotFoundError, CLINotUsableError) as error:
        told = _not_there(folder, asked, after, shown)
        need = "" if isinstance(error, CassetteError) else " To ask it, Claude Code is needed."
        error.args = (f"{told}{need} {error}", *error.args[1:])
        raise


def _not_there(folder: Folder, asked: Question, after: Position, shown: JSONObject) -> str:
    near = folder.nearest(asked, after, shown)
    told = (
        f"The nearest is {near[0].path.name}: {near[1]}."
        if near is not None
        else "There is no recording at all."
    )
    return (
        f"No recording of the prompt {quoted(asked.words)} as turn {after.number + 1} in "
        f"{folder.path}. {told}"
    )
