"""The mode bypassPermissions with the real CLI: opt-in and confirmation."""

from __future__ import annotations

import anyio
import pytest
from talk import Talk, eventually

from claude_notebook.errors import OptionsError
from claude_notebook.render.output.mime_bundle import bundle_of
from claude_notebook.render.view.turn_view import TurnView
from claude_notebook.testing import Use, script
from claude_notebook.turns.questions.questions import QuestionDesk
from claude_notebook.turns.trust.bypass import (
    BYPASS,
    CAUTION,
    NO,
    STILL_ASKS,
    YES,
    Consent,
    check,
)
from claude_notebook.turns.turn import Turn


def test_bypass_without_opt_in_explains_it():
    check(None, opted_in=False)
    check("acceptEdits", opted_in=False)
    check(BYPASS, opted_in=True)
    with pytest.raises(OptionsError, match="--allow-dangerously-skip-permissions for one cell"):
        check(BYPASS, opted_in=False)


class Attended:
    """A turn that creates files, with a person who gives the prepared answers."""

    def __init__(self, talk: Talk, *answers: str, mode=BYPASS, opted_in=True, consent=None):
        talk.env["IS_SANDBOX"] = "1"  # the CLI does not do it as root otherwise
        self.made = [talk.cwd / "one", talk.cwd / "two"]
        uses = [Use("Bash", {"command": f"touch {file}"}) for file in self.made]
        view = TurnView(1)
        request = talk.request(script(*uses, "Done."), talk.launch(bypass=opted_in), mode=mode)
        self.turn = Turn(talk.conversation, request, view, asking=QuestionDesk(view, str(talk.cwd)))
        self.turn.consent = consent or Consent()
        self.answers = list(answers)
        self.asked: list[str] = []

    async def go(self, at_first: object = None) -> Attended:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._answer, tasks, at_first)
            await self.turn.run(lambda ops: None)
            tasks.cancel_scope.cancel()
        return self

    async def _answer(self, tasks, at_first) -> None:
        while True:
            await eventually(lambda: self.turn.asking.open)
            question = self.turn.asking.open[0]
            if at_first is not None:
                tasks.start_soon(self.turn.receive, at_first)
                at_first = None
                await eventually(lambda: len(self.turn.asking.open) == 2)
                question = self.turn.asking.open[1]
            self.turn.view.flush()
            self.asked.append(question.askable.panel("").title)
            message = {"type": "answer", "id": question.panel_id, "choice": self.answers.pop(0)}
            await self.turn.receive(message)

    @property
    def kept(self) -> str:
        return bundle_of(self.turn.view)["text/html"]


EVERYTHING = "Let Claude do everything without asking?"


@pytest.mark.anyio
async def test_bypass_is_confirmed_once(talk: Talk):
    consent = Consent()
    first = await Attended(talk, YES, consent=consent).go()
    assert first.asked == [EVERYTHING]
    assert all(file.exists() for file in first.made)
    assert CAUTION in first.kept
    assert "until the kernel restarts" in first.kept
    again = await Attended(talk, consent=consent).go()
    assert again.asked == []
    assert CAUTION in again.kept


@pytest.mark.anyio
async def test_bypass_refusal_keeps_the_usual_questions(talk: Talk):
    turn = await Attended(talk, NO, "once", "deny").go()
    assert turn.asked == [EVERYTHING, "Run this command?", "Run this command?"]
    assert [file.exists() for file in turn.made] == [True, False]
    assert STILL_ASKS in turn.kept
    assert CAUTION not in turn.kept


@pytest.mark.anyio
async def test_bypass_is_confirmed_within_a_turn(talk: Talk):
    wish = {"type": "mode", "mode": BYPASS}
    turn = await Attended(talk, YES, "once", mode=None).go(wish)
    assert turn.asked == [EVERYTHING, "Run this command?"]
    assert all(file.exists() for file in turn.made)
    assert CAUTION in turn.kept


@pytest.mark.anyio
async def test_bypass_cannot_be_chosen_by_a_page_without_opt_in(talk: Talk):
    turn = Attended(talk, mode=None, opted_in=False)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(turn.turn.run, lambda ops: None)
        await eventually(lambda: turn.turn.asking.open)
        await turn.turn.receive({"type": "mode", "mode": BYPASS})
        assert [question.askable.panel("").title for question in turn.turn.asking.open] == [
            "Run this command?"
        ]
        await turn.turn.stop()
    assert "--allow-dangerously-skip-permissions" in turn.kept
    assert not turn.made[0].exists()


@pytest.mark.anyio
async def test_bypass_needs_only_the_flag_without_a_person(talk: Talk):
    turn = Attended(talk)
    turn.turn.asking = None
    await turn.turn.run(lambda ops: None)
    assert all(file.exists() for file in turn.made)
    assert CAUTION in turn.kept
