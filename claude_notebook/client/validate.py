"""Are the options usable? Asked before any process starts."""

from __future__ import annotations

import os
import uuid
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import get_args

from ..errors import OptionsError
from ..hooks import HookEvent, HookMatcher
from ..messages import JSON
from ..options import AgentDefinition, ClaudeCodeOptions, EffortLevel, SettingSource
from ..permissions import PermissionMode
from .structured import schema_of

Test = Callable[[JSON], bool]


class CanUseToolShadowedWarning(UserWarning):
    """`can_use_tool` is set, but another option allows tools without asking it."""


@dataclass(frozen=True)
class Rule:
    """One row: what a field must be, as a test and in words."""

    field: str
    test: Test
    expected: str


def _text(value: JSON) -> bool:
    return isinstance(value, str)


def _path(value: JSON) -> bool:
    return isinstance(value, (str, os.PathLike))


def _flag(value: JSON) -> bool:
    return isinstance(value, bool)


def _count(value: JSON) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _whole(value: JSON) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _amount(value: JSON) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0


def _texts(value: JSON) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value)


def _paths(value: JSON) -> bool:
    return isinstance(value, (list, tuple)) and all(_path(one) for one in value)


def _one_of(*choices: str) -> Test:
    return lambda value: value in choices


def _uuid(value: JSON) -> bool:
    try:
        return isinstance(value, str) and bool(uuid.UUID(value))
    except ValueError:
        return False


def _typed(*types: str) -> Test:
    return lambda value: isinstance(value, dict) and value.get("type") in types


def _map(keys: Test, values: Test) -> Test:
    return lambda value: (
        isinstance(value, Mapping) and all(keys(key) and values(one) for key, one in value.items())
    )


def _skill_names(value: JSON) -> bool:
    return value == "all" or (
        _texts(value)
        and all(one == one.strip() and one and not set(one) & set("*,") for one in value)
    )


def _matchers(value: JSON) -> bool:
    return isinstance(value, (list, tuple)) and all(
        isinstance(one, HookMatcher) and all(callable(hook) for hook in one.hooks) for one in value
    )


def _words(literal: object) -> str:
    return ", ".join(get_args(literal))


_MODES = get_args(PermissionMode)

RULES: tuple[Rule, ...] = (
    Rule(
        "system_prompt",
        lambda v: _text(v) or _typed("preset", "custom", "file")(v),
        "text, or a dictionary with type preset, custom or file",
    ),
    Rule("append_system_prompt", _text, "text"),
    Rule("model", _text, "a model's name"),
    Rule("fallback_model", _text, "a model's name"),
    Rule(
        "thinking",
        _typed("adaptive", "enabled", "disabled"),
        "a dictionary with type adaptive, enabled or disabled",
    ),
    Rule("max_thinking_tokens", _whole, "a whole number of tokens, 0 or more"),
    Rule("effort", _one_of(*get_args(EffortLevel)), f"one of {_words(EffortLevel)}"),
    Rule("betas", _texts, "a list of names"),
    Rule("input_format", _one_of("text", "stream-json"), "text or stream-json"),
    Rule("verbatim_prompts", _flag, "True or False"),
    Rule(
        "tools", lambda v: _texts(v) or _typed("preset")(v), "a list of tool names, or the preset"
    ),
    Rule("allowed_tools", _texts, "a list of tool names or rules"),
    Rule("disallowed_tools", _texts, "a list of tool names or rules"),
    Rule("permission_mode", _one_of(*_MODES), f"one of {', '.join(_MODES)}"),
    Rule("dangerously_skip_permissions", _flag, "True or False"),
    Rule("can_use_tool", callable, "an async function"),
    Rule("permission_prompt_tool_name", _text, "the name of an MCP tool"),
    Rule(
        "hooks",
        _map(_one_of(*get_args(HookEvent)), _matchers),
        f"{{event: [HookMatcher(...)]}} with the events {_words(HookEvent)}",
    ),
    Rule("sandbox", lambda v: isinstance(v, dict), "a dictionary"),
    Rule("add_dirs", _paths, "a list of folders"),
    Rule("enable_file_checkpointing", _flag, "True or False"),
    Rule("max_turns", _count, "a whole number, 1 or more"),
    Rule("max_budget_usd", _amount, "an amount of dollars above 0"),
    Rule(
        "task_budget", lambda v: isinstance(v, dict) and _count(v.get("total")), '{"total": tokens}'
    ),
    Rule("resume", _text, "a conversation's id"),
    Rule("continue_conversation", _flag, "True or False"),
    Rule("fork_session", _flag, "True or False"),
    Rule("session_id", _uuid, "a UUID"),
    Rule("resume_session_at", _text, "a message's id"),
    Rule("resume_drops_turn", _text, "a prompt's id"),
    Rule(
        "mcp_servers",
        lambda v: _path(v) or _map(_text, lambda one: isinstance(one, dict))(v),
        "{name: configuration}, or a path",
    ),
    Rule("strict_mcp_config", _flag, "True or False"),
    Rule(
        "agents",
        _map(_text, lambda one: isinstance(one, AgentDefinition)),
        "{name: AgentDefinition(...)}",
    ),
    Rule("skills", _skill_names, 'a list of exact names, or "all"'),
    Rule(
        "plugins",
        lambda v: (
            isinstance(v, (list, tuple))
            and all(_typed("local")(one) and _path(one.get("path")) for one in v)
        ),
        '[{"type": "local", "path": folder}]',
    ),
    Rule("settings", _path, "a path or JSON text"),
    Rule(
        "setting_sources",
        lambda v: _texts(v) and set(v) <= set(get_args(SettingSource)),
        f"a list out of {_words(SettingSource)}",
    ),
    Rule("include_partial_messages", _flag, "True or False"),
    Rule("include_hook_events", _flag, "True or False"),
    Rule("forward_subagent_text", _flag, "True or False"),
    Rule("verbose", _flag, "True or False"),
    Rule("debug", _flag, "True or False"),
    Rule("stderr", callable, "a function that takes a line"),
    Rule("cwd", _path, "a folder"),
    Rule("cli_path", _path, "the path of the claude binary"),
    Rule("env", _map(_text, _text), "{name: value}, all text"),
    Rule(
        "extra_args",
        _map(_text, lambda one: one is None or isinstance(one, (str, int, float))),
        "{flag: value or None}",
    ),
    Rule("user", _text, "a user's name"),
    Rule("max_buffer_size", _count, "a number of bytes"),
    Rule("client_app", _text, "text"),
    Rule("idle_timeout", _amount, "seconds above 0"),
    Rule("total_timeout", _amount, "seconds above 0"),
    Rule("load_timeout_ms", _count, "milliseconds above 0"),
    Rule("session_store", lambda v: False, "left out: transcripts stay where the CLI keeps them"),
)

Clash = Callable[[ClaudeCodeOptions], bool]

CLASHES: tuple[tuple[str, Clash, str], ...] = (
    (
        "resume",
        lambda o: bool(o.resume and o.continue_conversation),
        "resume and continue_conversation name two conversations: use one of them",
    ),
    (
        "session_id",
        lambda o: bool(
            o.session_id and (o.resume or o.continue_conversation) and not o.fork_session
        ),
        "session_id is for new conversations: add fork_session=True, or leave it out",
    ),
    (
        "fork_session",
        lambda o: bool(o.fork_session and not (o.resume or o.continue_conversation)),
        "fork_session needs resume or continue_conversation",
    ),
    (
        "resume_session_at",
        lambda o: bool(o.resume_session_at and not o.resume),
        "resume_session_at needs resume",
    ),
    (
        "resume_drops_turn",
        lambda o: bool(o.resume_drops_turn and not o.resume_session_at),
        "resume_drops_turn needs resume_session_at",
    ),
    (
        "permission_prompt_tool_name",
        lambda o: bool(o.can_use_tool and o.permission_prompt_tool_name),
        "can_use_tool and permission_prompt_tool_name both answer questions: use one of them",
    ),
    (
        "fallback_model",
        lambda o: bool(o.model and o.model == o.fallback_model),
        "fallback_model is the same as model",
    ),
)


def check_options(options: ClaudeCodeOptions) -> None:
    """Every field has a usable type and value, and none contradicts another one.

    :raises OptionsError: names the field, what it is, and what it should be
    """
    if not isinstance(options, ClaudeCodeOptions):
        raise OptionsError(f"options must be ClaudeCodeOptions(...), not {type(options).__name__}")
    for rule in RULES:
        value = getattr(options, rule.field)
        if value is not None and not rule.test(value):
            raise OptionsError(
                f"{rule.field} must be {rule.expected}, not {value!r:.80}", field=rule.field
            )
    for field, clash, message in CLASHES:
        if clash(options):
            raise OptionsError(message, field=field)
    _check_output_format(options)
    _warn_if_shadowed(options)


def _check_output_format(options: ClaudeCodeOptions) -> None:
    output_format = options.output_format
    if isinstance(output_format, str) and output_format not in ("text", "json", "stream-json"):
        raise OptionsError(
            f"output_format must be text, json or stream-json, not {output_format!r}",
            field="output_format",
        )
    schema_of(output_format)


def _warn_if_shadowed(options: ClaudeCodeOptions) -> None:
    if options.can_use_tool is None:
        return
    whole = [
        rule
        for rule in options.allowed_tools
        if rule.removesuffix("(*)").removesuffix("()").isidentifier()
    ]
    if options.permission_mode == "bypassPermissions" or options.dangerously_skip_permissions:
        whole = ["everything, by the permission mode"]
    if whole:
        warnings.warn(
            f"can_use_tool will not be asked about {', '.join(whole)}: allowed already",
            CanUseToolShadowedWarning,
            stacklevel=4,
        )
