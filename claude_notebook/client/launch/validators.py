"""Tests for option values, which are used by the table in `validation.py`."""

from __future__ import annotations

import math
import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import get_args

from ...hooks import HookMatcher
from ...options import (
    AgentDefinition,
    EffortLevel,
    SettingSource,
    ThinkingDisplay,
)
from ...permissions import PermissionMode

Test = Callable[[object], bool]

LARGEST = 2**53
"""The largest integer that every JSON parser represents exactly."""


# --- simple values -------------------------------------------------------------------------------


def prose(value: object) -> bool:
    """Test for any text."""
    return isinstance(value, str)


def text(value: object) -> bool:
    """Test for text that can be a program's argument."""
    return isinstance(value, str) and "\0" not in value and _is_encodable(value)


def word(value: object) -> bool:
    """Test for a name of letters, as the CLI's modes, levels and events have."""
    return isinstance(value, str) and value.isascii() and value.isalpha()


def path(value: object) -> bool:
    """Test for a path: nonempty text or a path object."""
    if not isinstance(value, (str, os.PathLike)):
        return False
    path_text = os.fspath(value)
    return text(path_text) and bool(path_text)


def flag(value: object) -> bool:
    """Test for True or False, without truthy substitutes."""
    return isinstance(value, bool)


def whole(value: object) -> bool:
    """Test for a whole number, 0 or more."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST


def count(value: object) -> bool:
    """Test for a whole number, 1 or more."""
    return value != 0 and whole(value)


def amount(value: object) -> bool:
    """Test for a finite number above 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return 0 < value <= LARGEST


def is_uuid(value: object) -> bool:
    """Test for a UUID with dashes, the form that the CLI accepts."""
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


def is_json(value: object) -> bool:
    """Test for a value that JSON can represent."""
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

    def test(value: object) -> bool:
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


def mcp_server(value: object) -> bool:
    """Test for a server configuration. Only an in-process one may hold an instance."""
    return isinstance(value, dict) and (value.get("type") == "sdk" or is_json(value))


def skills(value: object) -> bool:
    """Test for a list of exact names, or "all"."""
    return value == "all" or listed(_exact_name)(value)


def _exact_name(value: object) -> bool:
    return (
        isinstance(value, str)
        and text(value)
        and value == value.strip()
        and value != ""
        and not set(value) & set("*,")
    )


def matchers(value: object) -> bool:
    """Test for a list of `HookMatcher`s with functions."""
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


def agent(value: object) -> bool:
    """Test for an `AgentDefinition` whose fields have the right types."""
    if not isinstance(value, AgentDefinition):
        return False
    fields = {name: getattr(value, name) for name in _AGENT}
    return all(
        _AGENT[name](field) if field is not None else name not in _AGENT_REQUIRED
        for name, field in fields.items()
    )
