"""The `config()` commands for settings files, such as `get model` or `set model x`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import OptionsError
from ...messages import JSON
from ...redact import redact, value_repr
from . import jsonc
from .files import (
    COMMENTS_ADVICE,
    Edit,
    Settings,
    edit_file,
    load,
)

_PART = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^".\s](?:[^".]*[^".\s])?))\s*(\.|$)')
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)

# --- keys and values ------------------------------------------------------------------------------


def parse_key(text: str) -> tuple[str, ...]:
    """Parse a dotted key: `permissions.allow` becomes ("permissions", "allow").

    A part that contains a dot is enclosed in double quotes.

    :raises OptionsError: if a part is empty, or a quote is not closed
    """
    parts: list[str] = []
    position, more = 0, "."
    while more == ".":
        match = _PART.match(text, position)
        if match is None:
            raise OptionsError(
                f"{text!r} is not a key. Write it like permissions.allow, with double quotes "
                'around a part that contains a dot: enabledPlugins."name@market.example".',
                field="key",
            )
        quoted, bare, more = match.groups()
        parts.append(bare if quoted is None else _ESCAPE.sub(r"\1", quoted))
        position = match.end()
    return tuple(parts)


def parse_value(text: str, path: Sequence[str]) -> JSON:
    """Parse a command-line value as JSON, or keep it as a string if it is not JSON.

    Environment variables are always strings.

    :raises OptionsError: if it begins like an object or a list, but is not valid JSON
    """
    if path[:1] == ("env",) and len(path) == 2:
        return text
    try:
        value: JSON = json.loads(text, parse_constant=_reject_constant)
        return value
    except ValueError as error:
        if text.lstrip()[:1] in ("{", "["):
            shown = value_repr("value", text)
            raise OptionsError(
                f"{shown} is not valid JSON: {error}. Correct it, or put it in double quotes to "
                "store it as a string.",
                field="value",
            ) from error
        return text


def _reject_constant(name: str) -> JSON:
    raise ValueError(name)


# --- the command ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Request:
    settings: Settings
    scope: str | None
    words: tuple[str, ...]

    @property
    def write_scope(self) -> str:
        """The scope to write to."""
        return "local" if self.scope is None else self.scope

    @property
    def key(self) -> tuple[str, ...]:
        return parse_key(self.words[0])

    def values(self) -> list[JSON]:
        return [parse_value(word, self.key) for word in self.words[1:]]

    def holders(self) -> tuple[Path, ...]:
        return self.settings.holders(self.write_scope, self.key)

    def edit(self, path: Path, edit: Edit) -> None:
        edit_file(path, edit, self.settings.root_of(path))

    def target(self) -> Path:
        """Return the file to write to: the one that contains the key, or the scope's first file."""
        return (*self.holders(), self.settings.paths(self.write_scope)[0])[0]


def configure(settings: Settings, words: Sequence[str]) -> str:
    """Run `list`, `get`, `set`, `unset`, `add` or `remove`.

    :returns: the value, or a sentence that describes the change.
    :raises OptionsError: if the usage is wrong, or a file cannot be read, parsed or written
    """
    scope, rest = _split_scope(words)
    name, arguments = (rest[0], rest[1:]) if rest else ("list", [])
    if name not in _COMMANDS:
        raise OptionsError(
            f"config has no subcommand {name!r}. Choose one of {', '.join(_COMMANDS)}.",
            field="subcommand",
        )
    command, usage, least, most = _COMMANDS[name]
    if not least <= len(arguments) <= most:
        raise OptionsError(
            f"config {name} takes {usage or 'no arguments'}, but got {len(arguments)} arguments. "
            "Pass a value with spaces as one string.",
            field="subcommand",
        )
    return command(_Request(settings, scope, tuple(arguments)))


def _split_scope(words: Sequence[str]) -> tuple[str | None, list[str]]:
    scope: str | None = None
    rest: list[str] = []
    pending = iter(words)
    for word in pending:
        if word in ("-g", "--global"):
            scope = "user"
        elif word in ("-s", "--scope"):
            scope = next(pending, "")
        elif word.startswith("--scope="):
            scope = word.partition("=")[2]
        elif word == "--":
            rest += pending
        else:
            rest.append(word)
    return scope, rest


def _list(request: _Request) -> str:
    return redact(_as_json(request.settings.read(request.scope)))


def _get(request: _Request) -> str:
    value: JSON = request.settings.read(request.scope)
    for key in request.key:
        if not isinstance(value, dict) or key not in value:
            return ""
        value = value[key]
    # A string requested by name is shown, but a collection may contain unrelated secrets.
    return value if isinstance(value, str) else redact(_as_json(value))


def _set(request: _Request) -> str:
    (value,) = request.values()
    path = request.target()
    request.edit(path, lambda document: jsonc.put(document, request.key, value))
    return _report(f"Set {request.words[0]} in", path)


def _unset(request: _Request) -> str:
    paths = request.holders()
    for path in paths:
        request.edit(path, lambda document: jsonc.drop(document, request.key))
    if not paths:
        return f"{request.words[0]} is not set in {request.target()}"
    return _report(f"Removed {request.words[0]} from", *paths)


def _add(request: _Request) -> str:
    def edit(document: jsonc.Document) -> str:
        if jsonc.find(document, request.key) is None:
            document = jsonc.parse(jsonc.put(document, request.key, []))
        for value in request.values():
            if value not in jsonc.items(document, request.key):
                document = jsonc.parse(jsonc.append(document, request.key, value))
        return document.text

    path = request.target()
    request.edit(path, edit)
    return _report(f"Added to {request.words[0]} in", path)


def _remove(request: _Request) -> str:
    values = request.values()
    if not values:
        return _unset(request)

    def edit(document: jsonc.Document) -> str:
        for value in values:
            while value in (present := jsonc.items(document, request.key)):
                text = jsonc.take(document, request.key, present.index(value))
                document = jsonc.parse(text)
        return document.text

    paths = request.holders()
    for path in paths:
        request.edit(path, edit)
    return _report(f"Removed from {request.words[0]} in", *paths)


def _report(change: str, *paths: Path) -> str:
    notes = [COMMENTS_ADVICE.format(path=path) for path in paths if not load(path).strict]
    return "\n".join([f"{change} {', '.join(map(str, paths))}", *notes])


def _as_json(value: JSON) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


_UNLIMITED = 1000
# Name -> function, usage, minimum and maximum number of arguments.
_COMMANDS: dict[str, tuple[Callable[[_Request], str], str, int, int]] = {
    "list": (_list, "", 0, 0),
    "get": (_get, "KEY", 1, 1),
    "set": (_set, "KEY VALUE", 2, 2),
    "unset": (_unset, "KEY", 1, 1),
    "add": (_add, "KEY VALUE...", 2, _UNLIMITED),
    "remove": (_remove, "KEY [VALUE...]", 1, _UNLIMITED),
}
