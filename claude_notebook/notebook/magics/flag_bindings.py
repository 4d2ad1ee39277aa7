"""Derives parser, traits, defaults, request fields, and the README table from `flags.ROWS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, asdict
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from IPython.core.magic import Magics
from IPython.core.magic_arguments import argument, magic_arguments

from ...messages import JSONObject
from .flags import ROWS, MagicArguments, flag_of

T = TypeVar("T")

Magic: TypeAlias = Any
"""A magic's method, to which IPython's decorators add attributes that have no types."""

# Typed as callables, because IPython's decorators have no types.
_argument: Callable[..., Any] = argument
_magic_arguments: Callable[..., Any] = magic_arguments


def with_flags(function: Magic) -> Magic:
    """Add an argument parser for all flags to a magic, and use its help as the docstring."""
    prompt_help = "the prompt; in a %%%%claude cell, the cell is the prompt"
    decorated = _argument("prompt", nargs="*", help=prompt_help)(function)
    for row in reversed(ROWS):
        decorated = _argument_for(row)(decorated)
    return _magic_arguments()(decorated)


def _argument_for(row: Field[Any]) -> Any:
    flag = flag_of(row)
    about = flag.about.replace("%", "%%")
    if not flag.metavar:
        return _argument(flag.name, dest=row.name, action="store_true", help=about)
    more: JSONObject = {"choices": flag.choices} if flag.choices else {"metavar": flag.metavar}
    action = "append" if _is_list(row) else "store"
    return _argument(flag.name, dest=row.name, action=action, type=flag.convert, help=about, **more)


def _is_list(row: Field[Any]) -> bool:
    return row.default_factory is list


def _trait_name(row: Field[Any]) -> str:
    return flag_of(row).trait_name or row.name


TRAITS: JSONObject = {
    _trait_name(row): trait.tag(config=True)
    for row in ROWS
    if (trait := flag_of(row).trait) is not None
}
"""The default of each flag that has one, by its name in `%config ClaudeMagics`."""


if TYPE_CHECKING:

    class FlagDefaults(Magics):
        """The traits that Python code reads by name. `TRAITS` contains all of them."""

        model: str
        mode: str
        allow_dangerously_skip_permissions: bool
        trust_project: bool

else:
    FlagDefaults = type("FlagDefaults", (Magics,), {"__doc__": "Flag defaults.", **TRAITS})


def read_defaults(magics: object) -> MagicArguments:
    """Read the traits of `magics` as if they were the arguments of a line with all of them."""
    rows = [row for row in ROWS if flag_of(row).trait is not None]
    return MagicArguments(**{row.name: getattr(magics, _trait_name(row)) for row in rows})


def merge_defaults(arguments: MagicArguments, defaults: MagicArguments) -> MagicArguments:
    """Fill in defaults for missing arguments. A repeatable flag adds its values to the default.

    The replay flags only use `target_fields`, because the environment takes precedence over the
    defaults but not over the line.
    """
    line, usual = asdict(arguments), asdict(defaults)
    merged: dict[str, object] = {
        row.name: [*usual[row.name], *line[row.name]]
        if _is_list(row)
        else line[row.name] or usual[row.name] or row.default
        for row in ROWS
    }
    make: Callable[..., MagicArguments] = MagicArguments
    return make(prompt=arguments.prompt, **merged)


def target_fields(target: str, arguments: MagicArguments) -> dict[str, object]:
    """Map the fields of `target` ("request", "launch", or "replay") to the arguments' values."""
    values: dict[str, object] = {}
    for row in ROWS:
        flag = flag_of(row)
        owner, _, name = flag.target.partition(".")
        if owner == target:
            value = getattr(arguments, row.name)
            values[name] = value if flag.prepare is None else flag.prepare(value)
    return values


def build_target(
    make: Callable[..., T], target: str, arguments: MagicArguments, **more: object
) -> T:
    """Create the object that receives the arguments' values.

    :param make: the class of the object.
    :param target: its name, as in `target_fields`.
    :param more: fields that no flag sets.
    """
    return make(**more, **target_fields(target, arguments))


def flag_table() -> str:
    """Render all flags as a Markdown table with the flag, its default's name, and its help."""
    lines = ["| Flag | Default for all cells | Effect |", "|---|---|---|"]
    for row in ROWS:
        flag = flag_of(row)
        trait = f"`{_trait_name(row)}`" if flag.trait is not None else ""
        usage = f"{flag.name} {flag.metavar}".strip()
        lines.append(f"| `{usage}` | {trait} | {flag.about} |")
    return "\n".join(lines)
