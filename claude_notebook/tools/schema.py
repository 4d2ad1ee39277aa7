"""Python types -> JSON schema, for the arguments of a tool.

The types are msgspec's (numbers, text, lists, dictionaries, tuples, unions, literals, enums,
dataclasses, typed dictionaries, dates, ...), and pydantic's models and paths besides.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import inspect
import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, get_args, get_origin

import msgspec
from typing_extensions import get_type_hints, is_typeddict

from ..errors import OptionsError
from ..messages import JSON, JSONObject
from .docstrings import read_docstring

REF = "#/$defs/{name}"
_LIMITS = ("ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length", "pattern")
_NAMED_TYPES = {
    "string": str,
    "number": float,
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
}


@dataclass(frozen=True)
class Argument:
    """One argument of a tool.

    :param kind: its type; limits are msgspec's `Meta` in it.
    :param required: there is no default.
    :param positional: it cannot be passed by name.
    """

    name: str
    kind: JSON = JSON
    required: bool = True
    default: JSON = msgspec.NODEFAULT
    description: str | None = None
    positional: bool = False


# --- where arguments come from --------------------------------------------------------------------


def arguments_of(function: Callable[..., JSON], described: Mapping[str, str]) -> list[Argument]:
    """The arguments of a function, from its type hints; `**keywords` are none.

    :raises OptionsError: it cannot be called with named values, or a hint cannot be resolved
    """
    hints = _hints(function)
    return [
        _argument(parameter, hints.get(parameter.name, JSON), described.get(parameter.name))
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind is not parameter.VAR_KEYWORD
    ]


def takes_keywords(function: Callable[..., JSON]) -> bool:
    """Whether a function has `**keywords`."""
    parameters = inspect.signature(function).parameters.values()
    return any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)


def _hints(function: Callable[..., JSON]) -> dict[str, JSON]:
    try:
        return get_type_hints(_innermost(function), include_extras=True)
    except NameError as error:
        raise OptionsError(
            f"a type hint of {_name(function)} cannot be resolved: {error}. Define the type in "
            "the module or the notebook, not inside a function.",
            field="tool",
        ) from error


def _innermost(function: JSON) -> JSON:
    while isinstance(function, functools.partial):
        function = function.func
    function = inspect.unwrap(function)
    if not inspect.isroutine(function):
        return type(function).__call__
    return function


def _name(function: JSON) -> str:
    return str(getattr(function, "__name__", None) or type(function).__name__)


def _argument(parameter: inspect.Parameter, hint: JSON, description: str | None) -> Argument:
    if parameter.kind is parameter.VAR_POSITIONAL:
        raise OptionsError(
            f"a tool is called with named values, so it cannot have *{parameter.name}; "
            f"write {parameter.name}: list[...]",
            field=parameter.name,
        )
    kind, said = strip(hint)
    required = parameter.default is parameter.empty
    return Argument(
        parameter.name,
        kind,
        required,
        msgspec.NODEFAULT if required else parameter.default,
        said or description,
        parameter.kind is parameter.POSITIONAL_ONLY,
    )


def arguments_of_mapping(types: Mapping[str, JSON]) -> list[Argument]:
    """The arguments of `{"a": float}`. What is no type that JSON knows is text."""
    return [_loose(name, hint, required=True) for name, hint in types.items()]


def arguments_of_typed_dict(kind: type) -> list[Argument]:
    """The arguments that a `TypedDict` describes."""
    required: frozenset[str] = getattr(kind, "__required_keys__", frozenset())
    described = read_docstring(kind.__doc__)[1]
    return [
        _loose(name, hint, name in required, described.get(name))
        for name, hint in get_type_hints(kind, include_extras=True).items()
    ]


def _loose(name: str, hint: JSON, required: bool, described: str | None = None) -> Argument:
    kind, description = strip(hint)
    if isinstance(kind, str):
        kind = _NAMED_TYPES.get(kind, str)
    if _trouble(kind) is not None:
        kind = str
    return Argument(name, kind, required, description=description or described)


def _unwrapped(hint: JSON) -> JSON:
    """The type of a key of a `TypedDict` without Required, NotRequired or ReadOnly around it."""
    while getattr(get_origin(hint), "_name", None) in ("Required", "NotRequired", "ReadOnly"):
        (hint,) = get_args(hint)
    return hint


def strip(hint: JSON) -> tuple[JSON, str | None]:
    """A type without what only describes it, and that description.

    Descriptions are texts in `Annotated`, `Doc` and pydantic's `Field`; their limits (`Field`,
    `annotated_types`) become msgspec's.
    """
    hint = _unwrapped(hint)
    origin: JSON = get_origin(hint)
    if origin is not Annotated:
        return hint, None
    base, *extras = get_args(hint)
    base = _unwrapped(base)
    notes = list(_flat(extras))
    kept = [note for note in notes if isinstance(note, msgspec.Meta)]
    limits = {
        name: getattr(note, name)
        for note in notes
        for name in _LIMITS
        if not isinstance(note, (str, msgspec.Meta)) and getattr(note, name, None) is not None
    }
    if limits:
        kept.append(msgspec.Meta(**limits))
    for meta in kept:
        base = Annotated[base, meta]
    return base, next(filter(None, map(_description, notes)), None)


def _flat(notes: Sequence[JSON]) -> Iterator[JSON]:
    for note in notes:
        yield note
        yield from getattr(note, "metadata", None) or ()


def _description(note: JSON) -> str | None:
    if isinstance(note, str):
        return note
    return getattr(note, "description", None) or getattr(note, "documentation", None)


# --- arguments -> schema --------------------------------------------------------------------------


def schema_of(arguments: Sequence[Argument], *, more: bool) -> JSONObject:
    """The JSON schema of an object with these arguments; `more`: others are allowed too.

    :raises OptionsError: names the argument whose type JSON cannot hold
    """
    definitions: JSONObject = {}
    try:
        shapes = _components([argument.kind for argument in arguments], definitions)
    except (TypeError, NameError):
        raise _culprit(arguments) from None
    schema: JSONObject = {
        "type": "object",
        "properties": {
            argument.name: _with_notes(shape, argument)
            for argument, shape in zip(arguments, shapes, strict=True)
        },
        "required": [argument.name for argument in arguments if argument.required],
    }
    if not more:
        schema["additionalProperties"] = False
    return {**schema, "$defs": definitions} if definitions else schema


def _components(kinds: Sequence[JSON], definitions: JSONObject) -> Sequence[JSONObject]:
    def custom(kind: type) -> JSONObject:
        if kind in PATHS:
            return {"type": "string"}
        if not hasattr(kind, "model_json_schema"):
            raise NotImplementedError
        # A model brings definitions of its own: they move to the top, under names of their own.
        reference = REF.format(name=f"{kind.__name__}.{{model}}")
        schema = dict(kind.model_json_schema(ref_template=reference))
        for name, definition in schema.pop("$defs", {}).items():
            definitions[f"{kind.__name__}.{name}"] = definition
        return schema

    shapes, found = msgspec.json.schema_components(kinds, schema_hook=custom, ref_template=REF)
    for kind in kinds:
        _describe(kind, found, set())
    definitions.update(found)
    return shapes


PATHS = (pathlib.Path, pathlib.PurePath)


def _culprit(arguments: Sequence[Argument]) -> OptionsError:
    for argument in arguments:
        reason = _trouble(argument.kind)
        if reason is not None:
            return OptionsError(
                f"the type of {argument.name!r} is nothing that JSON can hold: {reason}. Use "
                "numbers, text, lists, dictionaries, enums, dataclasses or pydantic models, or "
                "give input_schema.",
                field=argument.name,
            )
    return OptionsError("two arguments have types that do not go together", field="tool")


def _trouble(kind: JSON) -> str | None:
    try:
        _components([kind], {})
    except (TypeError, NameError) as error:
        return str(error).splitlines()[-1]
    return None


def _with_notes(shape: JSONObject, argument: Argument) -> JSONObject:
    notes: JSONObject = {}
    if argument.description:
        notes["description"] = argument.description
    if argument.default is not msgspec.NODEFAULT:
        # The model need not know a default that JSON cannot hold.
        with contextlib.suppress(TypeError, NotImplementedError, ValueError):
            notes["default"] = msgspec.to_builtins(argument.default, enc_hook=_plain)
    return {**shape, **notes}


def _plain(value: JSON) -> JSON:
    if isinstance(value, PATHS):
        return str(value)
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    raise NotImplementedError


def _describe(kind: JSON, definitions: JSONObject, seen: set[JSON]) -> None:
    """Add what `Annotated` says about the fields of dataclasses and typed dictionaries."""
    for part in get_args(kind):
        _describe(part, definitions, seen)
    name = str(getattr(kind, "__name__", None))
    if not (dataclasses.is_dataclass(kind) or is_typeddict(kind)) or name in seen:
        return
    seen.add(name)
    properties = definitions.get(name, {}).get("properties", {})
    for field, hint in get_type_hints(kind, include_extras=True).items():
        description = strip(hint)[1]
        if description and field in properties:
            properties[field] = {**properties[field], "description": description}
        _describe(hint, definitions, seen)
