"""Recorded questions, whose panels are reconstructed from the reply in the recording.

This is the inverse of `permission` and `elicitation`, which turn a choice into a reply.
"""

from __future__ import annotations

import dataclasses

from ...messages import JSON, JSONObject
from ...permissions.decisions import (
    APPROVE,
    APPROVE_EDITS,
    DENY,
    KEEP_PLANNING,
    ONCE,
    PROJECT,
    SESSION,
    Decision,
)
from ..html.sanitizer import reveal
from ..model import (
    AskPanel,
    AskState,
    FormPanel,
    Part,
)
from .elicitation import (
    CANCEL,
    DECLINE,
    SEND,
    ElicitationQuestion,
)
from .permission import PermissionQuestion, editable

MARK = "recorded"
_NO = {"ExitPlanMode": KEEP_PLANNING, "AskUserQuestion": CANCEL}
_NO_WORDS = "The person "
"""The beginning of a denial message if the user gave no reason."""


@dataclasses.dataclass(frozen=True)
class RecordedQuestion:
    """A question and its recorded reply.

    :param reply: the reply to the CLI; None if the question was withdrawn.
    """

    question: PermissionQuestion | ElicitationQuestion
    reply: JSONObject | None

    def panel(self, panel_id: str, detail: tuple[Part, ...]) -> AskPanel | FormPanel:
        """Return the answered panel."""
        panel = self.question.panel(panel_id, detail)
        state, words = self._outcome()
        return dataclasses.replace(panel, state=state, decision=f"{words} · {MARK}")

    def _outcome(self) -> tuple[AskState, str]:
        if self.reply is None:
            return "withdrawn", "No longer asked"
        if isinstance(self.question, PermissionQuestion):
            answer = permission_answer(self.question, self.reply)
            allowed = self.reply.get("behavior") == "allow"
        else:
            answer = form_answer(self.question, self.reply)
            allowed = self.reply.get("action") == "accept"
        return ("allowed" if allowed else "denied"), self.question.decided(answer)


def permission_answer(question: PermissionQuestion, reply: JSONObject) -> Decision:
    """Return the choice that led to a permission reply."""
    if reply.get("behavior") != "allow":
        choice = _NO.get(question.call.name, DENY)
        reason = str(reply.get("message") or "")
        return Decision(choice, note="" if reason.startswith(_NO_WORDS) else reason)
    changed = reply.get("updatedInput")
    changed_input: JSONObject = changed if isinstance(changed, dict) else {}
    if question.call.name == "AskUserQuestion":
        return Decision(SEND, answers=_texts(changed_input.get("answers")))
    name, _ = editable(question.call)
    value = changed_input.get(name)
    fields = {name: value} if name and isinstance(value, str) else {}
    return Decision(_choice(question, reply.get("updatedPermissions")), fields=fields)


def _choice(question: PermissionQuestion, updates: JSON) -> str:
    if question.call.name == "ExitPlanMode":
        return APPROVE_EDITS if updates else APPROVE
    if not isinstance(updates, list) or not updates:
        return ONCE
    places = [update.get("destination") for update in updates if isinstance(update, dict)]
    return SESSION if places and all(place == "session" for place in places) else PROJECT


def form_answer(question: ElicitationQuestion, reply: JSONObject) -> Decision:
    """Return the answers that led to a reply to an MCP server."""
    if reply.get("action") != "accept":
        return Decision(DECLINE if reply.get("action") == "decline" else CANCEL)
    content = reply.get("content")
    return Decision(
        SEND, answers=question.answers_from_content(content if isinstance(content, dict) else {})
    )


def _texts(value: JSON) -> dict[str, str]:
    pairs = value.items() if isinstance(value, dict) else ()
    return {reveal(str(key)): str(text) for key, text in pairs}
