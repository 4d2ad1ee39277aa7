"""Structured output: a type or JSON schema -> what the model must answer, and back."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import msgspec

from ..errors import OptionsError, ProtocolError
from ..messages import JSON, JSONObject


def schema_of(output_format: object) -> JSONObject | None:
    """The JSON schema that `ClaudeCodeOptions.output_format` asks for; None if it asks for none.

    :raises OptionsError: it is of no usable type
    """
    if output_format is None or isinstance(output_format, str):
        return None
    if isinstance(output_format, dict):
        return _given(output_format)
    if isinstance(output_format, type):
        return _of_type(output_format)
    raise OptionsError(
        'output_format is "stream-json", {"type": "json_schema", "schema": {...}}, a dataclass or '
        f"a pydantic model, not {output_format!r:.80}",
        field="output_format",
    )


def _given(output_format: JSONObject) -> JSONObject:
    schema = output_format.get("schema")
    if output_format.get("type") != "json_schema" or not isinstance(schema, dict):
        raise OptionsError(
            'output_format as a dictionary is {"type": "json_schema", "schema": {...}}',
            field="output_format",
        )
    return schema


def _of_type(kind: type) -> JSONObject:
    if hasattr(kind, "model_json_schema"):  # pydantic, which this package does not import
        return dict(kind.model_json_schema())
    if not (dataclasses.is_dataclass(kind) or _is_msgspec(kind)):
        raise OptionsError(
            f"output_format must be a dataclass or a pydantic model, not {kind.__name__}",
            field="output_format",
        )
    try:
        schema = msgspec.json.schema(kind)
    except TypeError as error:
        raise OptionsError(
            f"{kind.__name__} has a field that JSON cannot hold: {error}", field="output_format"
        ) from None
    return _inlined(schema)


def _is_msgspec(kind: type) -> bool:
    return issubclass(kind, msgspec.Struct)


def _inlined(schema: JSONObject) -> JSONObject:
    """The schema as an object at the top, where msgspec refers to a definition."""
    definitions = dict(schema.get("$defs", {}))
    name = schema.get("$ref", "").rpartition("/")[2]
    if name not in definitions:
        return schema
    top = dict(definitions[name])
    # A type that refers to itself needs its definition still.
    if f'"#/$defs/{name}"' not in json.dumps([top, definitions]):
        del definitions[name]
    return {**top, "$defs": definitions} if definitions else top


def instance_of(output_format: object, value: JSON) -> Any:
    """`value` as an instance of the type that was asked for, or as it is.

    :raises ProtocolError: it does not fit the type
    """
    if value is None or not isinstance(output_format, type):
        return value
    try:
        if hasattr(output_format, "model_validate"):
            return output_format.model_validate(value)
        return msgspec.convert(value, output_format)
    except ValueError as error:
        raise ProtocolError(
            f"the structured output is no {output_format.__name__}: {error}. Ask again, or relax "
            "the type."
        ) from error
