"""The questions of a turn, while they are open: asked in the page, answered by a person.

Lives on the background loop. Nothing is allowed unless somebody says so: a question that is
withdrawn, a turn that is stopped and a page that is closed all leave it unanswered or refused.
There is no time-out: a person may be away for a day.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import anyio

from ..messages import JSON, JSONObject
from ..permissions import PermissionResult, PermissionResultAllow, ToolPermissionContext
from ..render.asks import Answer, Asked, decision
from ..render.fold import TurnView
from ..render.panels import Call
from ..render.view import AskPanel, AskState, FormPanel, Part

CATCH_UP_SECONDS = 0.5

TRANSITIONS: dict[AskState, frozenset[AskState]] = {
    "open": frozenset({"allowed", "denied", "withdrawn"}),
    "allowed": frozenset(),
    "denied": frozenset(),
    "withdrawn": frozenset(),
}


class Question:
    """One open question, and its answer once there is one."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.panel_id = ""
        self.state: AskState = "open"
        self.decision = ""
        self.answer: Answer | None = None
        self.answered = anyio.Event()

    def panel(self, panel_id: str, detail: tuple[Part, ...]) -> AskPanel | FormPanel:
        """The panel as it is now."""
        self.panel_id = panel_id
        panel = self.asked.panel(panel_id, detail)
        return dataclasses.replace(panel, state=self.state, decision=self.decision)

    def move(self, state: AskState, words: str) -> bool:
        """Take it to `state`; False if it is no legal step."""
        if state not in TRANSITIONS[self.state]:
            return False
        self.state, self.decision = state, words
        return True


class Asking:
    """Asks in the view of a turn, and takes the page's answers.

    Args:
        view: where the panels are shown.
        cwd: the working directory, for paths in words.
        changed: called with the number of open questions when it changes.
    """

    def __init__(
        self, view: TurnView, cwd: str = "", changed: Callable[[int], None] = lambda count: None
    ) -> None:
        self._view = view
        self._cwd = cwd
        self._changed = changed
        self._open: dict[str, Question] = {}
        self._count = 0

    @property
    def open(self) -> tuple[Question, ...]:
        """The questions that wait, oldest first."""
        return tuple(self._open.values())

    async def permit(
        self, tool: str, tool_input: JSONObject, context: ToolPermissionContext
    ) -> PermissionResult:
        """Ask about a call, and wait for the answer however long it takes."""
        question = Question(Asked(Call(tool, tool_input, cwd=self._cwd), context))
        await self._catch_up(context.tool_use_id)
        key = self._show_new(question, context.tool_use_id)
        try:
            await question.answered.wait()
        except BaseException:
            self._end(key, question, "withdrawn", "No longer asked")
            raise
        assert question.answer is not None  # noqa: S101  set with the event
        result = question.asked.result(question.answer)
        state: AskState = "allowed" if isinstance(result, PermissionResultAllow) else "denied"
        choices = getattr(question.asked.panel(""), "choices", ())
        self._end(key, question, state, decision(question.answer, choices))
        return result

    async def _catch_up(self, tool_use_id: str | None) -> None:
        """The call itself is on its way to the view: the question stands below it."""
        with anyio.move_on_after(CATCH_UP_SECONDS):
            # The view is a pure value: it has nothing to wait on.
            while tool_use_id is not None and tool_use_id not in self._view.tools:  # noqa: ASYNC110
                await anyio.sleep(0.005)

    def _show_new(self, question: Question, tool_use_id: str | None) -> str:
        self._count += 1
        key = f"ask-{self._count}"
        self._view.put(key, question.panel, question.asked.pieces)
        self._open[key] = question
        if tool_use_id:
            self._view.ask(tool_use_id, waiting=True)
        self._changed(len(self._open))
        return key

    def _end(self, key: str, question: Question, state: AskState, words: str) -> None:
        if self._open.pop(key, None) is None or not question.move(state, words):
            return
        self._view.put(key, question.panel, question.asked.pieces)
        tool_use_id = question.asked.context.tool_use_id
        if tool_use_id:
            self._view.ask(tool_use_id, waiting=False)
        self._changed(len(self._open))

    def receive(self, message: JSONObject) -> bool:
        """An answer of a page. The first one counts; False if it answers nothing that is open."""
        for question in self._open.values():
            if question.panel_id == message.get("id") and question.answer is None:
                self.decide(question, answer_of(message))
                return True
        return False

    def decide(self, question: Question, answer: Answer) -> None:
        """Somebody has answered."""
        question.answer = answer
        question.answered.set()


def answer_of(message: JSONObject) -> Answer:
    """The answer that a page has sent. What is not text in it is left out."""
    return Answer(
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
