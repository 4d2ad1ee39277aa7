"""Structured output: the JSON schema for an answer, and its conversion to a Python type."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import msgspec

from ..errors import OptionsError, ProtocolError
from ..messages import JSONObject
from ..messages.json_fields import Fields, as_object


def schema_of(output_format: object) -> JSONObject | None:
    """Return the JSON schema that `ClaudeCodeOptions.output_format` requests, or None.

    :raises OptionsError: if the value's type is not supported
    """
    if output_format is None or isinstance(output_format, str):
        return None
    if isinstance(output_format, dict):
        return _schema_from_dict(output_format)
    if isinstance(output_format, type):
        return _schema_from_type(output_format)
    raise OptionsError(
        'output_format must be "stream-json", {"type": "json_schema", "schema": {...}}, a '
        f"dataclass or a pydantic model, not {output_format!r:.80}.",
        field="output_format",
    )


def _schema_from_dict(output_format: JSONObject) -> JSONObject:
    schema = output_format.get("schema")
    if output_format.get("type") != "json_schema" or not isinstance(schema, dict):
        raise OptionsError(
            'output_format as a dictionary must be {"type": "json_schema", "schema": {...}}.',
            field="output_format",
        )
    return schema


def _schema_from_type(kind: type) -> JSONObject:
    if hasattr(kind, "model_json_schema"):  # pydantic, which this package does not import
        return dict(kind.model_json_schema())
    if not (dataclasses.is_dataclass(kind) or _is_msgspec(kind)):
        raise OptionsError(
            f"output_format must be a dataclass or a pydantic model, not {kind.__name__}.",
            field="output_format",
        )
    try:
        schema = msgspec.json.schema(kind)
    except TypeError as error:
        raise OptionsError(
            f"{kind.__name__} has a field that JSON cannot hold: {error}. Change its type.",
            field="output_format",
        ) from None
    return _inline_root(schema)


def _is_msgspec(kind: type) -> bool:
    return issubclass(kind, msgspec.Struct)


def _inline_root(schema: JSONObject) -> JSONObject:
    """Move the root definition to the top, where msgspec only refers to it."""
    fields = Fields(schema)
    definitions = dict(fields.obj("$defs").raw)
    name = fields.text("$ref").rpartition("/")[2]
    if name not in definitions:
        return schema
    top = as_object(definitions[name])
    # A recursive type still needs its definition.
    if f'"#/$defs/{name}"' not in json.dumps([top, definitions]):
        del definitions[name]
    return {**top, "$defs": definitions} if definitions else top


def instance_of(output_format: object, value: Any) -> Any:
    """Convert `value` to the requested type, or return it unchanged.

    :raises ProtocolError: if the value does not match the type
    """
    if value is None or not isinstance(output_format, type):
        return value
    try:
        if hasattr(output_format, "model_validate"):
            return output_format.model_validate(value)
        return msgspec.convert(value, output_format)
    except ValueError as error:
        raise ProtocolError(
            f"The structured output is not a valid {output_format.__name__}: {error}. Retry, or "
            "relax the type."
        ) from error
