"""What the model gives a tool -> what its function gets, or what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import msgspec

from ..errors import OptionsError, ToolInputError
from ..messages import JSON, JSONObject
from .schema import PATHS, Argument, schema_of

MAX_PROBLEMS = 20
_MAX_PROBLEM_CHARS = 300
_KEY = re.compile(r"[a-zA-Z0-9_.-]{1,64}")


class Inputs(Protocol):
    """The arguments that a tool takes."""

    @property
    def schema(self) -> JSONObject:
        """Their JSON schema."""

    def prepare(self) -> None:
        """Load what checking needs. May take a second."""

    def read(self, given: JSONObject) -> JSONObject:
        """The values that the function gets.

        :raises ToolInputError: names each field that is wrong, and what was expected
        """


@dataclass(frozen=True)
class TypedInputs:
    """Arguments by Python types.

    :param more: other arguments are passed on; otherwise they are an error.
    :param convert: the values become instances of their types; otherwise they are only checked.
    """

    arguments: Sequence[Argument]
    more: bool = False
    convert: bool = True

    @cached_property
    def schema(self) -> JSONObject:
        """Their JSON schema."""
        return schema_of(self.arguments, more=self.more)

    def prepare(self) -> None:
        """Nothing is needed."""

    def read(self, given: JSONObject) -> JSONObject:
        """The values that the function gets.

        :raises ToolInputError: names each field that is wrong, and what was expected
        """
        problems, values = [], dict(given)
        for argument in self.arguments:
            if argument.name not in given:
                problems += self._missing(argument)
                continue
            try:
                value = msgspec.convert(given[argument.name], argument.kind, dec_hook=_custom)
            except msgspec.ValidationError as error:
                problems += self._wrong(argument, error)
            else:
                if self.convert:
                    values[argument.name] = value
        problems += self._unknown(given)
        if problems:
            raise ToolInputError(problems)
        return values

    def _missing(self, argument: Argument) -> list[str]:
        if not argument.required:
            return []
        return [f"{argument.name}: missing; expected {self._expected(argument)}"]

    def _unknown(self, given: JSONObject) -> list[str]:
        names = [argument.name for argument in self.arguments]
        unknown = [] if self.more else [name for name in given if name not in names]
        known = ", ".join(names) or "none at all"
        return [f"{name}: there is no such argument; there are: {known}" for name in unknown]

    def _wrong(self, argument: Argument, error: msgspec.ValidationError) -> list[str]:
        message, _, path = str(error).partition(" - at `$")
        where = argument.name + path.rstrip("`")
        if hasattr(error.__cause__, "errors"):
            return [f"{where}{at}: {reason}" for at, reason in _model_errors(error.__cause__)]
        if message.startswith("Invalid enum value") and not path:
            message += f"; expected {self._expected(argument)}"
        return [f"{where}: {message[:1].lower()}{message[1:]}"]

    def _expected(self, argument: Argument) -> str:
        return _in_words(self.schema["properties"][argument.name], self.schema)


def _custom(kind: type, value: JSON) -> JSON:
    if kind in PATHS and isinstance(value, str):
        return kind(value)
    if hasattr(kind, "model_validate"):
        return kind.model_validate(value)
    raise TypeError(f"expected a {kind.__name__.lower()}")


def _model_errors(error: JSON) -> Iterator[tuple[str, str]]:
    for one in error.errors():
        path = "".join(f"[{at}]" if isinstance(at, int) else f".{at}" for at in one["loc"])
        yield path, one["msg"]


def _in_words(schema: Mapping[str, JSON], root: JSONObject) -> str:
    """What a schema asks for, in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        return _in_words(root.get("$defs", {}).get(name, {}), root)
    if "enum" in schema:
        return "one of " + ", ".join(repr(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_in_words(one, root) for one in schema["anyOf"])
    return str(schema.get("type", "a value"))


@dataclass(frozen=True)
class SchemaInputs:
    """Arguments by a JSON schema, checked by the `jsonschema` package when they come."""

    schema: JSONObject

    @cached_property
    def _validator(self) -> JSON:
        # Importing it takes 0.1 to 1.3 seconds: only tools with such a schema pay for that.
        from jsonschema.validators import Draft202012Validator, validator_for

        return validator_for(self.schema, default=Draft202012Validator)(self.schema)

    def prepare(self) -> None:
        """Load `jsonschema`."""
        _ = self._validator

    def read(self, given: JSONObject) -> JSONObject:
        """The values as they came.

        :raises ToolInputError: names each field that is wrong, and what was expected
        """
        found = self._validator.iter_errors(given)
        errors = sorted(found, key=lambda error: (error.json_path, error.message))
        if errors:
            raise ToolInputError(
                [
                    f"{error.json_path.removeprefix('$').lstrip('.') or 'arguments'}: "
                    f"{error.message[:_MAX_PROBLEM_CHARS]}"
                    for error in errors[:MAX_PROBLEMS]
                ]
            )
        return given


def check_keys(schema: JSONObject) -> None:
    """Every name in a tool's schema is one that the model's service takes.

    One that it does not take would make every request of the conversation fail.

    :raises OptionsError: names the argument
    """
    for name in schema.get("properties", {}):
        if not _KEY.fullmatch(name):
            raise OptionsError(
                f"the argument {name!r} has a name that the model's service refuses: use up to 64 "
                "letters a-z, digits, _, . and -",
                field=name,
            )
