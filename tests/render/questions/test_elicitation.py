"""Questions of MCP servers: a schema as a form, and answers as the schema wants them."""

import pytest
from hypothesis import given, settings, strategies as st

from claude_notebook.permissions.decisions import Decision
from claude_notebook.permissions.elicitation import Elicitation, ElicitationResult
from claude_notebook.render.model import AskPanel, FormPanel
from claude_notebook.render.questions.elicitation import Elicited

PROPERTIES = {
    "name": {"type": "string", "title": "Name", "description": "Your name", "minLength": 2},
    "age": {"type": "integer", "minimum": 0, "default": 3},
    "size": {"type": "number"},
    "ok": {"type": "boolean", "default": True},
    "colour": {"type": "string", "enum": ["r", "b"], "enumNames": ["Red", "Blue"]},
    "tags": {"type": "array", "items": {"anyOf": [{"const": "x", "title": "X"}, {"const": "y"}]}},
}


def asked(properties=PROPERTIES, required=("name",), **more):
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return Elicited(Elicitation("asker", "Who are you?", schema, **more))


def sent(**answers):
    return Decision("send", answers=answers)


def test_a_schema_is_a_form():
    panel = asked().panel("p")
    assert isinstance(panel, FormPanel)
    assert panel.title == "The MCP server asker asks: Who are you?"
    assert panel.can_decline
    shown = {one.text: one for one in panel.questions}
    assert list(shown) == ["Name", "age", "size", "ok", "colour", "tags"]
    assert (shown["Name"].required, shown["Name"].about) == (True, "Your name")
    assert (shown["age"].required, shown["age"].number, shown["age"].value) == (False, True, "3")
    assert [one.label for one in shown["ok"].options] == ["Yes", "No"]
    assert (shown["ok"].value, shown["ok"].own_words) == ("Yes", False)
    assert [one.label for one in shown["colour"].options] == ["Red", "Blue"]
    assert [one.label for one in shown["tags"].options] == ["X", "y"]
    assert shown["tags"].multiple


def test_answers_are_what_the_schema_wants():
    answer = sent(Name="Ada", age="7", size="1.5", ok="No", colour="Blue", tags="X, y", other="z")
    content = {"name": "Ada", "age": 7, "size": 1.5, "ok": False, "colour": "b", "tags": ["x", "y"]}
    assert asked().problem(answer) == ""
    assert asked().result(answer) == ElicitationResult("accept", content)
    assert asked().decided(sent(Name="Ada", age="")) == "Name: Ada"


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        ({}, "'name' is a required property"),
        ({"Name": "A"}, "name: 'A' is too short"),
        ({"Name": "Ada", "age": "young"}, "age: 'young' is no integer"),
        ({"Name": "Ada", "age": "-1"}, "age: -1 is less than the minimum of 0"),
        ({"Name": "Ada", "size": "nan"}, ""),
        ({"Name": "Ada", "colour": "Green"}, "colour: 'Green' is not one of ['r', 'b']"),
    ],
)
def test_what_does_not_fit_is_said_and_not_sent(answers, problem):
    answer = sent(**answers)
    assert asked().problem(answer) == problem
    assert asked().allows(answer) is (problem == "")
    assert asked().result(answer).action == ("cancel" if problem else "accept")


@pytest.mark.parametrize(
    ("choice", "action", "words"),
    [("decline", "decline", "Declined"), ("cancel", "cancel", "Not answered"), ("x", "cancel", "")],
)
def test_a_no_and_no_answer_are_two_things(choice, action, words):
    answer = Decision(choice, answers={"Name": "Ada"})
    assert asked().result(answer) == ElicitationResult(action)
    assert words in asked().decided(answer)


def test_an_address_is_shown_in_full():
    question = asked(url="https://example.org/\u202ex")
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
def test_a_strange_schema_never_fails(properties, said):
    question = asked(properties, required=())
    panel = question.panel("p")
    answer = Decision("send", answers={one.text: said for one in panel.questions})
    question.problem(answer)
    assert question.result(answer).action in ("accept", "cancel")
    assert len({one.text for one in panel.questions}) == len(panel.questions)
