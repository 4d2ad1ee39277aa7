"""`%claude /restore`, which renders the output of turns from their logs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import CassetteError, OptionsError
from ..messages import Message, ResultMessage
from ..recording.format import Cassette, LogHeader
from ..recording.turn_log import LogFolder, is_running
from ..render.html.sanitizer import one_line
from ..replay import RecordedAnswer, ReplayNote
from .questions.recorded_answers import show_answered
from .request import count_from

if TYPE_CHECKING:
    from ..render.model import TurnState
    from ..render.view.turn_view import TurnView

ALL = "all"
MARK = "restored"
_PROMPT = 60
_CUT = "The output ends here because the kernel ended. The last messages may be missing."
_RUNS = "The turn is still running in its own cell. This is its output so far."


def restore_views(folder: LogFolder, selection: str) -> list[TurnView]:
    """Return the views for a notebook's last turn, its last N turns, or all logged turns.

    :param selection: "" for the last turn, a number of turns, or "all".
    :raises OptionsError: if no turn is logged, or `selection` is invalid
    """
    if folder.path is None:
        raise OptionsError(
            "No turn can be restored: this front end does not report the notebook's path, so turns "
            "are not logged. Open the notebook in JupyterLab or VS Code."
        )
    logs = folder.turns()
    if not logs:
        raise OptionsError(
            "No turn of this notebook has been logged yet. Run a %%claude cell first."
        )
    return [view_of_log(path) for path in logs[-_count(selection, len(logs)) :]]


def _count(selection: str, logged: int) -> int:
    if not selection or selection == ALL:
        return logged if selection else 1
    count = count_from(selection)
    if count is None:
        raise OptionsError(f"/restore needs a number of turns or “all”, not {selection[:40]!r}.")
    return count


def view_of_log(path: Path) -> TurnView:
    """Return the view for the turn logged at `path`, which may be incomplete."""
    from ..render.view.turn_view import TurnView

    try:
        cassette = Cassette(path)
        header = cassette.header_as(LogHeader)
    except CassetteError as error:
        view = TurnView()
        view.error(error)
        view.finish("failed", 0)
        return view
    messages, notes, failure = _messages(cassette)
    view = _view(header, messages, failure, is_running(path))
    for note in notes:
        view.notice("warning", note)
    return view


def _messages(
    cassette: Cassette,
) -> tuple[list[Message | RecordedAnswer], list[str], str | None]:
    """Read the turn's messages, its warnings, and its failure.

    The failure is "" if the turn succeeded, and None if it did not end.
    """
    from ..recording.keys import CWD, HOME, Places
    from ..recording.player import Batch, Player, TurnEnd

    messages: list[Message | RecordedAnswer] = []
    notes: list[str] = []

    def hear(note: ReplayNote) -> None:
        if note.kind == "ignored":
            notes.append(note.text)

    try:
        player = Player(cassette, None, Places(CWD, HOME), hear)
        player.shows = True
        while not isinstance(step := player.step(0), TurnEnd):
            if isinstance(step, RecordedAnswer):
                messages.append(step)
            elif isinstance(step, Batch):
                messages += step.messages
        return messages, notes, step.stderr if cassette.is_whole else None
    except CassetteError as error:  # a line is damaged, so show the lines before it
        return messages, [*notes, str(error)], None


def _view(
    header: LogHeader,
    messages: list[Message | RecordedAnswer],
    failure: str | None,
    running: bool,
) -> TurnView:
    from ..render.view.notices import ErrorSummary
    from ..render.view.reducer import apply_message
    from ..render.view.turn_view import TurnView

    started_ms = 1000 * header.started
    result = next((m for m in reversed(messages) if isinstance(m, ResultMessage)), None)
    view = TurnView(started_ms)
    view.notice("resumed", _about(header))
    for message in messages:
        if isinstance(message, RecordedAnswer):
            show_answered(view, message, header.cwd)
        else:
            apply_message(view, message, started_ms)
    if running:
        view.notice("info", _RUNS)
    elif failure is None and result is None:
        view.notice("warning", _CUT)
    if failure:
        view.error(ErrorSummary("The turn failed", failure, ""))
    ended_ms = started_ms + result.duration_ms if result is not None else 0
    view.totals.update(note=MARK)
    view.finish(_state(result, failure), ended_ms)
    return view


def _state(result: ResultMessage | None, failure: str | None) -> TurnState:
    if failure or (result is not None and result.is_error):
        return "failed"
    return "stopped" if result is None else "done"


def _about(header: LogHeader) -> str:
    prompt = one_line(header.prompt, _PROMPT)
    day = time.strftime("%Y-%m-%d %H:%M", time.localtime(header.started))
    return f"Restored from the log of this notebook: “{prompt}”, asked on {day}."
