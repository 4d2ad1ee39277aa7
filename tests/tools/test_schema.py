"""JSON schemas of Python types."""

import dataclasses
import datetime
import enum
import pathlib
from typing import Annotated, Any, Literal, Union

import jsonschema
import msgspec
import pytest
from pydantic import BaseModel, Field
from typing_extensions import Doc, NotRequired, TypedDict

from claude_notebook import OptionsError, tool
from claude_notebook.tools.tool import Tool


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass
class Point:
    x: Annotated[int, "to the right"]
    y: float = 0.0


class Options(TypedDict):
    name: Annotated[str, "who"]
    age: NotRequired[int]


class Inner(BaseModel):
    z: int


class Model(BaseModel):
    a: int = Field(ge=1, description="at least one")
    inner: list[Inner] = []


NUMBER, TEXT = {"type": "number"}, {"type": "string"}

TYPES = [
    (int, {"type": "integer"}),
    (float, NUMBER),
    (str, TEXT),
    (bool, {"type": "boolean"}),
    (Any, {}),
    (list, {"type": "array"}),
    (list[float], {"type": "array", "items": NUMBER}),
    (dict[str, float], {"type": "object", "additionalProperties": NUMBER}),
    (Literal["a", 1], {"enum": [1, "a"]}),
    (Color, {"$ref": "#/$defs/Color"}),
    (float | None, {"anyOf": [NUMBER, {"type": "null"}]}),
    (Union[str, float], {"anyOf": [TEXT, NUMBER]}),
    (Point, {"$ref": "#/$defs/Point"}),
    (list[Point], {"type": "array", "items": {"$ref": "#/$defs/Point"}}),
    (pathlib.Path, TEXT),
    (datetime.date, {"type": "string", "format": "date"}),
    (Annotated[float, "words"], {**NUMBER, "description": "words"}),
    (Annotated[float, Doc("words")], {**NUMBER, "description": "words"}),
    (
        Annotated[int, Field(ge=1, le=5, description="words")],
        {"type": "integer", "minimum": 1, "maximum": 5, "description": "words"},
    ),
    (
        Annotated[int, msgspec.Meta(ge=1, description="words")],
        {"type": "integer", "minimum": 1, "description": "words"},
    ),
]


def tool_with(hint, **default) -> Tool:
    def function(value=None):
        """Do it."""

    function.__annotations__ = {"value": hint}
    function.__defaults__ = tuple(default.values()) or None
    return tool(function)


@pytest.mark.parametrize(("hint", "expected"), TYPES, ids=str)
def test_schema_of_type(hint, expected):
    schema = tool_with(hint).schema
    assert schema["properties"]["value"] == expected
    assert schema["required"] == ["value"]
    assert schema["additionalProperties"] is False
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    ("hint", "default", "written"),
    [
        (int, 3, 3),
        (Color, Color.RED, "red"),
        (str | None, None, None),
        (Point, Point(1), {"x": 1, "y": 0.0}),
        (pathlib.Path, pathlib.Path("a"), "a"),
        (Inner, Inner(z=1), {"z": 1}),
    ],
    ids=str,
)
def test_schema_includes_default(hint, default, written):
    schema = tool_with(hint, default=default).schema
    assert schema["properties"]["value"]["default"] == written
    assert schema["required"] == []


def test_schema_omits_default_that_json_cannot_hold():
    schema = tool_with(Any, default=object()).schema
    assert schema["properties"]["value"] == {}
    assert schema["required"] == []


def test_schema_includes_field_descriptions():
    schema = tool_with(list[Point]).schema
    assert schema["$defs"]["Point"]["properties"] == {
        "x": {"type": "integer", "description": "to the right"},
        "y": {"type": "number", "default": 0.0},
    }


def test_schema_of_pydantic_models():
    schema = tool_with(list[Model]).schema
    model = schema["properties"]["value"]["items"]
    assert model["properties"]["a"]["description"] == "at least one"
    assert model["properties"]["inner"]["items"] == {"$ref": "#/$defs/Model.Inner"}
    assert schema["$defs"]["Model.Inner"]["required"] == ["z"]
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid({"value": [{"a": 1, "inner": [{"z": 2}]}]})
    assert not validator.is_valid({"value": [{"a": 1, "inner": [{"z": "x"}]}]})


@dataclasses.dataclass
class Node:
    children: "list[Node]" = dataclasses.field(default_factory=list)


class PydanticNode(BaseModel):
    children: "list[PydanticNode]" = []


@pytest.mark.parametrize("kind", [Node, PydanticNode])
def test_schema_of_recursive_types(kind):
    schema = tool_with(kind).schema
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid({"value": {"children": [{"children": []}]}})
    assert not validator.is_valid({"value": {"children": [{"children": 1}]}})


def test_schema_resolves_string_annotations():
    def function(a: "int", b: "list[Point]"): ...

    properties = tool(function).schema["properties"]
    assert properties["a"] == {"type": "integer"}
    assert properties["b"]["items"] == {"$ref": "#/$defs/Point"}


# --- unsupported functions ------------------------------------------------------------------------


def unresolved(a: "Nowhere"): ...  # noqa: F821


def starred(*values: int): ...


def generator():
    yield 1


async def async_generator():
    yield 1


def strange(größe: int): ...


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (unresolved, "Nowhere"),
        (starred, "list"),
        (generator, "yield"),
        (async_generator, "yield"),
        (strange, "größe"),
    ],
)
def test_tool_rejects_unsupported_functions(function, words):
    with pytest.raises(OptionsError, match=words):
        tool(function)


@pytest.mark.parametrize("hint", [complex, type(len), Union[Point, Node]], ids=str)
def test_schema_rejects_types_that_json_cannot_hold(hint):
    with pytest.raises(OptionsError, match="'value'") as caught:
        tool_with(hint).schema  # noqa: B018
    assert caught.value.field == "value"


# --- the official SDK's forms ---------------------------------------------------------------------

FORMS = [
    ({}, {"type": "object", "properties": {}, "required": []}),
    (
        {"a": float, "s": Annotated[str, "words"]},
        {
            "type": "object",
            "properties": {"a": NUMBER, "s": {**TEXT, "description": "words"}},
            "required": ["a", "s"],
        },
    ),
    (
        {"a": "number", "s": "anything", "c": complex},
        {
            "type": "object",
            "properties": {"a": NUMBER, "s": TEXT, "c": TEXT},
            "required": ["a", "s", "c"],
        },
    ),
    (
        {"a": {"type": "number"}, "s": str},
        {
            "type": "object",
            "properties": {"a": NUMBER, "s": TEXT},
            "required": ["a", "s"],
        },
    ),
    (
        Options,
        {
            "type": "object",
            "properties": {"name": {**TEXT, "description": "who"}, "age": {"type": "integer"}},
            "required": ["name"],
        },
    ),
    (
        {"type": "object", "properties": {"a": NUMBER}, "x": 1},
        {"type": "object", "properties": {"a": NUMBER}, "x": 1},
    ),
    ({"type": "object"}, {"type": "object", "properties": {}}),
    ({"properties": {"a": NUMBER}}, {"type": "object", "properties": {"a": NUMBER}}),
    (Inner, Inner.model_json_schema()),
]


@pytest.mark.parametrize(("schema", "expected"), FORMS, ids=str)
def test_tool_accepts_official_input_schemas(schema, expected):
    @tool("name", "words", schema)
    async def handler(arguments): ...

    assert handler.schema == expected
    assert handler.input_schema == schema


@pytest.mark.parametrize("schema", [5, ["a"], int])
def test_tool_rejects_unsupported_input_schema(schema):
    with pytest.raises(OptionsError, match="input_schema"):
        tool("name", "words", schema)(lambda arguments: None)


def test_tool_checks_names_in_input_schema():
    with pytest.raises(OptionsError, match="with space"):
        tool("name", "words", {"with space": int})(lambda arguments: None)
