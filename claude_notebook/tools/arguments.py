"""Validates and converts the arguments of a tool call."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import msgspec

from ..errors import OptionsError, ToolInputError
from ..messages import JSON, JSONObject
from ..messages.json_fields import Fields
from .schema import PATHS, Argument, schema_of

MAX_PROBLEMS = 20
_MAX_PROBLEM_CHARS = 300
_KEY = re.compile(r"[a-zA-Z0-9_.-]{1,64}")


class Inputs(Protocol):
    """The arguments that a tool accepts."""

    @property
    def schema(self) -> JSONObject:
        """The JSON schema for the arguments."""

    def prepare(self) -> None:
        """Load everything that `read` requires. This may take a second."""

    def read(self, arguments: JSONObject) -> JSONObject:
        """Check and convert the arguments of a call.

        :raises ToolInputError: if an argument is wrong; lists each wrong field and its expected
            value
        """


@dataclass(frozen=True)
class TypedInputs:
    """Arguments that have Python types.

    :param more: pass on other arguments as well; by default, they are an error.
    :param convert: convert values to their types; otherwise, they are only checked.
    """

    arguments: Sequence[Argument]
    more: bool = False
    convert: bool = True

    @cached_property
    def schema(self) -> JSONObject:
        """The JSON schema for the arguments."""
        return schema_of(self.arguments, more=self.more)

    def prepare(self) -> None:
        """Do nothing, because nothing is required."""

    def read(self, arguments: JSONObject) -> JSONObject:
        """Check and convert the arguments of a call.

        :raises ToolInputError: if an argument is wrong; lists each wrong field and its expected
            value
        """
        problems, values = [], dict(arguments)
        for argument in self.arguments:
            if argument.name not in arguments:
                problems += self._missing(argument)
                continue
            try:
                value = msgspec.convert(
                    arguments[argument.name], argument.kind, dec_hook=_convert_custom
                )
            except msgspec.ValidationError as error:
                problems += self._wrong(argument, error)
            else:
                if self.convert:
                    values[argument.name] = value
        problems += self._unknown(arguments)
        if problems:
            raise ToolInputError(problems)
        return values

    def _missing(self, argument: Argument) -> list[str]:
        if not argument.required:
            return []
        return [f"{argument.name}: missing; expected {self._expected(argument)}"]

    def _unknown(self, arguments: JSONObject) -> list[str]:
        names = [argument.name for argument in self.arguments]
        unknown = [] if self.more else [name for name in arguments if name not in names]
        known = ", ".join(names) or "no arguments"
        return [f"{name}: unknown argument; the tool takes {known}" for name in unknown]

    def _wrong(self, argument: Argument, error: msgspec.ValidationError) -> list[str]:
        message, _, path = str(error).partition(" - at `$")
        location = argument.name + path.rstrip("`")
        if hasattr(error.__cause__, "errors"):
            return [
                f"{location}{part}: {reason}" for part, reason in _model_errors(error.__cause__)
            ]
        if message.startswith("Invalid enum value") and not path:
            message += f"; expected {self._expected(argument)}"
        return [f"{location}: {message[:1].lower()}{message[1:]}"]

    def _expected(self, argument: Argument) -> str:
        return _summarize(Fields(self.schema).obj("properties").raw[argument.name], self.schema)


def _convert_custom(kind: type, value: Any) -> Any:
    if kind in PATHS and isinstance(value, str):
        return kind(value)
    if hasattr(kind, "model_validate"):
        return kind.model_validate(value)
    raise TypeError(f"expected a {kind.__name__.lower()}")


def _model_errors(error: Any) -> Iterator[tuple[str, str]]:
    for item in error.errors():
        path = "".join(f"[{at}]" if isinstance(at, int) else f".{at}" for at in item["loc"])
        yield path, item["msg"]


def _summarize(value: JSON, root: JSONObject) -> str:
    """Summarize the values that a schema accepts."""
    schema = Fields(value)
    if reference := schema.text("$ref"):
        name = reference.removeprefix("#/$defs/")
        return _summarize(Fields(root).obj("$defs").raw.get(name), root)
    if choices := schema.items("enum"):
        return "one of " + ", ".join(map(repr, choices))
    if options := schema.items("anyOf"):
        return " or ".join(_summarize(option, root) for option in options)
    return str(schema.raw.get("type", "a value"))


@dataclass(frozen=True)
class SchemaInputs:
    """Arguments that have a JSON schema, which the `jsonschema` package checks on each call."""

    schema: JSONObject

    @cached_property
    def _validator(self) -> Any:
        # The import takes 0.1 to 1.3 s, so only tools with such a schema pay for it.
        from jsonschema.validators import Draft202012Validator, validator_for

        return validator_for(self.schema, default=Draft202012Validator)(self.schema)

    def prepare(self) -> None:
        """Import `jsonschema`."""
        _ = self._validator

    def read(self, arguments: JSONObject) -> JSONObject:
        """Check a call's arguments and return them unchanged.

        :raises ToolInputError: if an argument is wrong; lists each wrong field and its expected
            value
        """
        errors = sorted(
            self._validator.iter_errors(arguments),
            key=lambda error: (error.json_path, error.message),
        )
        if errors:
            raise ToolInputError(
                [
                    f"{error.json_path.removeprefix('$').lstrip('.') or 'arguments'}: "
                    f"{error.message[:_MAX_PROBLEM_CHARS]}"
                    for error in errors[:MAX_PROBLEMS]
                ]
            )
        return arguments


def check_keys(schema: JSONObject) -> None:
    """Raise an error unless the API accepts all of the schema's argument names.

    A single invalid name would cause every request in the conversation to fail.

    :raises OptionsError: if a name is invalid; the message contains it
    """
    for name in Fields(schema).obj("properties").raw:
        if not _KEY.fullmatch(name):
            raise OptionsError(
                f"The model's service rejects the argument name {name!r}. Use up to 64 "
                "letters a-z, digits, _, . and -.",
                field=name,
            )
