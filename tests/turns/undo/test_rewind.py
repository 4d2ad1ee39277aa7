"""Rewind: preview, confirmation, and restoration of files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import anyio
import pytest
from talk import Talk, eventually

from claude_notebook.errors import ClaudeSDKError, OptionsError
from claude_notebook.messages import ResultMessage, UserMessage
from claude_notebook.permissions.decisions import Decision
from claude_notebook.render.view.turn_view import TurnView
from claude_notebook.testing import Step, Use, script
from claude_notebook.turns.checkpoints import Checkpoint, History
from claude_notebook.turns.questions.questions import QuestionDesk
from claude_notebook.turns.turn import Turn, TurnState
from claude_notebook.turns.undo.rewind import (
    FileRewind,
    RewindTurn,
    _piece,
    find,
    turns_back,
)

pytestmark = pytest.mark.anyio


async def edit(talk: Talk, *uses: Use, stop: bool = False, **launch: Any) -> Turn:
    """Run a turn that edits files, with checkpoints."""
    view = TurnView(1)
    settings = talk.launch(**{"checkpoint": True, **launch})
    last = Step("word " * 400, chunk=5, delay=0.05) if stop else "Done."
    prompt = f"Please edit. {script(*uses, last)}"
    request = talk.request(prompt, launch=settings, mode="acceptEdits")
    turn = Turn(talk.conversation, request, view, asking=QuestionDesk(view))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(turn.run, lambda ops: None)
        if stop:
            await eventually(lambda: any(p.kind == "text" and p.tail for p in view.panels))
            await turn.stop()
    return turn


def write(path: Path, content: str) -> Use:
    return Use("Write", {"file_path": str(path), "content": content})


def replace(path: Path, old: str, new: str) -> Use:
    return Use("Edit", {"file_path": str(path), "old_string": old, "new_string": new})


class Undo:
    """`/rewind`, with a person who answers; shown operations are kept."""

    def __init__(self, talk: Talk, back: int = 1, **launch: Any) -> None:
        view = TurnView(1)
        settings = talk.launch(**{"checkpoint": True, **launch})
        request = talk.request("/rewind", launch=settings)
        self.turn = RewindTurn(
            talk.conversation, request, view, asking=QuestionDesk(view), back=back
        )
        self.shown: list[dict[str, tuple[str, ...]]] = []

    async def run(self, *choices: str, meanwhile: Any = lambda: None) -> Undo:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.turn.run, lambda ops: None)
            for choice in choices:
                await self._answer(choice, meanwhile)
        return self

    async def _answer(self, choice: str, meanwhile: Any) -> None:
        asking = self.turn.asking
        assert asking is not None
        await eventually(lambda: any(item.answer is None for item in asking.open))
        (question,) = asking.open
        self.shown.append({
            Path(piece.label).name: tuple(line for hunk in piece.hunks for line in hunk.lines)
            for piece in question.askable.pieces
        })  # fmt: skip
        meanwhile()
        asking.decide(question, Decision(choice))

    @property
    def notices(self) -> str:
        return "\n".join(p.text for p in self.turn.view.panels if p.kind == "notice")


async def test_rewind_restores_files_after_a_preview(talk: Talk):
    text, made = talk.cwd / "a.txt", talk.cwd / "made.txt"
    text.write_text("one\ntwo\n")
    read = Use("Read", {"file_path": str(text)})
    first = await edit(talk, read, replace(text, "two", "TWO"), write(made, "x\n"))
    second = await edit(talk, replace(text, "one", "ONE"))
    assert (first.error, second.error, text.read_text()) == (None, None, "ONE\nTWO\n")
    assert first.view.footer.note == "%claude /rewind restores its files"

    left = await Undo(talk).run("leave")
    assert left.shown == [{"a.txt": ("-ONE", "+one", " TWO")}]
    assert text.read_text() == "ONE\nTWO\n"

    undone = await Undo(talk, 2).run("rewind")
    assert undone.shown == [{"a.txt": ("-ONE", "-TWO", "+one", "+two"), "made.txt": ("-x",)}]
    assert text.read_text() == "one\ntwo\n"
    assert not made.exists()
    assert "Rewound to before “Please edit." in undone.notices
    assert undone.turn.state is TurnState.DONE

    again = await Undo(talk).run()
    assert isinstance(again.turn.error, OptionsError)
    assert "no checkpoint" in str(again.turn.error)


async def test_rewind_asks_again_after_further_changes(talk: Talk):
    text = talk.cwd / "a.txt"
    await edit(talk, write(text, "by Claude\n"))
    moves = iter([lambda: text.write_text("by hand\n"), lambda: None])
    undo = await Undo(talk).run("rewind", "leave", meanwhile=lambda: next(moves)())
    assert undo.shown == [{"a.txt": ("-by Claude",)}, {"a.txt": ("-by hand",)}]
    assert text.read_text() == "by hand\n"


async def test_rewind_undoes_a_stopped_turn_from_another_process(talk: Talk):
    made = talk.cwd / "made.txt"
    stopped = await edit(talk, write(made, "x\n"), stop=True)
    assert (stopped.state, made.exists()) == (TurnState.STOPPED, True)
    await edit(talk, checkpoint=False)
    await Undo(talk).run("rewind")
    assert not made.exists()


async def test_rewind_without_a_checkpoint_explains_the_option(talk: Talk):
    made = talk.cwd / "made.txt"
    plain = await edit(talk, write(made, "x\n"), checkpoint=False)
    assert (plain.view.footer.note, plain.checkpoint) == ("", None)
    undo = await Undo(talk).run()
    assert "--checkpoint" in str(undo.turn.error)
    unknown = Checkpoint("33333333-3333-4333-8333-333333333333", "s", "x", {})
    work = FileRewind(talk.conversation, unknown, talk.launch(), None, lambda level, text: None)
    with pytest.raises(ClaudeSDKError, match="No file checkpoint found"):
        await work.run()
    assert made.exists()


async def test_rewind_without_a_person_does_nothing(talk: Talk):
    made = talk.cwd / "made.txt"
    await edit(talk, write(made, "x\n"))
    undo = Undo(talk)
    undo.turn.asking = None
    await undo.run()
    assert "made.txt would change, and no open page" in undo.notices
    assert made.exists()


@pytest.mark.parametrize(
    ("prompt", "back"),
    [("/rewind", 1), (" /rewind 3 ", 3), ("/rewinding", None), ("rewind", None), ("hi", None)],
)
def test_rewind_reads_the_number_of_turns(prompt, back):
    assert turns_back(prompt) == back


@pytest.mark.parametrize("argument", ["x", "0", "-1", "1 2", "²", "9" * 5000])
def test_rewind_rejects_other_arguments(argument):
    with pytest.raises(OptionsError, match="needs a number"):
        turns_back(f"/rewind {argument}")


def test_preview_does_not_read_a_pipe_or_a_huge_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(300 * 1024 * 1024)
    for name in ("pipe", "huge"):
        piece = _piece(str(tmp_path / name), {str(tmp_path / name): "before"})
        assert piece.text == "The file would get its content from before the turn."


def result(session: str, uuid: str) -> ResultMessage:
    return ResultMessage("success", 1, 1, False, 1, session, user_message_uuid=uuid)


def edited(path: str, before: object) -> UserMessage:
    return UserMessage("x", tool_use_result={"filePath": path, "originalFile": before})


def test_checkpoint_keeps_the_first_original():
    history = History()
    first = Checkpoint.of("one", [edited("/a", None), edited("/a", "x"), result("s", "u1")])
    second = Checkpoint.of([{}], [edited("/b", "y"), edited("/c", 3), result("s", "u2")])
    other = Checkpoint.of("other", [result("t", "u3")])
    for item in (first, second, other):
        history.add(item)
    assert history.originals(first) == {"/a": None, "/b": "y"}
    assert history.originals(second) == {"/b": "y"}
    assert second.prompt == "the prompt with its attachments"
    assert find(history.of("s"), 2) == first
    with pytest.raises(OptionsError, match="up to 2"):
        find(history.of("s"), 3)
    history.forget_since(first)
    assert (history.of("s"), history.of("t")) == ([], [other])
    assert Checkpoint.of("none", [edited("/a", "x")]) is None
