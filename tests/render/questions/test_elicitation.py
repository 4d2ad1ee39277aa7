"""Questions of MCP servers: schemas as forms, and answers as values of the schema."""

import pytest
from hypothesis import given, settings, strategies as st

from claude_notebook.permissions.decisions import Decision
from claude_notebook.permissions.elicitation import Elicitation, ElicitationResult
from claude_notebook.render.model import AskPanel, FormPanel
from claude_notebook.render.questions.elicitation import ElicitationQuestion

PROPERTIES = {
    "name": {"type": "string", "title": "Name", "description": "Your name", "minLength": 2},
    "age": {"type": "integer", "minimum": 0, "default": 3},
    "size": {"type": "number"},
    "ok": {"type": "boolean", "default": True},
    "colour": {"type": "string", "enum": ["r", "b"], "enumNames": ["Red", "Blue"]},
    "tags": {"type": "array", "items": {"anyOf": [{"const": "x", "title": "X"}, {"const": "y"}]}},
}


def form_question(properties=PROPERTIES, required=("name",), **more):
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return ElicitationQuestion(Elicitation("asker", "Who are you?", schema, **more))


def sent(**answers):
    return Decision("send", answers=answers)


def test_elicitation_panel_is_a_form():
    panel = form_question().panel("p")
    assert isinstance(panel, FormPanel)
    assert panel.title == "The MCP server asker asks: Who are you?"
    assert panel.can_decline
    outputs = {question.text: question for question in panel.questions}
    assert list(outputs) == ["Name", "age", "size", "ok", "colour", "tags"]
    assert (outputs["Name"].required, outputs["Name"].about) == (True, "Your name")
    assert (outputs["age"].required, outputs["age"].number, outputs["age"].value) == (
        False,
        True,
        "3",
    )
    assert [question.label for question in outputs["ok"].options] == ["Yes", "No"]
    assert (outputs["ok"].value, outputs["ok"].own_words) == ("Yes", False)
    assert [question.label for question in outputs["colour"].options] == ["Red", "Blue"]
    assert [question.label for question in outputs["tags"].options] == ["X", "y"]
    assert outputs["tags"].multiple


def test_elicitation_result_follows_the_schema():
    answer = sent(Name="Ada", age="7", size="1.5", ok="No", colour="Blue", tags="X, y", other="z")
    content = {"name": "Ada", "age": 7, "size": 1.5, "ok": False, "colour": "b", "tags": ["x", "y"]}
    assert form_question().problem(answer) == ""
    assert form_question().result(answer) == ElicitationResult("accept", content)
    assert form_question().decided(sent(Name="Ada", age="")) == "Name: Ada"


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        ({}, "'name' is a required property"),
        ({"Name": "A"}, "name: 'A' is too short"),
        ({"Name": "Ada", "age": "young"}, "age: 'young' is not a valid integer"),
        ({"Name": "Ada", "age": "-1"}, "age: -1 is less than the minimum of 0"),
        ({"Name": "Ada", "size": "nan"}, ""),
        ({"Name": "Ada", "colour": "Green"}, "colour: 'Green' is not one of ['r', 'b']"),
    ],
)
def test_elicitation_problem_prevents_sending(answers, problem):
    answer = sent(**answers)
    assert form_question().problem(answer) == problem
    assert form_question().allows(answer) is (problem == "")
    assert form_question().result(answer).action == ("cancel" if problem else "accept")


@pytest.mark.parametrize(
    ("choice", "action", "words"),
    [("decline", "decline", "Declined"), ("cancel", "cancel", "Not answered"), ("x", "cancel", "")],
)
def test_elicitation_distinguishes_decline_and_cancel(choice, action, words):
    answer = Decision(choice, answers={"Name": "Ada"})
    assert form_question().result(answer) == ElicitationResult(action)
    assert words in form_question().decided(answer)


def test_elicitation_shows_an_address_in_full():
    question = form_question(url="https://example.org/\u202ex")
    panel = question.panel("p")
    assert isinstance(panel, AskPanel)
    assert [piece.text for piece in question.pieces] == ["https://example.org/\u202ex"]
    assert question.result(Decision("send")) == ElicitationResult("accept")
    assert question.result(Decision("decline")) == ElicitationResult("decline")
    assert question.result(Decision("")) == ElicitationResult("cancel")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "enum", "oneOf", "title", "a"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(max_size=4), JSON, max_size=3), st.text(max_size=5))
def test_elicitation_accepts_any_schema(properties, said):
    question = form_question(properties, required=())
    panel = question.panel("p")
    answer = Decision("send", answers={item.text: said for item in panel.questions})
    question.problem(answer)
    assert question.result(answer).action in ("accept", "cancel")
    assert len({item.text for item in panel.questions}) == len(panel.questions)
