"""Checks and conversion of tool arguments."""

import datetime
import pathlib
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field
from test_schema import Color, Inner, Model, Options, Point

from claude_notebook import ToolInputError, tool


def problems_of(tool, arguments) -> list[str]:
    with pytest.raises(ToolInputError) as caught:
        tool.inputs.read(arguments)
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


@pytest.mark.parametrize(("hint", "arguments", "value"), VALUES, ids=str)
def test_typed_inputs_convert_values(hint, arguments, value):
    read = tool_with(hint).inputs.read({"value": arguments})["value"]
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


@pytest.mark.parametrize(("hint", "arguments", "problem"), PROBLEMS, ids=str)
def test_typed_inputs_name_field_and_expected_value(hint, arguments, problem):
    assert problems_of(tool_with(hint), {"value": arguments}) == [problem]


@tool
def many(a: int, b: Color, c: Point | None = None, d: Any = 1):
    """Do it."""


def test_typed_inputs_report_all_problems():
    assert problems_of(many, {"a": "x", "c": 1, "e": 2}) == [
        "a: expected `int`, got `str`",
        "b: missing; expected one of 'blue', 'red'",
        "c: expected `object | null`, got `int`",
        "e: unknown argument; the tool takes a, b, c, d",
    ]


MISSING = [
    (int, "integer"),
    (Any, "a value"),
    (int | None, "integer or null"),
    (Point, "object"),
    (list[int], "array"),
]


@pytest.mark.parametrize(("hint", "words"), MISSING, ids=str)
def test_typed_inputs_describe_missing_argument(hint, words):
    assert problems_of(tool_with(hint), {}) == [f"value: missing; expected {words}"]


def test_typed_inputs_without_arguments():
    @tool
    def nothing(): ...

    assert problems_of(nothing, {"a": 1}) == ["a: unknown argument; the tool takes no arguments"]


def test_typed_inputs_leave_defaults_to_function():
    assert many.inputs.read({"a": 1, "b": "red"}) == {"a": 1, "b": Color.RED}


def test_typed_inputs_accept_any_keywords():
    @tool
    def open_to_all(a: int, **others: Any): ...

    assert open_to_all.inputs.read({"a": 1, "z": 2}) == {"a": 1, "z": 2}
    assert "additionalProperties" not in open_to_all.schema


# --- JSON schemas ---------------------------------------------------------------------------------


def test_schema_inputs_return_values_unchanged():
    tool_under_test = tool("name", "words", {"when": datetime.date, "n": float})(
        lambda arguments: None
    )
    arguments = {"when": "2026-01-31", "n": 1, "more": True}
    assert tool_under_test.inputs.read(arguments) == arguments
    assert problems_of(tool_under_test, {"when": 1}) == [
        "when: expected `date`, got `int`",
        "n: missing; expected number",
    ]


SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "number"}, "b": {"type": "array", "items": {"enum": ["x"]}}},
    "required": ["a"],
    "additionalProperties": False,
}


def test_schema_inputs_check_whole_schema():
    tool_under_test = tool("name", "words", SCHEMA)(lambda arguments: None)
    tool_under_test.inputs.prepare()
    assert tool_under_test.inputs.read({"a": 1, "b": ["x"]}) == {"a": 1, "b": ["x"]}
    assert problems_of(tool_under_test, {"b": ["x", "y"], "c": 1}) == [
        "arguments: 'a' is a required property",
        "arguments: Additional properties are not allowed ('c' was unexpected)",
        "b[1]: 'y' is not one of ['x']",
    ]


def test_schema_inputs_truncate_problems():
    schema = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "null"}}}}
    tool_under_test = tool("name", "words", schema)(lambda arguments: None)
    problems = problems_of(tool_under_test, {"a": ["x" * 1000] * 100})
    assert len(problems) == 20
    assert all(len(problem) < 350 for problem in problems)
