"""Who may use which tool: the values of permission questions and answers."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, Union

from .messages import JSON, JSONObject

PermissionMode = Literal["default", "acceptEdits", "plan", "bypassPermissions", "dontAsk", "auto"]
"""How the CLI treats tools that no rule allows: ask, accept edits, plan only, allow all, ..."""

PermissionBehavior = Literal["allow", "deny", "ask"]
PermissionUpdateDestination = Literal["userSettings", "projectSettings", "localSettings", "session"]
PermissionUpdateType = Literal[
    "addRules", "replaceRules", "removeRules", "setMode", "addDirectories", "removeDirectories"
]


@dataclass(frozen=True)
class PermissionRuleValue:
    """A rule such as `Bash(git status)`: the tool, and what of it (None: all)."""

    tool_name: str
    rule_content: str | None = None


@dataclass(frozen=True)
class PermissionUpdate:
    """A change of the permission rules, as the CLI suggests it and takes it back."""

    type: PermissionUpdateType
    rules: list[PermissionRuleValue] | None = None
    behavior: PermissionBehavior | None = None
    mode: PermissionMode | None = None
    directories: list[str] | None = None
    destination: PermissionUpdateDestination | None = None

    def to_dict(self) -> JSONObject:
        """The wire form: camel case, without what is unset."""
        wire: JSONObject = {
            "type": self.type,
            "rules": None
            if self.rules is None
            else [{"toolName": r.tool_name, "ruleContent": r.rule_content} for r in self.rules],
            "behavior": self.behavior,
            "mode": self.mode,
            "directories": self.directories,
            "destination": self.destination,
        }
        return {key: value for key, value in wire.items() if value is not None}

    @classmethod
    def from_dict(cls, data: JSONObject) -> PermissionUpdate:
        """Read the wire form. Raises KeyError if "type" is missing."""
        rules = data.get("rules")
        return cls(
            type=data["type"],
            rules=rules
            and [PermissionRuleValue(r["toolName"], r.get("ruleContent")) for r in rules],
            behavior=data.get("behavior"),
            mode=data.get("mode"),
            directories=data.get("directories"),
            destination=data.get("destination"),
        )


@dataclass(frozen=True)
class ToolPermissionContext:
    """What the CLI says about a permission question.

    Attributes:
        suggestions: rule changes that would make this question unnecessary next time.
        tool_use_id: the call that is asked about.
        agent_id: the sub-agent that asks, None for the main conversation.
        blocked_path: the path that made the question necessary, if one did.
        decision_reason: why it is asked, in words.
        title, display_name, description: how the CLI itself would head the question.
        requires_user_interaction: the answer must come from a person (a question, a plan).
    """

    signal: JSON = None
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
    mcp_server: JSON = None


@dataclass(frozen=True)
class PermissionResultAllow:
    """Yes: with `updated_input` in place of the input, and with rules to remember."""

    behavior: Literal["allow"] = field(default="allow", kw_only=True)
    updated_input: JSONObject | None = None
    updated_permissions: list[PermissionUpdate] | None = None


@dataclass(frozen=True)
class PermissionResultDeny:
    """No: `message` is what the model reads; `interrupt` ends the turn as well."""

    behavior: Literal["deny"] = field(default="deny", kw_only=True)
    message: str = ""
    interrupt: bool = False


PermissionResult = Union[PermissionResultAllow, PermissionResultDeny]

CanUseTool: TypeAlias = Callable[
    [str, JSONObject, ToolPermissionContext], Awaitable[PermissionResult]
]
"""Answers a permission question: (tool name, tool input, context) -> result."""


# --- ready-made policies ------------------------------------------------------------------------

READING_TOOLS = frozenset({"Read", "Glob", "Grep", "LS", "NotebookRead", "ToolSearch"})
"""Tools that change nothing and send nothing out."""

PATH_FIELDS = {
    "Read": "file_path",
    "Write": "file_path",
    "Edit": "file_path",
    "MultiEdit": "file_path",
    "NotebookRead": "notebook_path",
    "NotebookEdit": "notebook_path",
    "Glob": "path",
    "Grep": "path",
    "LS": "path",
}
"""Where the tools that work on files have their path."""

# What makes one command line into several, or sends its input or output elsewhere.
_SHELL_SYNTAX = re.compile(r"[;&|<>`\n\r]|\$[({]")


def deny_all(reason: str = "This is not allowed here.") -> CanUseTool:
    """A policy that says no, with a reason that the model reads."""

    async def policy(
        tool: str, tool_input: JSONObject, context: ToolPermissionContext
    ) -> PermissionResult:
        return PermissionResultDeny(message=f"{tool}: {reason}")

    return policy


def _allow_if(
    fits: Callable[[str, JSONObject], bool], otherwise: CanUseTool | None, reason: str
) -> CanUseTool:
    fall_back = otherwise or deny_all(reason)

    async def policy(
        tool: str, tool_input: JSONObject, context: ToolPermissionContext
    ) -> PermissionResult:
        if fits(tool, tool_input):
            return PermissionResultAllow()
        return await fall_back(tool, tool_input, context)

    return policy


def read_only(*, otherwise: CanUseTool | None = None) -> CanUseTool:
    """Allow what only reads files; leave the rest to `otherwise`, by default a refusal."""
    return _allow_if(
        lambda tool, tool_input: tool in READING_TOOLS, otherwise, "only reading is allowed here."
    )


def allow_list(*rules: str, otherwise: CanUseTool | None = None) -> CanUseTool:
    """Allow what a rule covers: "Read", "Bash(git *)", "Edit(src/*)", "mcp__server__*".

    The pattern in the brackets is matched against the command, path or URL, with `*` and `?`. A
    command that is several in one (`;`, `&&`, a pipe, `$(...)`, a redirection) fits no pattern but
    the bare tool's name.

    :raises ValueError: a rule is not written as above
    """
    parsed = [_parse_rule(rule) for rule in rules]
    return _allow_if(
        lambda tool, tool_input: any(_covers(rule, tool, tool_input) for rule in parsed),
        otherwise,
        f"allowed are only {', '.join(rules) or 'no tools'}.",
    )


def _parse_rule(rule: str) -> PermissionRuleValue:
    match = re.fullmatch(r"([\w*-]+)(?:\((.*)\))?", rule, re.DOTALL)
    if match is None:
        raise ValueError(f"{rule!r} is no rule. Write Tool or Tool(pattern), as in Bash(git *)")
    return PermissionRuleValue(match.group(1), match.group(2))


def _covers(rule: PermissionRuleValue, tool: str, tool_input: JSONObject) -> bool:
    if not fnmatch.fnmatchcase(tool, rule.tool_name):
        return False
    pattern = rule.rule_content
    if pattern is None or pattern == "*":
        return True
    field_name = PATH_FIELDS.get(tool, "url" if tool == "WebFetch" else "command")
    value = tool_input.get(field_name)
    if not isinstance(value, str) or (field_name == "command" and _SHELL_SYNTAX.search(value)):
        return False
    # "git:*" is the CLI's older way to write "git *"; both stand for plain "git" too.
    pattern = re.sub(r":\*$", " *", pattern)
    return fnmatch.fnmatchcase(value, pattern) or value == pattern.removesuffix(" *")


def inside(
    *folders: str | os.PathLike[str],
    cwd: str | os.PathLike[str] = ".",
    otherwise: CanUseTool | None = None,
) -> CanUseTool:
    """Allow tools that work on files, while they stay inside `folders`, links followed.

    Args:
        folders: the folders, with all that is below them.
        cwd: what relative paths start from.
        otherwise: answers for all other calls; by default they are refused.
    """
    roots = [os.path.realpath(os.path.join(cwd, folder)) for folder in folders]

    def fits(tool: str, tool_input: JSONObject) -> bool:
        if tool not in PATH_FIELDS:
            return False
        path = tool_input.get(PATH_FIELDS[tool]) or "."
        real = os.path.realpath(os.path.join(cwd, os.path.expanduser(str(path))))
        return any(os.path.commonpath([real, root]) == root for root in roots)

    return _allow_if(fits, otherwise, f"only files inside {', '.join(roots)} are allowed.")


def ask(
    answer: Callable[[str, JSONObject, ToolPermissionContext], Awaitable[bool | str]],
) -> CanUseTool:
    """Ask somebody about every call: `answer` returns True, False, or the reason for a no."""

    async def policy(
        tool: str, tool_input: JSONObject, context: ToolPermissionContext
    ) -> PermissionResult:
        said = await answer(tool, tool_input, context)
        if said is True:
            return PermissionResultAllow()
        return PermissionResultDeny(message=said or f"{tool} was not allowed by the person.")

    return policy
