"""Notices about recordings, written for people to read."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from ..errors import CassetteError, CLINotFoundError, CLINotUsableError
from ..messages import JSONObject
from ..render.html.sanitizer import one_line
from .format import Cassette, TurnHeader
from .keys import KeyedPrompt, Position, quoted
from .library import RecordedTurn, RecordingFolder


def short(path: str | os.PathLike[str]) -> str:
    """Shorten the path of a recording to its folder and file name."""
    return os.path.join(*Path(path).parts[-2:])


def played(cassette: Cassette) -> str:
    """Report that a turn is played back, and from which recording."""
    header = cassette.header_as(TurnHeader)
    by = f" with Claude Code {one_line(header.cli, 40)}" if header.cli else ""
    when = f", recorded {one_line(header.recorded, 40)}{by}" if header.recorded else ""
    return f"Played from {short(cassette.path)}{when}."


def recorded(path: Path, near: tuple[RecordedTurn, str] | None) -> str:
    """Report that a turn is recorded.

    :param near: the most similar recording, and how it differs.
    """
    reason = f" The nearest was {near[0].path.name}: {near[1]}." if near is not None else ""
    return f"Recorded in {short(path)}.{reason}"


def missing(
    folder: RecordingFolder, prompt: KeyedPrompt, after: Position, current: JSONObject
) -> CassetteError:
    """Return the error for a prompt that has no recording."""
    text = _describe_miss(folder, prompt, after, current)
    return CassetteError(f"{text} Record it in “auto” mode.")


@contextlib.contextmanager
def explain_start_failure(
    folder: RecordingFolder, prompt: KeyedPrompt, after: Position, current: JSONObject
) -> Iterator[None]:
    """Add the missing recording to the error message if the CLI fails to start.

    :raises CassetteError: if the previous turns were recorded elsewhere
    :raises CLINotFoundError: if the CLI is not installed
    :raises CLINotUsableError: if the CLI is not executable
    """
    try:
        yield
    except (CassetteError, CLINotFoundError, CLINotUsableError) as error:
        text = _describe_miss(folder, prompt, after, current)
        need = "" if isinstance(error, CassetteError) else " Claude Code is needed to answer it."
        error.args = (f"{text}{need} {error}", *error.args[1:])
        raise


def _describe_miss(
    folder: RecordingFolder, prompt: KeyedPrompt, after: Position, current: JSONObject
) -> str:
    near = folder.nearest(prompt, after, current)
    text = (
        f"The nearest is {near[0].path.name}: {near[1]}."
        if near is not None
        else "The folder has no recordings."
    )
    return (
        f"No recording of the prompt {quoted(prompt.words)} as turn {after.number + 1} in "
        f"{folder.path}. {text}"
    )
