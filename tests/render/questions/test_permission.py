"""Permission questions: their panels, and the reply to the CLI for each answer."""

import dataclasses

import pytest
from hypothesis import given, strategies as st

from claude_notebook.permissions import (
    PermissionResultAllow,
    PermissionResultDeny,
    PermissionRuleValue,
    PermissionUpdate,
    ToolPermissionContext,
)
from claude_notebook.permissions.decisions import Decision, is_yes
from claude_notebook.render.model import AskPanel, FormPanel
from claude_notebook.render.questions.permission import PermissionQuestion, describe, scope_of
from claude_notebook.render.tools.base import Call

RULE = PermissionUpdate(
    "addRules",
    rules=[PermissionRuleValue("Bash", "git status:*")],
    behavior="allow",
    destination="localSettings",
)
EDITS = PermissionUpdate("setMode", mode="acceptEdits", destination="session")
BASH = Call("Bash", {"command": "git status -s", "description": "Look"})


def permission_question(call=BASH, *suggestions, **more):
    return PermissionQuestion(call, ToolPermissionContext(suggestions=list(suggestions), **more))


def result(question, decision):
    return question.request.result(question.with_own_texts(decision))


def keys(question):
    return [choice.key for choice in question.panel("p").choices]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (permission_question(), ["once", "deny"]),
        (permission_question(BASH, RULE), ["once", "session", "project", "deny"]),
        (permission_question(BASH, EDITS), ["once", "session", "deny"]),
        (
            permission_question(BASH, RULE, suppress_always_allow_rule=True),
            ["once", "session", "deny"],
        ),
        (
            permission_question(Call("ExitPlanMode", {"plan": "1. go"})),
            ["approve", "approve_edits", "keep"],
        ),
    ],
)
def test_permission_question_offers_choices(question, expected):
    assert keys(question) == expected


def test_permission_question_has_no_choice_on_enter():
    for question in (
        permission_question(BASH, RULE),
        permission_question(Call("ExitPlanMode", {"plan": "x"})),
    ):
        shortcuts = [choice.shortcut for choice in question.panel("p").choices]
        assert all(len(key) == 1 and key.isalpha() for key in shortcuts)
        assert len(set(shortcuts)) == len(shortcuts)


def test_allow_once_keeps_the_input_and_adds_no_rule():
    assert result(permission_question(BASH, RULE), Decision("once")) == PermissionResultAllow(
        updated_input=BASH.input, updated_permissions=None
    )


def test_allow_for_session_limits_the_rule_to_the_session():
    outcome = result(permission_question(BASH, RULE), Decision("session"))
    assert isinstance(outcome, PermissionResultAllow)
    assert [update.destination for update in outcome.updated_permissions] == ["session"]


def test_allow_in_project_keeps_the_suggested_rule_and_applies_it_to_the_session():
    outcome = result(permission_question(BASH, RULE), Decision("project"))
    assert isinstance(outcome, PermissionResultAllow)
    in_session = dataclasses.replace(RULE, destination="session")
    assert outcome.updated_permissions == [RULE, in_session]


def test_changed_command_replaces_the_input():
    outcome = result(
        permission_question(BASH), Decision("once", fields={"command": "git status", "other": "no"})
    )
    assert outcome.updated_input == {"command": "git status", "description": "Look"}


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Decision("deny", note="not today"), "not today"),
        (Decision("deny"), "The person did not allow Bash."),
        (Decision("project"), "'project' is not one of the choices. Denied."),
        (Decision(""), "'' is not one of the choices. Denied."),
    ],
)
def test_refusals(answer, message):
    assert result(permission_question(BASH, EDITS), answer) == PermissionResultDeny(message=message)


@given(st.text(), st.text(), st.dictionaries(st.text(), st.text()))
def test_permission_question_allows_only_its_choices(choice, note, fields):
    question = permission_question(BASH, RULE)
    answer = Decision(choice, note, fields)
    expected = choice in ("once", "session", "project")
    assert isinstance(result(question, answer), PermissionResultAllow) is expected
    assert is_yes(answer) is expected or choice in ("approve", "approve_edits", "send")


@pytest.mark.parametrize(
    ("update", "words"),
    [
        (RULE, "every `git status` command"),
        (PermissionUpdate("addRules", rules=[PermissionRuleValue("Bash", "ls")]), "exactly `ls`"),
        (
            PermissionUpdate("addRules", rules=[PermissionRuleValue("WebFetch")]),
            "every use of WebFetch",
        ),
        (EDITS, "all file changes"),
        (PermissionUpdate("addDirectories", directories=["/x"]), "files in /x"),
    ],
)
def test_scope_of_describes_updates(update, words):
    assert scope_of(update) == words


def test_permission_question_shows_hidden_text():
    command = "echo ok" + " " * 4000 + "\n" * 50 + "rm -rf ~ \u202e# safe"
    question = permission_question(Call("Bash", {"command": command}))
    output = "".join(piece.text for piece in question.pieces)
    assert "rm -rf ~" in output
    assert "echo ok⟨4000 blanks⟩\n⟨49 empty lines⟩\nrm" in output
    panel = question.panel("p")
    assert isinstance(panel, AskPanel)
    assert panel.fields == ()
    assert all(piece.whole for piece in question.pieces)


def test_permission_question_shows_long_files_in_full():
    from claude_notebook.render.html.parts import part

    content = "\n".join(f"line {n}" for n in range(3000))
    question = permission_question(Call("Write", {"file_path": "/a/b.txt", "content": content}))
    assert any("line 2999" in part(piece).html for piece in question.pieces)


QUESTIONS = Call(
    "AskUserQuestion",
    {
        "questions": [
            {
                "question": "Which colour?",
                "header": "Colour",
                "options": [{"label": "Red", "description": "warm"}, {"label": "Blue"}],
                "multiSelect": False,
            }
        ]
    },
)


def test_permission_question_of_a_form():
    question = permission_question(QUESTIONS)
    panel = question.panel("p")
    assert isinstance(panel, FormPanel)
    assert [option.label for option in panel.questions[0].options] == ["Red", "Blue"]
    answer = Decision("send", answers={"Which colour?": "Blue", "What else?": "no"})
    assert result(question, answer).updated_input["answers"] == {"Which colour?": "Blue"}
    assert isinstance(result(question, Decision("cancel")), PermissionResultDeny)
    assert describe(answer) == "Which colour? Blue; What else? no"


@pytest.mark.parametrize("raw", [None, 3, "x", [3], [{}], [{"question": 1, "options": [1, {}]}]])
def test_permission_question_survives_malformed_forms(raw):
    panel = permission_question(Call("AskUserQuestion", {"questions": raw})).panel("p")
    assert isinstance(panel, FormPanel)


def test_permission_question_of_a_plan():
    question = permission_question(Call("ExitPlanMode", {"plan": "1. go"}))
    assert result(question, Decision("approve")).updated_permissions is None
    assert result(question, Decision("approve_edits")).updated_permissions == [EDITS]
    assert result(question, Decision("keep", "and tests?")).message == "and tests?"


@pytest.mark.parametrize(
    ("call", "title"),
    [
        (Call("Bash", {"command": "git status -s"}), "Run this command?"),
        (BASH, "Run this command? Look"),
        (Call("Read", {"file_path": "/a/b.txt"}), "Read this file? b.txt"),
        (
            Call("Write", {"file_path": "/a/b.txt", "content": "x"}),
            "Write this file? b.txt, 1 line",
        ),
        (Call("WebFetch", {"url": "https://a.b/c"}), "Open this address? a.b/c"),
        (Call("WebSearch", {"query": "q"}), "Search the web? “q”"),
    ],
)
def test_permission_question_title_repeats_nothing(call, title):
    assert permission_question(call).panel("p").title == title


def test_permission_question_of_a_plan_without_text():
    assert permission_question(Call("ExitPlanMode", {"plan": "1. Go"})).panel("p").reason == ""
    assert "plan is empty" in permission_question(Call("ExitPlanMode", {})).panel("p").reason


def test_permission_question_separates_kept_rules_from_session_rules():
    *_, project, _ = permission_question(BASH, RULE, EDITS).panel("p").choices
    assert project.scope == (
        "every `git status` command (saved in .claude/settings.local.json) "
        "and all file changes (for this session)"
    )
