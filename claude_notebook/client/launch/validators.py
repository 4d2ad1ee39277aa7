"""What a value of an option must look like, as tests that `validate.py` puts into its table."""

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
"""What JSON carries exactly everywhere; no option has a use for more."""


# --- simple values -------------------------------------------------------------------------------


def prose(value: JSON) -> bool:
    """Any text."""
    return isinstance(value, str)


def text(value: JSON) -> bool:
    """Text that can be an argument of a program."""
    return isinstance(value, str) and "\0" not in value and _is_encodable(value)


def path(value: JSON) -> bool:
    """A path: text or a path object, and not empty."""
    if not isinstance(value, (str, os.PathLike)):
        return False
    written = os.fspath(value)
    return text(written) and bool(written)


def flag(value: JSON) -> bool:
    """True or False, and not what could stand for it."""
    return isinstance(value, bool)


def whole(value: JSON) -> bool:
    """A whole number from 0."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST


def count(value: JSON) -> bool:
    """A whole number from 1."""
    return whole(value) and value > 0


def amount(value: JSON) -> bool:
    """A finite number above 0."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and 0 < value <= LARGEST


def is_uuid(value: JSON) -> bool:
    """A UUID as the CLI takes it: with its dashes."""
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
    """What JSON can say."""
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and is_json(one) for key, one in value.items())
    if isinstance(value, (list, tuple)):
        return all(map(is_json, value))
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, (str, bool, int))


# --- values made of others -----------------------------------------------------------------------


def either(*tests: Test) -> Test:
    """One of several."""
    return lambda value: any(test(value) for test in tests)


def listed(test: Test) -> Test:
    """A list of such values."""
    return lambda value: isinstance(value, (list, tuple)) and all(map(test, value))


def one_of(choices: Sequence[str]) -> Test:
    """One of these words."""
    return lambda value: isinstance(value, str) and value in choices


def mapped(keys: Test, values: Test) -> Test:
    """A dictionary with such keys and values."""
    return lambda value: (
        isinstance(value, Mapping) and all(keys(key) and values(one) for key, one in value.items())
    )


def record(needs: Mapping[str, Test], may: Mapping[str, Test] | None = None) -> Test:
    """A dictionary with some keys, and perhaps some more. Other keys are left to the CLI."""

    def test(value: JSON) -> bool:
        return (
            isinstance(value, dict)
            and is_json(value)
            and all(key in value and fits(value[key]) for key, fits in needs.items())
            and all(value.get(key) is None or fits(value[key]) for key, fits in (may or {}).items())
        )

    return test


def placed(kind: str) -> Test:
    """A dictionary of that type with a path."""
    return lambda value: (
        isinstance(value, dict) and value.get("type") == kind and path(value.get("path"))
    )


# --- the options' own ----------------------------------------------------------------------------

_FOLDED: dict[str, Test] = {"exclude_dynamic_sections": flag, "snapshot": flag}
_SHOWN: dict[str, Test] = {"display": one_of(get_args(ThinkingDisplay))}

system_prompt = either(
    prose,
    record({"type": one_of(["preset"]), "preset": text}, {"append": prose, **_FOLDED}),
    record({"type": one_of(["custom"]), "prompt": prose}, _FOLDED),
    placed("file"),
)
thinking = either(
    record({"type": one_of(["adaptive"])}, _SHOWN),
    record({"type": one_of(["enabled"]), "budget_tokens": whole}, _SHOWN),
    record({"type": one_of(["disabled"])}),
)
tools = either(listed(text), record({"type": one_of(["preset"]), "preset": text}))
plugin = placed("local")


def mcp_server(value: JSON) -> bool:
    """A configuration: of a server here (whose instance JSON cannot say), or of one elsewhere."""
    return isinstance(value, dict) and (value.get("type") == "sdk" or is_json(value))


def skills(value: JSON) -> bool:
    """Exact names, or "all"."""
    return value == "all" or (
        listed(text)(value)
        and all(one == one.strip() and one and not set(one) & set("*,") for one in value)
    )


def matchers(value: JSON) -> bool:
    """A list of `HookMatcher`s with functions."""
    return isinstance(value, (list, tuple)) and all(
        isinstance(one, HookMatcher) and all(callable(hook) for hook in one.hooks) for one in value
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
_AGENT_NEEDS = ("description", "prompt")


def agent(value: JSON) -> bool:
    """An `AgentDefinition` whose fields are of the right types."""
    if not isinstance(value, AgentDefinition):
        return False
    given = {name: getattr(value, name) for name in _AGENT}
    return all(
        _AGENT[name](one) if one is not None else name not in _AGENT_NEEDS
        for name, one in given.items()
    )
