"""Decisions of a person, and the results that the CLI gets for them."""

import pytest

from claude_notebook.permissions import (
    PermissionResultAllow,
    PermissionResultDeny,
    PermissionRuleValue,
    PermissionUpdate,
    ToolPermissionContext,
)
from claude_notebook.permissions.decisions import Decision, PermissionRequest, is_yes

RULE = PermissionUpdate(
    "addRules",
    rules=[PermissionRuleValue("Bash", "ls:*")],
    behavior="allow",
    destination="localSettings",
)
EDITS = PermissionUpdate("setMode", mode="acceptEdits", destination="session")
LS = {"command": "ls"}


def request(tool="Bash", tool_input=LS, *suggestions, **context):
    return PermissionRequest(
        tool, tool_input, ToolPermissionContext(suggestions=list(suggestions), **context)
    )


CHOICES = {
    "no suggestion": (request(), ("once", "deny")),
    "suggestion": (request("Bash", LS, RULE), ("once", "session", "project", "deny")),
    "suggestion for the session": (request("Bash", LS, EDITS), ("once", "session", "deny")),
    "no rule may be kept": (
        request("Bash", LS, RULE, suppress_always_allow_rule=True),
        ("once", "session", "deny"),
    ),
    "plan": (request("ExitPlanMode", {}), ("approve", "approve_edits", "keep")),
    "form": (request("AskUserQuestion", {}), ("send", "cancel")),
}


@pytest.mark.parametrize(("asked", "keys"), CHOICES.values(), ids=CHOICES)
def test_request_offers_choices(asked, keys):
    assert asked.choices == keys


@pytest.mark.parametrize(("asked", "keys"), CHOICES.values(), ids=CHOICES)
def test_request_refuses_every_choice_that_it_does_not_offer(asked, keys):
    every = {key for _, offered in CHOICES.values() for key in offered} | {"", "ONCE", "allow"}
    refused = {key for key in every if not asked.is_allowed(Decision(key))}
    assert refused == every - set(keys) | {keys[-1]}


def test_decision_changes_only_the_editable_field():
    decision = Decision("once", fields={"command": "ls -l", "other": "no"})
    result = request("Bash", {"command": "ls", "other": "yes"}).result(decision)
    assert result == PermissionResultAllow(updated_input={"command": "ls -l", "other": "yes"})
    assert request().changed_text(decision) == "ls -l"
    assert request().changed_text(Decision("once", fields={"command": "ls"})) == ""


@pytest.mark.parametrize(
    ("tool", "tool_input", "name"),
    [
        ("Bash", LS, "command"),
        ("WebFetch", {"url": "x"}, "url"),
        ("Write", {"content": "x"}, ""),
        ("mcp__db__run", {"sql": "select 1"}, "sql"),
        ("mcp__db__run", {"code": 1, "query": "q"}, "query"),
        ("mcp__db__run", {}, ""),
    ],
)
def test_request_names_its_editable_field(tool, tool_input, name):
    assert request(tool, tool_input).editable_field == name


FORM = {"questions": [{"question": "Which?"}, {"question": 3}, "no question"]}


def test_form_takes_only_answers_to_its_own_questions():
    decision = Decision("send", answers={"Which?": "this", "3": "that", "Other?": "no"})
    result = request("AskUserQuestion", FORM).result(decision)
    assert result == PermissionResultAllow(
        updated_input={**FORM, "answers": {"Which?": "this", "3": "that"}}
    )


@pytest.mark.parametrize("questions", [None, 3, "x", {}])
def test_form_without_questions_takes_no_answers(questions):
    question = request("AskUserQuestion", {"questions": questions})
    result = question.result(Decision("send", answers={"Which?": "this"}))
    assert result.updated_input["answers"] == {}


def test_refusals_give_the_reason_of_the_person():
    assert request().result(Decision("deny", note="no")) == PermissionResultDeny(message="no")
    assert "did not allow Bash" in request().result(Decision("deny")).message
    assert "keep planning" in request("ExitPlanMode", {}).result(Decision("keep")).message
    assert "did not want" in request("AskUserQuestion", FORM).result(Decision("cancel")).message


def test_is_yes_knows_the_choices_that_allow():
    assert is_yes(Decision("approve"))
    assert not is_yes(Decision("keep"))
