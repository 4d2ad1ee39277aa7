"""A question that was answered long ago -> the panel that it left, as on the day itself.

The other way round from `asks` and `elicit`: from what the CLI was told to what the person chose.
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
from ..html.sanitize import reveal
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
    Elicited,
)
from .permission import PermissionQuestion, editable

MARK = "recorded"
_NO = {"ExitPlanMode": KEEP_PLANNING, "AskUserQuestion": CANCEL}
_NO_WORDS = "The person "
"""How a refusal begins for which nobody gave a reason."""


@dataclasses.dataclass(frozen=True)
class Settled:
    """A question and what came of it.

    :param said: what the CLI was told; None if the question was taken back.
    """

    asked: PermissionQuestion | Elicited
    said: JSONObject | None

    def panel(self, panel_id: str, detail: tuple[Part, ...]) -> AskPanel | FormPanel:
        """The panel that stays."""
        panel = self.asked.panel(panel_id, detail)
        state, words = self._outcome()
        return dataclasses.replace(panel, state=state, decision=f"{words} · {MARK}")

    def _outcome(self) -> tuple[AskState, str]:
        if self.said is None:
            return "withdrawn", "No longer asked"
        if isinstance(self.asked, PermissionQuestion):
            answer = permission_answer(self.asked, self.said)
            allowed = self.said.get("behavior") == "allow"
        else:
            answer = form_answer(self.asked, self.said)
            allowed = self.said.get("action") == "accept"
        return ("allowed" if allowed else "denied"), self.asked.decided(answer)


def permission_answer(asked: PermissionQuestion, said: JSONObject) -> Decision:
    """What a person chose, from what the CLI was told of a call."""
    if said.get("behavior") != "allow":
        choice = _NO.get(asked.call.name, DENY)
        reason = str(said.get("message") or "")
        return Decision(choice, note="" if reason.startswith(_NO_WORDS) else reason)
    changed = said.get("updatedInput")
    changed_input: JSONObject = changed if isinstance(changed, dict) else {}
    if asked.call.name == "AskUserQuestion":
        return Decision(SEND, answers=_texts(changed_input.get("answers")))
    name, _ = editable(asked.call)
    value = changed_input.get(name)
    fields = {name: value} if name and isinstance(value, str) else {}
    return Decision(_choice(asked, said.get("updatedPermissions")), fields=fields)


def _choice(asked: PermissionQuestion, updates: JSON) -> str:
    if asked.call.name == "ExitPlanMode":
        return APPROVE_EDITS if updates else APPROVE
    if not isinstance(updates, list) or not updates:
        return ONCE
    places = {one.get("destination") for one in updates if isinstance(one, dict)}
    return SESSION if places == {"session"} else PROJECT


def form_answer(asked: Elicited, said: JSONObject) -> Decision:
    """What a person filled in, from what an MCP server was told."""
    if said.get("action") != "accept":
        return Decision(DECLINE if said.get("action") == "decline" else CANCEL)
    content = said.get("content")
    return Decision(SEND, answers=asked.words_of(content if isinstance(content, dict) else {}))


def _texts(value: JSON) -> dict[str, str]:
    pairs = value.items() if isinstance(value, dict) else ()
    return {reveal(str(key)): str(one) for key, one in pairs}
