"""Validates options before any process is started."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

from ...errors import OptionsError
from ...hooks import HookEvent
from ...options import ClaudeCodeOptions, EffortLevel, SettingSource
from ...permissions import PermissionMode
from ...session_store import implements
from ...tools.structured_output import schema_of
from . import validators as shapes
from .validators import Test


class CanUseToolShadowedWarning(UserWarning):
    """`can_use_tool` is set, but another option allows tools without calling it."""


@dataclass(frozen=True)
class Rule:
    """A row of the table: a field, the test for its value, and a description of valid values."""

    field: str
    test: Test
    expected: str


def _variable(value: object) -> bool:
    return isinstance(value, str) and shapes.text(value) and value != "" and "=" not in value


def _flag_name(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"-{0,2}[A-Za-z][\w-]*", value) is not None


def _flag_value(value: object) -> bool:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return abs(value) <= shapes.LARGEST
    return value is None or shapes.text(value)


def _store(value: object) -> bool:
    return all(implements(value, method) for method in ("append", "load"))


def _secret(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and len(value.split()) <= 1


def _words(literal: object) -> str:
    return ", ".join(get_args(literal))


_MODES = get_args(PermissionMode)

RULES: tuple[Rule, ...] = (
    Rule(
        "system_prompt",
        shapes.system_prompt,
        "text, or a dictionary with type preset, custom (and prompt) or file (and path)",
    ),
    Rule("append_system_prompt", shapes.prose, "text"),
    Rule("model", shapes.text, "a model's name"),
    Rule("fallback_model", shapes.text, "a model's name"),
    Rule(
        "thinking",
        shapes.thinking,
        "a dictionary with type adaptive, enabled (and budget_tokens) or disabled",
    ),
    Rule("max_thinking_tokens", shapes.whole, "a whole number of tokens, 0 or more"),
    Rule("effort", shapes.word, f"one of {_words(EffortLevel)}"),
    Rule("betas", shapes.listed(shapes.text), "a list of names"),
    Rule("input_format", shapes.one_of(["text", "stream-json"]), "text or stream-json"),
    Rule("verbatim_prompts", shapes.flag, "True or False"),
    Rule("tools", shapes.tools, "a list of tool names, or the preset"),
    Rule("allowed_tools", shapes.listed(shapes.text), "a list of tool names or rules"),
    Rule("disallowed_tools", shapes.listed(shapes.text), "a list of tool names or rules"),
    Rule("permission_mode", shapes.word, f"one of {', '.join(_MODES)}"),
    Rule("dangerously_skip_permissions", shapes.flag, "True or False"),
    Rule("can_use_tool", callable, "an async function"),
    Rule("on_elicitation", callable, "an async function"),
    Rule("permission_prompt_tool_name", shapes.text, "the name of an MCP tool"),
    Rule(
        "hooks",
        shapes.mapped(shapes.word, shapes.matchers),
        f"{{event: [HookMatcher(...)]}} with the events {_words(HookEvent)}",
    ),
    Rule("sandbox", shapes.record({}), "a dictionary of JSON values"),
    Rule("add_dirs", shapes.listed(shapes.path), "a list of folders"),
    Rule("enable_file_checkpointing", shapes.flag, "True or False"),
    Rule("max_turns", shapes.count, "a whole number, 1 or more"),
    Rule("max_budget_usd", shapes.amount, "an amount of dollars above 0"),
    Rule("task_budget", shapes.record({"total": shapes.count}), '{"total": tokens}'),
    Rule("resume", shapes.text, "a conversation's id"),
    Rule("continue_conversation", shapes.flag, "True or False"),
    Rule("fork_session", shapes.flag, "True or False"),
    Rule("session_id", shapes.is_uuid, "a UUID"),
    Rule("resume_session_at", shapes.text, "a message's id"),
    Rule("resume_drops_turn", shapes.text, "a prompt's id"),
    Rule(
        "mcp_servers",
        shapes.either(shapes.path, shapes.mapped(shapes.text, shapes.mcp_server)),
        "{name: configuration}, or a path",
    ),
    Rule("strict_mcp_config", shapes.flag, "True or False"),
    Rule(
        "agents",
        shapes.mapped(shapes.prose, shapes.agent),
        "{name: AgentDefinition(...)}, with fields of the right types",
    ),
    Rule("skills", shapes.skills, 'a list of exact names, or "all"'),
    Rule(
        "plugins",
        shapes.listed(shapes.plugin),
        '[{"type": "local", "path": folder}]',
    ),
    Rule("settings", shapes.path, "a path or JSON text"),
    Rule(
        "setting_sources",
        shapes.listed(shapes.word),
        f"a list with any of {_words(SettingSource)}",
    ),
    Rule("include_partial_messages", shapes.flag, "True or False"),
    Rule("include_hook_events", shapes.flag, "True or False"),
    Rule("forward_subagent_text", shapes.flag, "True or False"),
    Rule("verbose", shapes.flag, "True or False"),
    Rule("debug", shapes.flag, "True or False"),
    Rule("stderr", callable, "a function that takes a line"),
    Rule("use_oauth", shapes.flag, "True or False"),
    Rule("api_key", _secret, "a key, without blanks"),
    Rule("auth_token", _secret, "a token, without blanks"),
    Rule("cwd", shapes.path, "a folder"),
    Rule("cli_path", shapes.path, "the path of the claude binary"),
    Rule("env", shapes.mapped(_variable, shapes.text), "{name: value}, all text"),
    Rule(
        "extra_args",
        shapes.mapped(_flag_name, _flag_value),
        "{flag: value or None}, the flags without their dashes",
    ),
    Rule("user", shapes.text, "a user's name"),
    Rule("max_buffer_size", shapes.count, "a number of bytes"),
    Rule("client_app", shapes.text, "text"),
    Rule("idle_timeout", shapes.amount, "seconds above 0"),
    Rule("total_timeout", shapes.amount, "seconds above 0"),
    Rule("load_timeout_ms", shapes.whole, "milliseconds, 0 or more"),
    Rule("session_store", _store, "an object with async methods append and load"),
    Rule("session_store_flush", shapes.one_of(["batched", "eager"]), "batched or eager"),
    Rule("session_store_timeout", shapes.amount, "seconds above 0"),
)

Clash = Callable[[ClaudeCodeOptions], bool]

CLASHES: tuple[tuple[str, Clash, str], ...] = (
    (
        "session_store",
        lambda o: bool(
            o.session_store
            and o.continue_conversation
            and not implements(o.session_store, "list_sessions")
        ),
        "With session_store, continue_conversation requires a store with list_sessions()",
    ),
    (
        "session_store",
        lambda o: bool(o.session_store and o.enable_file_checkpointing),
        "session_store does not keep the checkpoints of enable_file_checkpointing: use only one",
    ),
    (
        "resume",
        lambda o: bool(o.resume and o.continue_conversation),
        "resume and continue_conversation select two conversations: use only one",
    ),
    (
        "session_id",
        lambda o: bool(
            o.session_id and (o.resume or o.continue_conversation) and not o.fork_session
        ),
        "session_id applies to new conversations only: add fork_session=True, or leave it out",
    ),
    (
        "fork_session",
        lambda o: bool(o.fork_session and not (o.resume or o.continue_conversation)),
        "fork_session requires resume or continue_conversation",
    ),
    (
        "resume_session_at",
        lambda o: bool(o.resume_session_at and not o.resume),
        "resume_session_at requires resume",
    ),
    (
        "resume_drops_turn",
        lambda o: bool(o.resume_drops_turn and not o.resume_session_at),
        "resume_drops_turn requires resume_session_at",
    ),
    (
        "permission_prompt_tool_name",
        lambda o: bool(o.can_use_tool and o.permission_prompt_tool_name),
        "can_use_tool and permission_prompt_tool_name both decide on permissions: use only one",
    ),
    (
        "fallback_model",
        lambda o: bool(o.model and o.model in (o.fallback_model or "").split(",")),
        "fallback_model equals model: choose another one, or leave it out",
    ),
    (
        "use_oauth",
        lambda o: sum(map(bool, (o.use_oauth, o.api_key, o.auth_token))) > 1,
        "use_oauth, api_key and auth_token select different credentials: use only one",
    ),
)


def check_options(options: ClaudeCodeOptions) -> None:
    """Check the type and value of every field, and that no two fields contradict each other.

    :raises OptionsError: if a field is invalid; the error has its name, value, and expected value
    """
    if not isinstance(options, ClaudeCodeOptions):
        raise OptionsError(f"options must be ClaudeCodeOptions(...), not {type(options).__name__}")
    for rule in RULES:
        value = getattr(options, rule.field)
        if value is not None and not rule.test(value):
            raise _rule_error(rule, value)
    for field, clash, message in CLASHES:
        if clash(options):
            raise OptionsError(message, field=field)
    _check_output_format(options)


def _rule_error(rule: Rule, value: object) -> OptionsError:
    from ...redact import value_repr  # rarely needed

    shown = value_repr(rule.field, value)
    return OptionsError(f"{rule.field} must be {rule.expected}, not {shown}", field=rule.field)


def _check_output_format(options: ClaudeCodeOptions) -> None:
    output_format = options.output_format
    if isinstance(output_format, str) and output_format not in ("text", "json", "stream-json"):
        raise OptionsError(
            f"output_format must be text, json or stream-json, not {output_format!r}",
            field="output_format",
        )
    schema_of(output_format)


def check_and_warn(options: ClaudeCodeOptions) -> None:
    """Check options, and warn about unknown words and a partly ineffective `can_use_tool`.

    The warning refers to the caller's line.

    :raises OptionsError: as in `check_options`
    """
    check_options(options)
    _warn_of_unknown_words(options)
    if options.can_use_tool is None:
        return
    shadowed = [
        rule
        for rule in options.allowed_tools or ()
        if rule.removesuffix("(*)").removesuffix("()").isidentifier()
    ]
    if options.permission_mode == "bypassPermissions" or options.dangerously_skip_permissions:
        shadowed = ["any tool (bypassPermissions allows all)"]
    if shadowed:
        warnings.warn(
            f"can_use_tool will not be called for {', '.join(shadowed)}: already allowed",
            CanUseToolShadowedWarning,
            stacklevel=_levels_to_caller(),
        )


_WORDS: tuple[tuple[str, frozenset[str]], ...] = (
    ("permission_mode", frozenset(_MODES)),
    ("effort", frozenset(get_args(EffortLevel))),
    ("setting_sources", frozenset(get_args(SettingSource))),
    ("hooks", frozenset(get_args(HookEvent))),
)
"""The words that this package knows for a field. A newer CLI may accept others."""


def _warn_of_unknown_words(options: ClaudeCodeOptions) -> None:
    for field, known in _WORDS:
        value = getattr(options, field) or ()
        for word in {value} if isinstance(value, str) else set(value):
            if word not in known:
                warnings.warn(
                    f"{field}: {word!r} is unknown to this version of claude_notebook, which knows "
                    f"{', '.join(sorted(known))}. Claude Code decides whether to accept it.",
                    UserWarning,
                    stacklevel=_levels_to_caller(),
                )


def _levels_to_caller() -> int:
    """Count the frames up to the code that uses the client, for use as `stacklevel`."""
    frame, levels = sys._getframe(1), 1
    package = __name__.removesuffix(".launch.validation")
    while frame.f_back is not None and frame.f_globals["__name__"].startswith(package):
        frame, levels = frame.f_back, levels + 1
    return levels
