"""Tests for option values, which are used by the table in `validation.py`."""

from __future__ import annotations

import math
import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import get_args

from ...hooks import HookMatcher
from ...messages import JSON
from ...options import (
    AgentDefinition,
    EffortLevel,
    SettingSource,
    ThinkingDisplay,
)
from ...permissions import PermissionMode

Test = Callable[[JSON], bool]

LARGEST = 2**53
"""The largest integer that every JSON parser represents exactly."""


# --- simple values -------------------------------------------------------------------------------


def prose(value: JSON) -> bool:
    """Return whether the value is a string."""
    return isinstance(value, str)


def text(value: JSON) -> bool:
    """Return whether the value is a string that can be passed as a program's argument."""
    return isinstance(value, str) and "\0" not in value and _is_encodable(value)


def word(value: JSON) -> bool:
    """Return whether the value is a name made up of letters, like the CLI's modes and levels."""
    return isinstance(value, str) and value.isascii() and value.isalpha()


def path(value: JSON) -> bool:
    """Return whether the value is a path: a nonempty string or a path object."""
    if not isinstance(value, (str, os.PathLike)):
        return False
    path_text = os.fspath(value)
    return text(path_text) and bool(path_text)


def flag(value: JSON) -> bool:
    """Return whether the value is True or False, rather than merely truthy or falsy."""
    return isinstance(value, bool)


def whole(value: JSON) -> bool:
    """Return whether the value is an integer of at least 0."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST


def count(value: JSON) -> bool:
    """Return whether the value is an integer of at least 1."""
    return whole(value) and value > 0


def amount(value: JSON) -> bool:
    """Return whether the value is a finite number above 0."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and 0 < value <= LARGEST


def is_uuid(value: JSON) -> bool:
    """Return whether the value is a UUID with dashes, which is the form that the CLI accepts."""
    try:
        return isinstance(value, str) and str(uuid.UUID(value)) == value.lower()
    except ValueError:
        return False


def _is_encodable(value: str) -> bool:
    try:
        os.fsencode(value)
    except UnicodeEncodeError:
        return False
    return True


def is_json(value: JSON) -> bool:
    """Return whether the value can be represented as JSON."""
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and is_json(item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return all(map(is_json, value))
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, (str, bool, int))


# --- combinators ---------------------------------------------------------------------------------


def either(*tests: Test) -> Test:
    """Create a test that passes if any of `tests` passes."""
    return lambda value: any(test(value) for test in tests)


def listed(test: Test) -> Test:
    """Create a test for a list whose items pass `test`."""
    return lambda value: isinstance(value, (list, tuple)) and all(map(test, value))


def one_of(choices: Sequence[str]) -> Test:
    """Create a test for one of the words in `choices`."""
    return lambda value: isinstance(value, str) and value in choices


def mapped(keys: Test, values: Test) -> Test:
    """Create a test for a dictionary whose keys and values pass the given tests."""
    return lambda value: (
        isinstance(value, Mapping)
        and all(keys(key) and values(item) for key, item in value.items())
    )


def record(required: Mapping[str, Test], optional: Mapping[str, Test] | None = None) -> Test:
    """Create a test for a dictionary with required and optional keys.

    Other keys are allowed, because the CLI checks them.
    """

    def test(value: JSON) -> bool:
        return (
            isinstance(value, dict)
            and is_json(value)
            and all(key in value and fits(value[key]) for key, fits in required.items())
            and all(
                value.get(key) is None or fits(value[key]) for key, fits in (optional or {}).items()
            )
        )

    return test


def placed(kind: str) -> Test:
    """Create a test for a dictionary that has the type `kind` and a path."""
    return lambda value: (
        isinstance(value, dict) and value.get("type") == kind and path(value.get("path"))
    )


# --- tests of single options ---------------------------------------------------------------------

_PROMPT_FLAGS: dict[str, Test] = {"exclude_dynamic_sections": flag, "snapshot": flag}
_DISPLAY: dict[str, Test] = {"display": one_of(get_args(ThinkingDisplay))}

system_prompt = either(
    prose,
    record({"type": one_of(["preset"]), "preset": text}, {"append": prose, **_PROMPT_FLAGS}),
    record({"type": one_of(["custom"]), "prompt": prose}, _PROMPT_FLAGS),
    placed("file"),
)
thinking = either(
    record({"type": one_of(["adaptive"])}, _DISPLAY),
    record({"type": one_of(["enabled"]), "budget_tokens": whole}, _DISPLAY),
    record({"type": one_of(["disabled"])}),
)
tools = either(listed(text), record({"type": one_of(["preset"]), "preset": text}))
plugin = placed("local")


def mcp_server(value: JSON) -> bool:
    """Return whether the value is a server configuration.

    Only an in-process server may have an instance.
    """
    return isinstance(value, dict) and (value.get("type") == "sdk" or is_json(value))


def skills(value: JSON) -> bool:
    """Return whether the value is a list of exact names, or "all"."""
    return value == "all" or (
        listed(text)(value)
        and all(name == name.strip() and name and not set(name) & set("*,") for name in value)
    )


def matchers(value: JSON) -> bool:
    """Return whether the value is a list of `HookMatcher` objects that contain functions."""
    return isinstance(value, (list, tuple)) and all(
        isinstance(matcher, HookMatcher) and all(callable(hook) for hook in matcher.hooks)
        for matcher in value
    )


_AGENT: dict[str, Test] = {
    "description": prose,
    "prompt": prose,
    "tools": listed(prose),
    "disallowedTools": listed(prose),
    "model": prose,
    "skills": listed(prose),
    "memory": one_of(get_args(SettingSource)),
    "mcpServers": listed(either(prose, mapped(prose, is_json))),
    "initialPrompt": prose,
    "maxTurns": count,
    "background": flag,
    "effort": either(one_of(get_args(EffortLevel)), whole),
    "permissionMode": one_of(get_args(PermissionMode)),
}
_AGENT_REQUIRED = ("description", "prompt")


def agent(value: JSON) -> bool:
    """Return whether the value is an `AgentDefinition` whose fields have the right types."""
    if not isinstance(value, AgentDefinition):
        return False
    fields = {name: getattr(value, name) for name in _AGENT}
    return all(
        _AGENT[name](field) if field is not None else name not in _AGENT_REQUIRED
        for name, field in fields.items()
    )
