"""Values used in permission questions and answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, Union

from ..errors import OptionsError
from ..messages import OpenJSON, OpenObject

PermissionMode = Literal["default", "acceptEdits", "plan", "bypassPermissions", "dontAsk", "auto"]
"""The treatment of tools that no rule allows: ask, accept edits, plan only, allow all, ..."""

PermissionBehavior = Literal["allow", "deny", "ask"]
PermissionUpdateDestination = Literal["userSettings", "projectSettings", "localSettings", "session"]
PermissionUpdateType = Literal[
    "addRules", "replaceRules", "removeRules", "setMode", "addDirectories", "removeDirectories"
]


@dataclass(frozen=True)
class PermissionRuleValue:
    """A rule such as `Bash(git status)`, with a tool and a pattern (None matches every call)."""

    tool_name: str
    rule_content: str | None = None


@dataclass(frozen=True)
class PermissionUpdate:
    """A change to the permission rules, in the form that the CLI suggests and accepts.

    `destination` determines where the change is stored: in a settings file or, also if None, in the
    "session".
    """

    type: PermissionUpdateType
    rules: list[PermissionRuleValue] | None = None
    behavior: PermissionBehavior | None = None
    mode: PermissionMode | None = None
    directories: list[str] | None = None
    destination: PermissionUpdateDestination | None = None

    def to_dict(self) -> OpenObject:
        """Return the wire form, without nulls; the CLI ignores an answer with a missing field.

        :raises OptionsError: if the type is unknown, or a field that it requires is not set
        """
        wire: OpenObject = {"type": self.type, "destination": self.destination or "session"}
        for name in _NEEDED_FIELDS.get(self.type, ("known type",)):
            if (value := getattr(self, name, None)) is None:
                raise OptionsError(f"PermissionUpdate({self.type!r}) has no {name}. Set it.")
            wire[name] = [_rule_to_dict(rule) for rule in value] if name == "rules" else value
        return wire

    @classmethod
    def from_dict(cls, data: OpenObject) -> PermissionUpdate:
        """Read the wire form. Raises KeyError if "type" is missing."""
        rules = data.get("rules")
        return cls(
            type=data["type"],
            rules=None
            if rules is None
            else [PermissionRuleValue(r["toolName"], r.get("ruleContent")) for r in rules],
            behavior=data.get("behavior"),
            mode=data.get("mode"),
            directories=data.get("directories"),
            destination=data.get("destination"),
        )


_RULES, _FOLDERS = ("rules", "behavior"), ("directories",)
_NEEDED_FIELDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("addRules", "replaceRules", "removeRules"), _RULES),
    **dict.fromkeys(("addDirectories", "removeDirectories"), _FOLDERS),
    "setMode": ("mode",),
}


def _rule_to_dict(rule: PermissionRuleValue) -> OpenObject:
    content = {} if rule.rule_content is None else {"ruleContent": rule.rule_content}
    return {"toolName": rule.tool_name, **content}


@dataclass(frozen=True)
class ToolPermissionContext:
    """Additional information from the CLI about a permission request.

    :param suggestions: rule changes that would make this question unnecessary in the future.
    :param tool_use_id: the id of the call.
    :param agent_id: the subagent that is making the call; None for the main conversation.
    :param blocked_path: the path that made the question necessary, if there is one.
    :param decision_reason: a description of the reason for the question.
    :param title: the heading that the CLI itself would show for the question.
    :param display_name: the short name that the CLI itself would show for the question.
    :param description: the description that the CLI itself would show for the question.
    :param requires_user_interaction: whether the answer must come from a person (a question, a
        plan).
    """

    signal: OpenJSON = None
    suggestions: list[PermissionUpdate] = field(default_factory=list)
    tool_use_id: str | None = None
    agent_id: str | None = None
    blocked_path: str | None = None
    decision_reason: str | None = None
    title: str | None = None
    display_name: str | None = None
    description: str | None = None
    decision_reason_type: str | None = None
    requires_user_interaction: bool = False
    suppress_always_allow_rule: bool = False
    mcp_server: OpenJSON = None


@dataclass(frozen=True)
class PermissionResultAllow:
    """Allows a call, optionally replacing its input with `updated_input` and adding rules."""

    behavior: Literal["allow"] = field(default="allow", kw_only=True)
    updated_input: OpenObject | None = None
    updated_permissions: list[PermissionUpdate] | None = None


@dataclass(frozen=True)
class PermissionResultDeny:
    """Denies a call. The model sees `message`, and `interrupt` also ends the turn."""

    behavior: Literal["deny"] = field(default="deny", kw_only=True)
    message: str = ""
    interrupt: bool = False

    def __post_init__(self) -> None:
        """Reject arguments in the order of the official SDK, where `behavior` comes first.

        :raises OptionsError: if `message` is not a string, or `interrupt` is not True or False
        """
        if not (isinstance(self.message, str) and isinstance(self.interrupt, bool)):
            raise OptionsError(
                f"PermissionResultDeny({self.message!r}, {self.interrupt!r}): message is text, and "
                "interrupt is True or False. Pass them by keyword: "
                'PermissionResultDeny(message="...").'
            )


PermissionResult = Union[PermissionResultAllow, PermissionResultDeny]

CanUseTool: TypeAlias = Callable[
    [str, OpenObject, ToolPermissionContext], Awaitable[PermissionResult]
]
"""Answers a permission question: (tool name, tool input, context) -> result."""


MODES = ("default", "acceptEdits", "plan", "dontAsk", "bypassPermissions")
