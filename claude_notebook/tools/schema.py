"""Creates JSON schemas for a tool's arguments from Python types.

msgspec supports numbers, text, lists, dictionaries, tuples, unions, literals, enums, dataclasses,
typed dictionaries, dates and more. This module adds support for pydantic models, paths and
descriptions.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import inspect
import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

import msgspec
from typing_extensions import get_type_hints, is_typeddict

from ..errors import OptionsError
from ..messages import JSONObject
from ..messages.json_fields import Fields, as_object
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
    """A single argument of a tool.

    :param kind: the type, with limits given as msgspec's `Meta`.
    :param required: whether the argument has no default.
    :param positional: whether it cannot be passed by name.
    """

    name: str
    kind: Any = Any
    required: bool = True
    default: Any = msgspec.NODEFAULT
    description: str | None = None
    positional: bool = False


# --- sources of arguments -------------------------------------------------------------------------


def arguments_of(function: Callable[..., Any], described: Mapping[str, str]) -> list[Argument]:
    """Read a function's arguments from its type hints, except `**keywords`.

    :raises OptionsError: if it cannot be called with named values, or a hint cannot be resolved
    """
    hints = _hints(function)
    return [
        _argument(parameter, hints.get(parameter.name, Any), described.get(parameter.name))
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind is not parameter.VAR_KEYWORD
    ]


def takes_keywords(function: Callable[..., Any]) -> bool:
    """Test for `**keywords`."""
    parameters = inspect.signature(function).parameters.values()
    return any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)


def _hints(function: Callable[..., Any]) -> dict[str, object]:
    try:
        return get_type_hints(_innermost(function), include_extras=True)
    except NameError as error:
        raise OptionsError(
            f"A type hint of {_name(function)} cannot be resolved: {error}. Define the type in "
            "the module or the notebook, not inside a function.",
            field="tool",
        ) from error


def _innermost(function: Any) -> Any:
    while isinstance(function, functools.partial):
        function = function.func
    function = inspect.unwrap(function)
    if not inspect.isroutine(function):
        return type(function).__call__
    return function


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", None) or type(function).__name__)


def _argument(parameter: inspect.Parameter, hint: Any, description: str | None) -> Argument:
    if parameter.kind is parameter.VAR_POSITIONAL:
        raise OptionsError(
            f"A tool receives named values, so it cannot have *{parameter.name}. "
            f"Use {parameter.name}: list[...] instead.",
            field=parameter.name,
        )
    kind, note = strip(hint)
    required = parameter.default is parameter.empty
    return Argument(
        parameter.name,
        kind,
        required,
        msgspec.NODEFAULT if required else parameter.default,
        note or description,
        parameter.kind is parameter.POSITIONAL_ONLY,
    )


def arguments_of_mapping(types: Mapping[str, object]) -> list[Argument]:
    """Read arguments from `{"a": float}`; a type that JSON cannot hold becomes text."""
    return [_lenient_argument(name, hint, required=True) for name, hint in types.items()]


def arguments_of_typed_dict(kind: type) -> list[Argument]:
    """Read the arguments that a `TypedDict` describes."""
    required: frozenset[str] = getattr(kind, "__required_keys__", frozenset())
    described = read_docstring(kind.__doc__)[1]
    return [
        _lenient_argument(name, hint, name in required, described.get(name))
        for name, hint in get_type_hints(kind, include_extras=True).items()
    ]


def _lenient_argument(
    name: str, hint: Any, required: bool, described: str | None = None
) -> Argument:
    kind, description = strip(hint)
    if isinstance(kind, str):
        kind = _NAMED_TYPES.get(kind, str)
    if _problem(kind) is not None:
        kind = str
    return Argument(name, kind, required, description=description or described)


def _unwrap(hint: Any) -> Any:
    """Remove Required, NotRequired and ReadOnly around the type of a `TypedDict` key."""
    while getattr(get_origin(hint), "_name", None) in ("Required", "NotRequired", "ReadOnly"):
        (hint,) = get_args(hint)
    return hint


def strip(hint: Any) -> tuple[Any, str | None]:
    """Split a type into the plain type and its description.

    A description is a string in `Annotated`, a `Doc`, or part of pydantic's `Field`. Limits
    (`Field`, `annotated_types`) are converted to msgspec's.
    """
    hint = _unwrap(hint)
    origin: Any = get_origin(hint)
    if origin is not Annotated:
        return hint, None
    base, *extras = get_args(hint)
    base = _unwrap(base)
    notes = list(_flat(extras))
    metas = [note for note in notes if isinstance(note, msgspec.Meta)]
    limits = {
        name: getattr(note, name)
        for note in notes
        for name in _LIMITS
        if not isinstance(note, (str, msgspec.Meta)) and getattr(note, name, None) is not None
    }
    if limits:
        metas.append(msgspec.Meta(**limits))
    for meta in metas:
        base = Annotated[base, meta]
    return base, next(filter(None, map(_description, notes)), None)


def _flat(notes: Sequence[Any]) -> Iterator[Any]:
    for note in notes:
        yield note
        yield from getattr(note, "metadata", None) or ()


def _description(note: Any) -> str | None:
    if isinstance(note, str):
        return note
    return getattr(note, "description", None) or getattr(note, "documentation", None)


# --- schemas --------------------------------------------------------------------------------------


def schema_of(arguments: Sequence[Argument], *, more: bool) -> JSONObject:
    """Return the JSON schema for an object with these arguments.

    :param more: allow other arguments too.
    :raises OptionsError: if JSON cannot represent an argument's type; the message names it
    """
    definitions: JSONObject = {}
    try:
        shapes = _components([argument.kind for argument in arguments], definitions)
    except (TypeError, NameError):
        raise _unsupported_type(arguments) from None
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


def _components(kinds: Sequence[Any], definitions: JSONObject) -> Sequence[JSONObject]:
    def custom_schema(kind: type) -> JSONObject:
        if kind in PATHS:
            return {"type": "string"}
        if not hasattr(kind, "model_json_schema"):
            raise NotImplementedError
        # A model's own definitions are moved to the top level under unique names.
        reference = REF.format(name=f"{kind.__name__}.{{model}}")
        schema = dict(kind.model_json_schema(ref_template=reference))
        for name, definition in schema.pop("$defs", {}).items():
            definitions[f"{kind.__name__}.{name}"] = definition
        return schema

    shapes, components = msgspec.json.schema_components(
        kinds, schema_hook=custom_schema, ref_template=REF
    )
    for kind in kinds:
        _describe(kind, components, set())
    definitions.update(components)
    return shapes


PATHS = (pathlib.Path, pathlib.PurePath)


def _unsupported_type(arguments: Sequence[Argument]) -> OptionsError:
    for argument in arguments:
        reason = _problem(argument.kind)
        if reason is not None:
            return OptionsError(
                f"JSON cannot hold the type of {argument.name!r}: {reason}. Use "
                "numbers, text, lists, dictionaries, enums, dataclasses or pydantic models, or "
                "set input_schema.",
                field=argument.name,
            )
    return OptionsError(
        "The types of two arguments are incompatible. Rename one of them.", field="tool"
    )


def _problem(kind: Any) -> str | None:
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
        # The model does not need a default that JSON cannot represent.
        with contextlib.suppress(TypeError, NotImplementedError, ValueError):
            notes["default"] = msgspec.to_builtins(argument.default, enc_hook=_encode_default)
    return {**shape, **notes}


def _encode_default(value: Any) -> Any:
    if isinstance(value, PATHS):
        return str(value)
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    raise NotImplementedError


def _describe(kind: Any, definitions: JSONObject, seen: set[Any]) -> None:
    """Add the descriptions in `Annotated` of dataclass and typed dictionary fields."""
    for part in get_args(kind):
        _describe(part, definitions, seen)
    name = str(getattr(kind, "__name__", None))
    if not (dataclasses.is_dataclass(kind) or is_typeddict(kind)) or name in seen:
        return
    seen.add(name)
    properties = Fields(definitions).obj(name).obj("properties").raw
    for field, hint in get_type_hints(kind, include_extras=True).items():
        description = strip(hint)[1]
        if description and field in properties:
            properties[field] = {**as_object(properties[field]), "description": description}
        _describe(hint, definitions, seen)
