"""Finds powers in settings files and in `.mcp.json`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ...messages import JSON, JSONObject
from .power import Power
from .tables import PERMISSIONS, SETTINGS, HarmlessKey


class Setting(NamedTuple):
    """A single power in a JSON file."""

    kind: str
    value: JSON
    reason: str


Reader = Callable[[JSONObject], Iterator[Setting]]

ALLOW_RULE, FURTHER_FOLDER = "allow rule", "further folder"
_RULE_LISTS = {
    "allow": (ALLOW_RULE, "It lets Claude use a tool without asking."),
    "additionalDirectories": (FURTHER_FOLDER, "It gives Claude access to another folder."),
}
NOT_JSON = "file that is not JSON"


def find_powers(path: Path, text: str, read: Reader) -> list[Power]:
    """Return the powers in a JSON file's text."""
    try:
        value = json.loads(text, object_pairs_hook=_unique)
        parts = list(read(value)) if isinstance(value, dict) else [_unknown(value)]
        return [
            Power(part.kind, str(path), render_json(part.value), reason=part.reason)
            for part in parts
        ]
    except (ValueError, RecursionError) as error:
        cause = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        reason = f"It is not plain JSON ({cause[:200]}); the CLI may parse it differently."
        return [Power(NOT_JSON, str(path), text, "text", reason)]


def render_json(value: JSON) -> str:
    """Render a value in the form that is used to compute its digest."""
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)


def settings_parts(settings: JSONObject) -> Iterator[Setting]:
    """Yield the powers in a settings file."""
    for key, value in settings.items():
        if key == "hooks" and isinstance(value, dict):
            yield from _hooks(value)
        elif key == "permissions" and isinstance(value, dict):
            yield from _permissions(value)
        elif not _is_harmless(key, value, SETTINGS):
            yield Setting("setting", {key: value}, _setting_reason(key, SETTINGS))


def plugin_parts(settings: JSONObject) -> Iterator[Setting]:
    """Yield the powers in an added folder's settings file, of which the CLI reads the plugins."""
    for key, value in settings.items():
        if key in ("enabledPlugins", "extraKnownMarketplaces"):
            yield Setting("setting", {key: value}, "It installs or enables plugins.")


def server_parts(config: JSONObject) -> Iterator[Setting]:
    """Yield the powers in `.mcp.json`."""
    for key, value in config.items():
        if key == "mcpServers" and isinstance(value, dict):
            for name, server in value.items():
                yield Setting("MCP server", {name: server}, "The CLI starts or contacts it.")
        elif key != "$schema":
            yield _unknown({key: value})


def further_folders(powers: list[Power]) -> tuple[str, ...]:
    """Return the folders that settings make accessible to the CLI, which loads their skills too."""
    values = [json.loads(power.text) for power in powers if power.kind == FURTHER_FOLDER]
    return tuple(value for value in values if isinstance(value, str) and "\0" not in value)


def _hooks(hooks: JSONObject) -> Iterator[Setting]:
    for event, entries in hooks.items():
        for entry in entries if isinstance(entries, list) else [entries]:
            yield Setting("hook", {event: entry}, f"The CLI runs it on {event}.")


def _permissions(permissions: JSONObject) -> Iterator[Setting]:
    for key, value in permissions.items():
        if key in _RULE_LISTS and isinstance(value, list):
            kind, reason = _RULE_LISTS[key]
            for item in value:
                yield Setting(kind, item, reason)
        elif not _is_harmless(key, value, PERMISSIONS):
            reason = _setting_reason(key, PERMISSIONS)
            yield Setting("setting", {"permissions": {key: value}}, reason)


def _is_harmless(key: str, value: JSON, table: Mapping[str, HarmlessKey]) -> bool:
    return key in table and table[key].accepts(value)


def _setting_reason(key: str, table: Mapping[str, HarmlessKey]) -> str:
    if key in table:
        return "The value is not on the list of harmless values."
    return "The setting is not one of those known to be harmless."


def _unknown(value: JSON) -> Setting:
    return Setting("setting", value, "It is not known to be harmless.")


def _unique(pairs: list[tuple[str, JSON]]) -> JSONObject:
    """Reject duplicate keys, because parsers disagree about them."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key occurs twice")
    return value
