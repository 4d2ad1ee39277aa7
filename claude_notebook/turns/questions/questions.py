"""A turn's open questions, which are shown on the page and answered by a person.

All code here runs on the background loop. Only an answer from a person allows a call. If a question
is withdrawn, a turn is stopped or a page is closed, the call remains unanswered or is denied. There
is no timeout, because a person may be away for a day.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import anyio

from ...messages import JSON, JSONObject
from ...permissions import (
    PermissionResult,
    PermissionResultAllow,
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
from ...render.questions.elicitation import ElicitationQuestion
from ...render.questions.permission import PermissionQuestion
from ...render.tools.base import Call

if TYPE_CHECKING:
    from ...render.view.turn_view import TurnView

CATCH_UP_SECONDS = 0.5

_ENDED = "Denied: the turn ended before the question was answered."

TRANSITIONS: dict[AskState, frozenset[AskState]] = {
    "open": frozenset({"allowed", "denied", "withdrawn"}),
    "allowed": frozenset(),
    "denied": frozenset(),
    "withdrawn": frozenset(),
}


class Askable(Protocol):
    """A question's content: its panel, and what each answer means."""

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The complete description of what the question is about."""

    def panel(self, panel_id: str, detail: tuple[Part, ...] = ()) -> AskPanel | FormPanel:
        """Return the question as a panel."""

    def problem(self, answer: Decision) -> str:
        """Return the problem with an answer, or "" if it is valid."""

    def allows(self, answer: Decision) -> bool:
        """Return whether the answer allows the action."""

    def decided(self, answer: Decision) -> str:
        """Describe the decision."""


class OpenQuestion:
    """An open question, and later its answer."""

    def __init__(self, askable: Askable, tool_use_id: str | None = None) -> None:
        self.askable = askable
        self.tool_use_id = tool_use_id
        self.key = ""
        self.panel_id = ""
        self.problem = ""
        self.rejected_answer: Decision | None = None
        self.state: AskState = "open"
        self.decision = ""
        self.answer: Decision | None = None
        self.answered = anyio.Event()

    def panel(self, panel_id: str, detail: tuple[Part, ...]) -> AskPanel | FormPanel:
        """Return the panel in its current state."""
        self.panel_id = panel_id
        panel = self.askable.panel(panel_id, detail)
        if isinstance(panel, FormPanel) and self.rejected_answer is not None:
            panel = _filled(panel, self.rejected_answer, self.problem)
        return dataclasses.replace(panel, state=self.state, decision=self.decision)

    def take(self, answer: Decision) -> None:
        """Pass the answer to the waiting caller. Only the first answer counts."""
        self.answer = self.answer or answer
        self.answered.set()

    def move(self, state: AskState, words: str) -> bool:
        """Change the state to `state`.

        :returns: False if the transition is not allowed
        """
        if state not in TRANSITIONS[self.state]:
            return False
        self.state, self.decision = state, words
        return True


class QuestionDesk:
    """Shows questions in a turn's view, and accepts answers from the page.

    :param view: shows the panels.
    :param cwd: the working directory, relative to which paths are shown.
    :param changed: called with the number of open questions whenever it changes.
    """

    def __init__(
        self, view: TurnView, cwd: str = "", changed: Callable[[int], None] = lambda count: None
    ) -> None:
        self._view = view
        self._cwd = cwd
        self._changed = changed
        self._open: dict[str, OpenQuestion] = {}
        self.on_rules: Callable[[Sequence[PermissionUpdate]], object] = lambda rules: None
        """Called with the rules that the user has accepted for the project."""
        self._count = 0
        self._closed = False
        self._view_changed = anyio.Event()

    @property
    def open(self) -> tuple[OpenQuestion, ...]:
        """The open questions, oldest first."""
        return tuple(self._open.values())

    async def permit(
        self, tool: str, tool_input: JSONObject, context: ToolPermissionContext
    ) -> PermissionResult:
        """Ask about a call, and wait for the answer without a time limit."""
        await self._catch_up(context.tool_use_id)
        question = PermissionQuestion(self._call(tool, tool_input, context.tool_use_id), context)
        if self._closed:
            return PermissionResultDeny(message=_ENDED)
        answer = await self.ask(question, context.tool_use_id)
        result = question.request.result(question.with_own_texts(answer))
        if answer.choice == PROJECT and isinstance(result, PermissionResultAllow):
            self.on_rules(question.request.suggestions)
        return result

    def _call(self, tool: str, tool_input: JSONObject, tool_use_id: str | None) -> Call:
        """Return the call with the names and the argument schema that the view has for the tool."""
        entry = self._view.tools.get(tool_use_id or "")
        schema = self._view.options.schemas.get(tool, {})
        call = Call(tool, tool_input, cwd=self._cwd, schema=schema)
        if entry is None or entry.call.name != tool:
            return call
        return dataclasses.replace(call, server=entry.call.server, display=entry.call.display)

    async def elicit(self, elicitation: Elicitation) -> ElicitationResult:
        """Ask a question on behalf of an MCP server."""
        if self._closed:
            return ElicitationResult("cancel")
        question = ElicitationQuestion(elicitation)
        return question.result(await self.ask(question))

    async def ask(self, askable: Askable, tool_use_id: str | None = None) -> Decision:
        """Ask a question, and wait for the answer without a time limit."""
        question = OpenQuestion(askable, tool_use_id)
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
        """Wake the questions that are waiting for the view to show their call."""
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
        self._view.put(question.key, question.panel, question.askable.pieces)

    def _end(self, question: OpenQuestion, state: AskState, words: str) -> None:
        if self._open.pop(question.key, None) is None or not question.move(state, words):
            return
        self._show(question)
        if question.tool_use_id:
            self._view.ask(question.tool_use_id, waiting=False)
        self._changed(len(self._open))

    def close(self) -> None:
        """Deny the open questions, because the turn has ended."""
        self._closed = True
        for question in self.open:
            self._end(question, "withdrawn", "No longer asked")
            question.take(Decision(DENY, note=_ENDED))

    def receive(self, message: JSONObject) -> bool:
        """Handle an answer from a page. Only the first answer to a question counts.

        :returns: False if it does not answer an open question
        """
        ids = message.get("ids")
        wanted = ids if isinstance(ids, list) else [message.get("id")]
        questions = [q for q in self._open.values() if q.panel_id in wanted and not q.answer]
        answer = answer_of(message)
        for question in questions:
            self.decide(question, answer)
        return bool(questions)

    def decide(self, question: OpenQuestion, answer: Decision) -> None:
        """Accept an answer, or show why it is invalid and ask again."""
        if question.state != "open":
            return
        question.problem = question.askable.problem(answer)
        if question.problem:
            question.rejected_answer = answer
            self._show(question)
            return
        state: AskState = "allowed" if question.askable.allows(answer) else "denied"
        self._end(question, state, question.askable.decided(answer))
        question.take(answer)


def _filled(panel: FormPanel, answer: Decision, problem: str) -> FormPanel:
    """Return the form with the last answers and the problem with them."""
    last = answer.answers
    questions = (
        q if q.secret else dataclasses.replace(q, value=last.get(q.text, q.value))
        for q in panel.questions
    )
    return dataclasses.replace(panel, questions=tuple(questions), note=problem)


def answer_of(message: JSONObject) -> Decision:
    """Decode an answer from a page, dropping values that are not strings."""
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
    return {str(key): text for key, text in value.items() if isinstance(text, str)}
