"""Recorded questions leave the same panel as in the original session."""

from __future__ import annotations

import dataclasses

import pytest

from claude_notebook.client.callbacks.encoding import encode_permission
from claude_notebook.permissions import (
    PermissionRuleValue,
    PermissionUpdate,
    ToolPermissionContext,
)
from claude_notebook.permissions.decisions import (
    APPROVE,
    APPROVE_EDITS,
    DENY,
    KEEP_PLANNING,
    ONCE,
    PROJECT,
    SESSION,
    Decision,
)
from claude_notebook.permissions.elicitation import Elicitation
from claude_notebook.render.model import FormPanel
from claude_notebook.render.questions.elicitation import ElicitationQuestion
from claude_notebook.render.questions.permission import PermissionQuestion
from claude_notebook.render.questions.recorded_question import RecordedQuestion
from claude_notebook.render.tools.base import Call

RULE = PermissionUpdate(
    "addRules",
    rules=[PermissionRuleValue("Bash", "npm test:*")],
    behavior="allow",
    destination="localSettings",
)
BASH = Call("Bash", {"command": "npm test", "description": "Run the tests"})
PLAN = Call("ExitPlanMode", {"plan": "1. Mend it\n2. Test it"})
FORM = Call(
    "AskUserQuestion",
    {
        "questions": [
            {"question": "Which <b>one</b>?", "header": "One", "options": [{"label": "A"}]},
            {"question": "And why?", "header": "Why", "options": [{"label": "Because"}]},
        ]
    },
)


@pytest.mark.parametrize(
    ("call", "answer", "state"),
    [
        (BASH, Decision(ONCE), "allowed"),
        (BASH, Decision(ONCE, fields={"command": "npm test -- --bail"}), "allowed"),
        (BASH, Decision(SESSION), "allowed"),
        (BASH, Decision(PROJECT), "allowed"),
        (BASH, Decision(DENY), "denied"),
        (BASH, Decision(DENY, note="Use make test."), "denied"),
        (Call("Write", {"file_path": "/w/a.txt", "content": "x\n"}), Decision(ONCE), "allowed"),
        (PLAN, Decision(APPROVE), "allowed"),
        (PLAN, Decision(APPROVE_EDITS), "allowed"),
        (PLAN, Decision(KEEP_PLANNING), "denied"),
        (PLAN, Decision(KEEP_PLANNING, note="Test it first."), "denied"),
        (FORM, Decision("send", answers={"Which <b>one</b>?": "A", "And why?": "So"}), "allowed"),
        (FORM, Decision("cancel"), "denied"),
    ],
)
def test_recorded_question_restores_the_choice(call: Call, answer: Decision, state: str):
    question = PermissionQuestion(
        call, ToolPermissionContext(suggestions=[RULE], decision_reason="Not known.")
    )
    message = encode_permission(
        question.request.result(question.with_own_texts(answer)), call.input
    )
    panel = RecordedQuestion(question, message).panel("p1", ())
    live = dataclasses.replace(question.panel("p1"), state=state, decision=question.decided(answer))
    assert panel == dataclasses.replace(live, decision=f"{live.decision} · recorded")


SCHEMA = {
    "properties": {
        "size": {"type": "string", "enum": ["s", "l"], "enumNames": ["small", "large"]},
        "pieces": {"type": "integer", "title": "How many"},
        "gift": {"type": "boolean"},
    }
}


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Decision("send", answers={"size": "large", "How many": "3", "gift": "Yes"}), "allowed"),
        (Decision("decline"), "denied"),
        (Decision("cancel"), "denied"),
    ],
)
def test_recorded_question_restores_form_answers(answer: Decision, state: str):
    question = ElicitationQuestion(Elicitation("shop", "What shall it be?", SCHEMA))
    message = question.result(answer)
    texts = {"action": message.action, "content": message.content}
    panel = RecordedQuestion(question, texts).panel("p1", ())
    assert isinstance(panel, FormPanel)
    assert (panel.state, panel.decision) == (state, f"{question.decided(answer)} · recorded")


def test_recorded_question_handles_withdrawn_and_invalid_replies():
    question = PermissionQuestion(BASH, ToolPermissionContext())
    taken_back = RecordedQuestion(question, None).panel("p1", ())
    assert (taken_back.state, taken_back.decision) == ("withdrawn", "No longer asked · recorded")
    strange = RecordedQuestion(question, {"behavior": 3, "message": ["x"]}).panel("p1", ())
    assert strange.state == "denied"
    odd = {"behavior": "allow", "updatedInput": 1, "updatedPermissions": [2]}
    assert RecordedQuestion(question, odd).panel("p1", ()).state == "allowed"
