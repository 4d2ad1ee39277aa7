"""What the model gives a tool: values of the right types, or words that help it."""

import datetime
import pathlib
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field
from test_schema import Color, Inner, Model, Options, Point

from claude_notebook import ToolInputError, tool


def problems_of(made, given) -> list[str]:
    with pytest.raises(ToolInputError) as caught:
        made.inputs.read(given)
    for problem in caught.value.problems:
        assert problem in str(caught.value)
    return list(caught.value.problems)


def tool_with(hint):
    def function(value): ...

    function.__annotations__ = {"value": hint}
    return tool(function)


VALUES = [
    (int, 5, 5),
    (float, 5, 5.0),
    (Any, {"x": [1]}, {"x": [1]}),
    (Color, "red", Color.RED),
    (Literal["a"], "a", "a"),
    (int | None, None, None),
    (Point, {"x": 1}, Point(1, 0.0)),
    (list[Point], [{"x": 1, "y": 2}], [Point(1, 2.0)]),
    (Model, {"a": 1, "inner": [{"z": 2}]}, Model(a=1, inner=[Inner(z=2)])),
    (pathlib.Path, "a/b", pathlib.Path("a/b")),
    (datetime.date, "2026-01-31", datetime.date(2026, 1, 31)),
    (Options, {"name": "x"}, {"name": "x"}),
    (str, "größe \u2028", "größe \u2028"),
]


@pytest.mark.parametrize(("hint", "given", "value"), VALUES, ids=str)
def test_values_become_instances(hint, given, value):
    read = tool_with(hint).inputs.read({"value": given})["value"]
    assert read == value
    assert type(read) is type(value)


PROBLEMS = [
    (int, "5", "value: expected `int`, got `str`"),
    (int, True, "value: expected `int`, got `bool`"),
    (int, None, "value: expected `int`, got `null`"),
    (Color, "green", "value: invalid enum value 'green'; expected one of 'blue', 'red'"),
    (Literal["a", "b"], "c", "value: invalid enum value 'c'; expected one of 'a', 'b'"),
    (list[Point], [{"x": 1}, {"x": "q"}], "value[1].x: expected `int`, got `str`"),
    (Point, {}, "value: object missing required field `x`"),
    (Options, {"name": 1}, "value.name: expected `str`, got `int`"),
    (Annotated[int, Field(ge=3)], 2, "value: expected `int` >= 3"),
    (Model, {"a": 0}, "value.a: Input should be greater than or equal to 1"),
    (
        list[Model],
        [{"a": 1, "inner": [{"z": "k"}]}],
        "value[0].inner[0].z: Input should be a valid integer, unable to parse string as an "
        "integer",
    ),
    (pathlib.Path, 5, "value: expected a path"),
    (datetime.date, "soon", "value: invalid RFC3339 encoded date"),
]


@pytest.mark.parametrize(("hint", "given", "problem"), PROBLEMS, ids=str)
def test_problems_name_the_field_and_what_was_expected(hint, given, problem):
    assert problems_of(tool_with(hint), {"value": given}) == [problem]


@tool
def many(a: int, b: Color, c: Point | None = None, d: Any = 1):
    """Do it."""


def test_all_problems_are_told_at_once():
    assert problems_of(many, {"a": "x", "c": 1, "e": 2}) == [
        "a: expected `int`, got `str`",
        "b: missing; expected one of 'blue', 'red'",
        "c: expected `object | null`, got `int`",
        "e: there is no such argument; there are: a, b, c, d",
    ]


MISSING = [
    (int, "integer"),
    (Any, "a value"),
    (int | None, "integer or null"),
    (Point, "object"),
    (list[int], "array"),
]


@pytest.mark.parametrize(("hint", "words"), MISSING, ids=str)
def test_what_is_missing(hint, words):
    assert problems_of(tool_with(hint), {}) == [f"value: missing; expected {words}"]


def test_arguments_of_a_function_without_any():
    @tool
    def nothing(): ...

    assert problems_of(nothing, {"a": 1}) == [
        "a: there is no such argument; there are: none at all"
    ]


def test_defaults_are_left_to_the_function():
    assert many.inputs.read({"a": 1, "b": "red"}) == {"a": 1, "b": Color.RED}


def test_keywords_of_all_names():
    @tool
    def open_to_all(a: int, **others: Any): ...

    assert open_to_all.inputs.read({"a": 1, "z": 2}) == {"a": 1, "z": 2}
    assert "additionalProperties" not in open_to_all.schema


# --- given schemas --------------------------------------------------------------------------------


def test_values_for_a_given_schema_stay_as_they_are():
    made = tool("name", "words", {"when": datetime.date, "n": float})(lambda arguments: None)
    given = {"when": "2026-01-31", "n": 1, "more": True}
    assert made.inputs.read(given) == given
    assert problems_of(made, {"when": 1}) == [
        "when: expected `date`, got `int`",
        "n: missing; expected number",
    ]


SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "number"}, "b": {"type": "array", "items": {"enum": ["x"]}}},
    "required": ["a"],
    "additionalProperties": False,
}


def test_a_given_json_schema_is_checked_as_a_whole():
    made = tool("name", "words", SCHEMA)(lambda arguments: None)
    made.inputs.prepare()
    assert made.inputs.read({"a": 1, "b": ["x"]}) == {"a": 1, "b": ["x"]}
    assert problems_of(made, {"b": ["x", "y"], "c": 1}) == [
        "arguments: 'a' is a required property",
        "arguments: Additional properties are not allowed ('c' was unexpected)",
        "b[1]: 'y' is not one of ['x']",
    ]


def test_many_and_long_problems_are_cut():
    schema = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "null"}}}}
    made = tool("name", "words", schema)(lambda arguments: None)
    found = problems_of(made, {"a": ["x" * 1000] * 100})
    assert len(found) == 20
    assert all(len(problem) < 350 for problem in found)
