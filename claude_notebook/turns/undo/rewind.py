"""Undo: files as they were before a turn, by Claude Code's own checkpoints.

A checkpoint covers what Claude changed with its file tools, not what commands did. What would
change is shown first, and somebody has to say yes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from ...errors import ClaudeSDKError, ControlRequestError, OptionsError
from ...messages import JSONObject
from ...render.content import Piece
from ...render.html.diff import change_in_words, hunks_between
from ...render.model import Choice
from ...render.questions.confirm import Confirmation
from ..checkpoints import Checkpoint
from ..output.publisher import Painter
from ..turn import Turn

if TYPE_CHECKING:
    from ...render.model import NoticeLevel
    from ..front_end import ReopenableOutput
    from ..live_conversation import NotebookConversation
    from ..questions.questions import Asking
    from ..request import LaunchSettings

REWIND, LEAVE = "rewind", "leave"

_CHOICES = (
    Choice(REWIND, "Rewind these files", shortcut="r", look="primary"),
    Choice(LEAVE, "Leave them as they are", shortcut="l"),
)
_DECISIONS = {REWIND: "Rewound", LEAVE: "Left as they are"}
_COMMAND = re.compile(r"\s*/rewind\b[ \t]*(.*)\s*", re.DOTALL)

_ADVICE = (
    "Checkpoints are kept of turns that are run with --checkpoint, or with "
    "%config ClaudeMagics.checkpoint = True, until /compact or a new conversation."
)

Notify = Callable[["NoticeLevel", str], object]


@dataclass(frozen=True)
class Preview:
    """What rewinding would do."""

    paths: tuple[str, ...]
    pieces: tuple[Piece, ...]


def turns_back(prompt: str) -> int | None:
    """How many turns `/rewind [n]` goes back; None if the prompt is something else.

    :raises OptionsError: what follows is no number of turns
    """
    match = _COMMAND.fullmatch(prompt)
    if match is None:
        return None
    said = match[1].strip() or "1"
    if not said.isdigit() or int(said) < 1:
        raise OptionsError(f"/rewind needs a number of turns, not {said!r}: /rewind 1 is the last.")
    return int(said)


Lock = Callable[[], AbstractAsyncContextManager[object]]
"""Gives what keeps other turns away."""


@dataclass(frozen=True)
class Rewinding:
    """Brings files back to a checkpoint, if a person agrees to what that changes.

    :param lock: is held while the CLI is at it, and not while the person thinks.
    """

    conversation: NotebookConversation
    checkpoint: Checkpoint
    launch: LaunchSettings
    asking: Asking | None
    notify: Notify
    lock: Lock = nullcontext

    async def run(self) -> bool:
        """Whether it was done.

        :raises ClaudeSDKError: the CLI cannot do it
        """
        async with self.lock():
            shown = await self._preview()
        while shown.paths:
            if not await self._agreed(shown):
                return False
            async with self.lock():
                now = await self._preview()
                if now == shown:
                    await self._do(shown)
                    return True
            # Files have changed in the meantime: that was not what was agreed to.
            shown = now
        self.notify("info", "Nothing to rewind: the files are as they were before that turn.")
        return False

    async def _agreed(self, shown: Preview) -> bool:
        if self.asking is None:
            names = ", ".join(Path(path).name for path in shown.paths)
            self.notify(
                "warning",
                f"Nothing was rewound: {names} would change, and nobody can be asked here. "
                "Run %claude /rewind in a notebook that is open.",
            )
            return False
        return (await self.asking.ask(_question(self.checkpoint, shown))).choice == REWIND

    async def _do(self, shown: Preview) -> None:
        await self._ask_cli(dry_run=False)
        self.conversation.history.forget_since(self.checkpoint)
        before = f"Rewound to before “{self.checkpoint.prompt}”"
        self.notify("info", f"{before}: {', '.join(shown.paths)}")

    async def _preview(self) -> Preview:
        said = await self._ask_cli(dry_run=True)
        changed = said.get("filesChanged")
        paths = tuple(str(path) for path in changed) if isinstance(changed, list) else ()
        before = self.conversation.history.originals(self.checkpoint)
        pieces = await anyio.to_thread.run_sync(lambda: [_piece(path, before) for path in paths])
        return Preview(paths, tuple(pieces))

    async def _ask_cli(self, *, dry_run: bool) -> JSONObject:
        client = await self.conversation.with_checkpoints(self.launch)
        try:
            said = await client.rewind_files(self.checkpoint.uuid, dry_run=dry_run)
        except ControlRequestError as error:
            raise ClaudeSDKError(f"The files cannot be rewound: {error}") from error
        if not said.get("canRewind"):
            why = str(said.get("error") or "Claude Code does not say why.")
            raise ClaudeSDKError(f"The files cannot be rewound. {why} {_ADVICE}")
        return said


def _question(checkpoint: Checkpoint, shown: Preview) -> Confirmation:
    count = len(shown.paths)
    return Confirmation(
        title=f"Rewind {count} file{'s' if count > 1 else ''} to before “{checkpoint.prompt}”?",
        reason="This is what would change. What commands did is not undone.",
        icon="edit",
        choices=_CHOICES,
        yes=REWIND,
        shown=shown.pieces,
        decisions=_DECISIONS,
    )


def _piece(path: str, before: Mapping[str, str | None]) -> Piece:
    """What would happen to a file, as a diff."""
    try:
        now = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        now = ""
    except (OSError, ValueError):
        return Piece("text", "It would get its content of that time.", label=path)
    if path not in before:
        return Piece("text", f"It would get its content of that time. Now:\n{now}", label=path)
    old = before[path]
    hunks = hunks_between(now, old or "")
    note = "deleted" if old is None else change_in_words(hunks)
    return Piece("diff", label=path, hunks=hunks, note=note)


def find(checkpoints: Sequence[Checkpoint], back: int) -> Checkpoint:
    """The checkpoint so many turns ago.

    :raises OptionsError: there is none
    """
    if not checkpoints:
        raise OptionsError(
            "There is no checkpoint to go back to. Run cells with --checkpoint, or "
            "%config ClaudeMagics.checkpoint = True: then the files of each turn from there on can "
            "be brought back, until the kernel restarts or a new conversation begins."
        )
    if back > len(checkpoints):
        raise OptionsError(
            f"There are checkpoints of {len(checkpoints)} turn(s) only: give /rewind a number up "
            f"to {len(checkpoints)}."
        )
    return checkpoints[-back]


@dataclass
class RewindTurn(Turn):
    """`%claude /rewind`: it asks in its own cell."""

    back: int = 1

    async def _work(self) -> None:
        conversation = self.conversation
        checkpoint = find(conversation.history.of(conversation.session_id), self.back)
        launch = self.request.launch
        await Rewinding(conversation, checkpoint, launch, self.asking, self._notify).run()


class LateRewind:
    """The button below a turn that is over: its cell becomes live again, for one question."""

    def __init__(self, turn: Turn, output: ReopenableOutput) -> None:
        self._turn = turn
        self._output = output
        self._runs = False

    async def run(self) -> None:
        """Ask, and do it; once at a time. What goes wrong is said in the cell."""
        turn = self._turn
        checkpoint = turn.checkpoint
        if self._runs or checkpoint is None or not turn.is_over:
            return
        self._runs = True
        try:
            self._output.reopen()
            painter = Painter(turn.view, self._output.send)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(painter.paint_regularly)
                await self._rewind(turn, checkpoint)
                tasks.cancel_scope.cancel()
            painter.paint()
            self._output.save_again()
        finally:
            self._runs = False

    async def _rewind(self, turn: Turn, checkpoint: Checkpoint) -> None:
        conversation, tell = turn.conversation, turn.view.notice
        work = Rewinding(
            conversation,
            checkpoint,
            turn.request.launch,
            turn.asking,
            tell,
            lambda: conversation.lock,
        )
        try:
            if await work.run():
                turn.view.totals.update(rewind="", note="")
        except ClaudeSDKError as error:
            tell("warning", str(error))
