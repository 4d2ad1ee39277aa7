"""The questions of a turn, while they are open: asked in the page, answered by a person.

Lives on the background loop. Nothing is allowed unless somebody says so: a question that is
withdrawn, a turn that is stopped and a page that is closed all leave it unanswered or refused.
There is no time-out: a person may be away for a day.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import anyio

from ...messages import JSON, JSONObject
from ...permissions import (
    PermissionResult,
    PermissionResultDeny,
    PermissionUpdate,
    ToolPermissionContext,
)
from ...permissions.decisions import DENY, PROJECT, Decision
from ...permissions.elicitation import Elicitation, ElicitationResult
from ...render.content import Piece
from ...render.model import (
    AskPanel,
    AskState,
    FormPanel,
    Part,
)
from ...render.questions.elicitation import Elicited
from ...render.questions.permission import PermissionQuestion
from ...render.tools.base import Call

if TYPE_CHECKING:
    from ...render.view.turn_view import TurnView

CATCH_UP_SECONDS = 0.5

_OVER = "Not allowed: the turn was over before anybody had answered."

TRANSITIONS: dict[AskState, frozenset[AskState]] = {
    "open": frozenset({"allowed", "denied", "withdrawn"}),
    "allowed": frozenset(),
    "denied": frozenset(),
    "withdrawn": frozenset(),
}


class Askable(Protocol):
    """What can be asked: a panel, and what an answer to it means."""

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What it is about, in full."""

    def panel(self, panel_id: str, detail: tuple[Part, ...] = ()) -> AskPanel | FormPanel:
        """The question as a panel."""

    def problem(self, answer: Decision) -> str:
        """Why an answer cannot be taken, in words; "" if it can."""

    def allows(self, answer: Decision) -> bool:
        """Whether an answer is a yes."""

    def decided(self, answer: Decision) -> str:
        """What was decided, in words."""


class OpenQuestion:
    """One open question, and its answer once there is one."""

    def __init__(self, asked: Askable, tool_use_id: str | None = None) -> None:
        self.asked = asked
        self.tool_use_id = tool_use_id
        self.key = ""
        self.panel_id = ""
        self.problem = ""
        self.tried: Decision | None = None
        self.state: AskState = "open"
        self.decision = ""
        self.answer: Decision | None = None
        self.answered = anyio.Event()

    def panel(self, panel_id: str, detail: tuple[Part, ...]) -> AskPanel | FormPanel:
        """The panel as it is now."""
        self.panel_id = panel_id
        panel = self.asked.panel(panel_id, detail)
        if isinstance(panel, FormPanel) and self.tried is not None:
            panel = _filled(panel, self.tried, self.problem)
        return dataclasses.replace(panel, state=self.state, decision=self.decision)

    def take(self, answer: Decision) -> None:
        """Let whoever waits for it have the answer; the first one counts."""
        self.answer = self.answer or answer
        self.answered.set()

    def move(self, state: AskState, words: str) -> bool:
        """Take it to `state`; False if it is no legal step."""
        if state not in TRANSITIONS[self.state]:
            return False
        self.state, self.decision = state, words
        return True


class Asking:
    """Asks in the view of a turn, and takes the page's answers.

    :param view: where the panels are shown.
    :param cwd: the working directory, for paths in words.
    :param changed: called with the number of open questions when it changes.
    """

    def __init__(
        self, view: TurnView, cwd: str = "", changed: Callable[[int], None] = lambda count: None
    ) -> None:
        self._view = view
        self._cwd = cwd
        self._changed = changed
        self._open: dict[str, OpenQuestion] = {}
        self.on_rules: Callable[[Sequence[PermissionUpdate]], object] = lambda rules: None
        """Hears of rules that the person wants to be kept."""
        self._count = 0
        self._closed = False
        self._view_changed = anyio.Event()

    @property
    def open(self) -> tuple[OpenQuestion, ...]:
        """The questions that wait, oldest first."""
        return tuple(self._open.values())

    async def permit(
        self, tool: str, tool_input: JSONObject, context: ToolPermissionContext
    ) -> PermissionResult:
        """Ask about a call, and wait for the answer however long it takes."""
        await self._catch_up(context.tool_use_id)
        asked = PermissionQuestion(self._call(tool, tool_input, context.tool_use_id), context)
        if self._closed:
            return PermissionResultDeny(message=_OVER)
        answer = await self.ask(asked, context.tool_use_id)
        if answer.choice == PROJECT:
            self.on_rules(context.suggestions)
        return asked.request.result(asked.with_own_texts(answer))

    def _call(self, tool: str, tool_input: JSONObject, tool_use_id: str | None) -> Call:
        """The call with what the view knows of its tool: names, and what the arguments mean."""
        shown = self._view.tools.get(tool_use_id or "")
        schema = self._view.options.schemas.get(tool, {})
        call = Call(tool, tool_input, cwd=self._cwd, schema=schema)
        if shown is None or shown.call.name != tool:
            return call
        return dataclasses.replace(call, server=shown.call.server, display=shown.call.display)

    async def elicit(self, asked: Elicitation) -> ElicitationResult:
        """Ask what an MCP server wants to know."""
        if self._closed:
            return ElicitationResult("cancel")
        question = Elicited(asked)
        return question.result(await self.ask(question))

    async def ask(self, asked: Askable, tool_use_id: str | None = None) -> Decision:
        """Ask anything, and wait for the answer however long it takes."""
        question = OpenQuestion(asked, tool_use_id)
        self._show_new(question)
        try:
            await question.answered.wait()
        except BaseException:
            self._end(question, "withdrawn", "No longer asked")
            raise
        assert question.answer is not None  # noqa: S101  set with the event
        return question.answer

    async def _catch_up(self, tool_use_id: str | None) -> None:
        """Wait until the view shows the call, so that the question appears below it."""
        with anyio.move_on_after(CATCH_UP_SECONDS):
            while tool_use_id is not None and tool_use_id not in self._view.tools:
                await self._view_changed.wait()

    def mark_view_changed(self) -> None:
        """Wake the questions that wait for their call to be shown."""
        changed, self._view_changed = self._view_changed, anyio.Event()
        changed.set()

    def _show_new(self, question: OpenQuestion) -> None:
        self._count += 1
        question.key = f"ask-{self._count}"
        self._open[question.key] = question
        self._show(question)
        if question.tool_use_id:
            self._view.ask(question.tool_use_id, waiting=True)
        self._changed(len(self._open))

    def _show(self, question: OpenQuestion) -> None:
        self._view.put(question.key, question.panel, question.asked.pieces)

    def _end(self, question: OpenQuestion, state: AskState, words: str) -> None:
        if self._open.pop(question.key, None) is None or not question.move(state, words):
            return
        self._show(question)
        if question.tool_use_id:
            self._view.ask(question.tool_use_id, waiting=False)
        self._changed(len(self._open))

    def close(self) -> None:
        """The turn is over: what is still open is nobody's to answer any more, and a no."""
        self._closed = True
        for question in self.open:
            self._end(question, "withdrawn", "No longer asked")
            question.take(Decision(DENY, note=_OVER))

    def receive(self, message: JSONObject) -> bool:
        """An answer of a page. The first one counts; False if it answers nothing that is open."""
        ids = message.get("ids")
        wanted = ids if isinstance(ids, list) else [message.get("id")]
        found = [one for one in self._open.values() if one.panel_id in wanted and not one.answer]
        answer = answer_of(message)
        for question in found:
            self.decide(question, answer)
        return bool(found)

    def decide(self, question: OpenQuestion, answer: Decision) -> None:
        """Somebody has answered. What cannot be taken is asked again, with what is wrong."""
        if question.state != "open":
            return
        question.problem = question.asked.problem(answer)
        if question.problem:
            question.tried = answer
            self._show(question)
            return
        state: AskState = "allowed" if question.asked.allows(answer) else "denied"
        self._end(question, state, question.asked.decided(answer))
        question.take(answer)


def _filled(panel: FormPanel, answer: Decision, problem: str) -> FormPanel:
    """The form with what was answered last, and with what is wrong about it."""
    said = answer.answers
    questions = (dataclasses.replace(q, value=said.get(q.text, q.value)) for q in panel.questions)
    return dataclasses.replace(panel, questions=tuple(questions), note=problem)


def answer_of(message: JSONObject) -> Decision:
    """The answer that a page has sent. What is not text in it is left out."""
    return Decision(
        choice=_text(message.get("choice")),
        note=_text(message.get("note")),
        fields=_texts(message.get("fields")),
        answers=_texts(message.get("answers")),
    )


def _text(value: JSON) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: JSON) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {str(key): one for key, one in value.items() if isinstance(one, str)}
