"""Rewinds files to their state before a turn, using Claude Code's checkpoints.

A checkpoint covers the changes made by Claude's file tools, but not those made by commands. A
person reviews the changes first and has to agree to them.
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
from ...files import read_file
from ...messages import JSONObject
from ...render.content import Piece
from ...render.html.diff import format_change, hunks_between
from ...render.model import Choice
from ...render.questions.confirmation import Confirmation
from ..checkpoints import Checkpoint
from ..output.publisher import Publisher
from ..request import count_from
from ..turn import Turn

if TYPE_CHECKING:
    from ...render.model import NoticeLevel
    from ..front_end import ReopenableOutput
    from ..live_conversation import LiveConversation
    from ..questions.questions import QuestionDesk
    from ..request import LaunchSettings

REWIND, LEAVE = "rewind", "leave"

_CHOICES = (
    Choice(REWIND, "Rewind these files", shortcut="r", look="primary"),
    Choice(LEAVE, "Leave them as they are", shortcut="l"),
)
_DECISIONS = {REWIND: "Rewound", LEAVE: "Left as they are"}
_MAX_BYTES = 4 * 1024 * 1024
"""Maximum size of a file whose changes are shown."""
_COMMAND = re.compile(r"\s*/rewind\b[ \t]*(.*)\s*", re.DOTALL)

_ADVICE = (
    "Only turns with --checkpoint or %config ClaudeMagics.checkpoint = True have checkpoints, and "
    "only until /compact or a new conversation."
)

Notify = Callable[["NoticeLevel", str], object]


@dataclass(frozen=True)
class Preview:
    """The effects of a rewind."""

    paths: tuple[str, ...]
    pieces: tuple[Piece, ...]


def turns_back(prompt: str) -> int | None:
    """Return the number of turns in `/rewind [n]`, or None for any other prompt.

    :raises OptionsError: if the argument is not a number of turns
    """
    match = _COMMAND.fullmatch(prompt)
    if match is None:
        return None
    text = match[1].strip() or "1"
    count = count_from(text)
    if count is None:
        raise OptionsError(
            f"/rewind needs a number of turns, not {text[:40]!r}: /rewind 1 is the last."
        )
    return count


Lock = Callable[[], AbstractAsyncContextManager[object]]
"""Returns a lock that keeps other turns from running."""


@dataclass(frozen=True)
class FileRewind:
    """Rewinds files to a checkpoint, if a person agrees to the changes.

    :param lock: held while the CLI is working, but not while the person decides.
    """

    conversation: LiveConversation
    checkpoint: Checkpoint
    launch: LaunchSettings
    asking: QuestionDesk | None
    notify: Notify
    lock: Lock = nullcontext

    async def run(self) -> bool:
        """Rewind the files if the person agrees.

        :returns: True if the files were rewound
        :raises ClaudeSDKError: if the CLI cannot rewind the files
        """
        async with self.lock():
            preview = await self._preview()
        while preview.paths:
            if not await self._agreed(preview):
                return False
            async with self.lock():
                current = await self._preview()
                if current == preview:
                    await self._do(preview)
                    return True
            # Files have changed in the meantime, so the person has to agree again.
            preview = current
        self.notify(
            "info", "Nothing to rewind: the files are already as they were before that turn."
        )
        return False

    async def _agreed(self, preview: Preview) -> bool:
        if self.asking is None:
            names = ", ".join(Path(path).name for path in preview.paths)
            self.notify(
                "warning",
                f"Nothing was rewound: {names} would change, and no open page can show the "
                "question. Run %claude /rewind in an open notebook.",
            )
            return False
        return (await self.asking.ask(_question(self.checkpoint, preview))).choice == REWIND

    async def _do(self, preview: Preview) -> None:
        await self._ask_cli(dry_run=False)
        self.conversation.history.forget_since(self.checkpoint)
        before = f"Rewound to before “{self.checkpoint.prompt}”"
        self.notify("info", f"{before}: {', '.join(preview.paths)}")

    async def _preview(self) -> Preview:
        reply = await self._ask_cli(dry_run=True)
        changed = reply.get("filesChanged")
        paths = tuple(str(path) for path in changed) if isinstance(changed, list) else ()
        before = self.conversation.history.originals(self.checkpoint)
        pieces = await anyio.to_thread.run_sync(lambda: [_piece(path, before) for path in paths])
        return Preview(paths, tuple(pieces))

    async def _ask_cli(self, *, dry_run: bool) -> JSONObject:
        client = await self.conversation.with_checkpoints(self.launch)
        try:
            reply = await client.rewind_files(self.checkpoint.uuid, dry_run=dry_run)
        except ControlRequestError as error:
            raise ClaudeSDKError(f"The files cannot be rewound: {error}") from error
        if not reply.get("canRewind"):
            reason = str(reply.get("error") or "Claude Code gives no reason.")
            raise ClaudeSDKError(f"The files cannot be rewound. {reason} {_ADVICE}")
        return reply


def _question(checkpoint: Checkpoint, preview: Preview) -> Confirmation:
    count = len(preview.paths)
    return Confirmation(
        title=f"Rewind {count} file{'s' if count > 1 else ''} to before “{checkpoint.prompt}”?",
        reason="These files would change. Effects of commands are not undone.",
        icon="edit",
        choices=_CHOICES,
        yes=REWIND,
        details=preview.pieces,
        decisions=_DECISIONS,
    )


def _piece(path: str, before: Mapping[str, str | None]) -> Piece:
    """Return the change to a file, as a diff."""
    try:
        now = read_file(path, _MAX_BYTES).decode("utf-8")
    except FileNotFoundError:
        now = ""
    except (OSError, ValueError):
        return Piece("text", "The file would get its content from before the turn.", label=path)
    if path not in before:
        return Piece(
            "text", f"The file would get its content from before the turn. Now:\n{now}", label=path
        )
    old = before[path]
    hunks = hunks_between(now, old or "")
    note = "deleted" if old is None else format_change(hunks)
    return Piece("diff", label=path, hunks=hunks, note=note)


def find(checkpoints: Sequence[Checkpoint], back: int) -> Checkpoint:
    """Return the checkpoint from `back` turns ago.

    :raises OptionsError: if there is no such checkpoint
    """
    if not checkpoints:
        raise OptionsError(
            "There is no checkpoint. Run cells with --checkpoint or %config "
            "ClaudeMagics.checkpoint = True. Later turns can then be rewound until the kernel "
            "restarts or a new conversation begins."
        )
    if back > len(checkpoints):
        raise OptionsError(
            f"Only {len(checkpoints)} turn(s) have a checkpoint. Give /rewind a number up to "
            f"{len(checkpoints)}."
        )
    return checkpoints[-back]


@dataclass
class RewindTurn(Turn):
    """The turn behind `%claude /rewind`, which asks in the command's cell."""

    back: int = 1

    async def _work(self) -> None:
        conversation = self.conversation
        checkpoint = find(conversation.history.of(conversation.session_id), self.back)
        launch = self.request.launch
        await FileRewind(conversation, checkpoint, launch, self.asking, self._notify).run()


class RewindButton:
    """The Rewind button below a finished turn, whose cell becomes live again for one question."""

    def __init__(self, turn: Turn, output: ReopenableOutput) -> None:
        self._turn = turn
        self._output = output
        self._is_running = False

    async def run(self) -> None:
        """Ask and rewind, but never twice at the same time. The cell shows errors."""
        turn = self._turn
        checkpoint = turn.checkpoint
        if self._is_running or checkpoint is None or not turn.has_ended:
            return
        self._is_running = True
        try:
            self._output.reopen()
            publisher = Publisher(turn.view, self._output.send)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(publisher.publish_regularly)
                await self._rewind(turn, checkpoint)
                tasks.cancel_scope.cancel()
            publisher.publish()
            self._output.save_again()
        finally:
            self._is_running = False

    async def _rewind(self, turn: Turn, checkpoint: Checkpoint) -> None:
        conversation, tell = turn.conversation, turn.view.notice
        work = FileRewind(
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
