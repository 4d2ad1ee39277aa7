"""A question that was answered long ago leaves the panel that it left on the day itself."""

from __future__ import annotations

import dataclasses

import pytest

from claude_notebook.client.callbacks import encode_permission
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
from claude_notebook.render.questions.elicitation import Elicited
from claude_notebook.render.questions.permission import PermissionQuestion
from claude_notebook.render.questions.recorded import Settled
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
def test_what_the_cli_was_told_says_what_a_person_chose(call: Call, answer: Decision, state: str):
    asked = PermissionQuestion(
        call, ToolPermissionContext(suggestions=[RULE], decision_reason="Not known.")
    )
    told = encode_permission(asked.request.result(asked.with_own_texts(answer)), call.input)
    panel = Settled(asked, told).panel("p1", ())
    live = dataclasses.replace(asked.panel("p1"), state=state, decision=asked.decided(answer))
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
def test_forms_of_servers_too(answer: Decision, state: str):
    asked = Elicited(Elicitation("shop", "What shall it be?", SCHEMA))
    told = asked.result(answer)
    said = {"action": told.action, "content": told.content}
    panel = Settled(asked, said).panel("p1", ())
    assert isinstance(panel, FormPanel)
    assert (panel.state, panel.decision) == (state, f"{asked.decided(answer)} · recorded")


def test_a_question_that_was_taken_back_and_one_that_was_answered_strangely():
    asked = PermissionQuestion(BASH, ToolPermissionContext())
    taken_back = Settled(asked, None).panel("p1", ())
    assert (taken_back.state, taken_back.decision) == ("withdrawn", "No longer asked · recorded")
    strange = Settled(asked, {"behavior": 3, "message": ["x"]}).panel("p1", ())
    assert strange.state == "denied"
    odd = {"behavior": "allow", "updatedInput": 1, "updatedPermissions": [2]}
    assert Settled(asked, odd).panel("p1", ()).state == "allowed"
