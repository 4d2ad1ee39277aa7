"""Tables of the harmless settings, keys, and files in a project folder, with reasons.

A setting, a front matter key or a file in `.claude` that is not listed here counts as a power, and
so does a value that its row does not accept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ...messages import JSON


class HarmlessKey(NamedTuple):
    """A single harmless key."""

    accepts: Callable[[JSON], bool]
    reason: str


def _is_bool(value: JSON) -> bool:
    return isinstance(value, bool)


def _is_text(value: JSON) -> bool:
    return isinstance(value, str)


def _matches(pattern: str) -> Callable[[JSON], bool]:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _is_texts(value: JSON) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_text_or_texts(value: JSON) -> bool:
    return _is_text(value) or _is_texts(value)


_MODEL = r"(default|inherit|sonnet|opus|haiku|opusplan|claude-[a-z0-9.-]{1,60})(\[1m\])?"

SETTINGS: Mapping[str, HarmlessKey] = {
    "$schema": HarmlessKey(_is_text, "Editors use it. The CLI never reads the schema."),
    "alwaysThinkingEnabled": HarmlessKey(_is_bool, "It only changes how long the model thinks."),
    "effortLevel": HarmlessKey(
        _matches("low|medium|high|xhigh|max"), "It only changes how long the model thinks."
    ),
    "includeCoAuthoredBy": HarmlessKey(
        _is_bool, "It only adds or drops the CLI's own line in a commit."
    ),
    "language": HarmlessKey(
        _matches(r"[^\W\d_][\w -]{0,39}"), "A language's name; answers use it."
    ),
    "model": HarmlessKey(
        _matches(_MODEL),
        "One of the provider's own models. Other names can address other services.",
    ),
    "outputStyle": HarmlessKey(
        _matches("default|Explanatory|Learning"),
        "One of the CLI's own styles; a file that replaces one is power.",
    ),
    "prefersReducedMotion": HarmlessKey(_is_bool, "Display only."),
    "showTurnDuration": HarmlessKey(_is_bool, "Display only."),
    "spinnerTipsEnabled": HarmlessKey(_is_bool, "Display only."),
    "terminalProgressBarEnabled": HarmlessKey(_is_bool, "Display only."),
    "theme": HarmlessKey(_matches("[a-z-]{1,40}"), "Display only."),
    "verbose": HarmlessKey(_is_bool, "Display only."),
}
"""Project settings, except for `hooks` and `permissions`."""

PERMISSIONS: Mapping[str, HarmlessKey] = {
    "deny": HarmlessKey(_is_texts, "It only takes permissions away."),
    "ask": HarmlessKey(_is_texts, "It only adds questions."),
    "disableBypassPermissionsMode": HarmlessKey(_matches("disable"), "It only takes a mode away."),
}
"""Keys of the `permissions` setting."""

FRONT_MATTER: Mapping[str, HarmlessKey] = {
    "name": HarmlessKey(_is_text, "A label."),
    "title": HarmlessKey(_is_text, "A label."),
    "description": HarmlessKey(_is_text, "Text for the model, like the rest of the file."),
    "when_to_use": HarmlessKey(_is_text, "Text for the model, like the rest of the file."),
    "argument-hint": HarmlessKey(_is_text_or_texts, "Display only."),
    "arguments": HarmlessKey(_is_text_or_texts, "Names of placeholders in the text."),
    "version": HarmlessKey(_is_text, "A label."),
    "license": HarmlessKey(_is_text, "A label."),
    "author": HarmlessKey(_is_text, "A label."),
    "category": HarmlessKey(_is_text, "A label."),
    "tags": HarmlessKey(_is_text_or_texts, "A label."),
    "color": HarmlessKey(_is_text, "Display only."),
    "model": HarmlessKey(
        _matches(_MODEL),
        "One of the provider's own models. Other names can address other services.",
    ),
    "tools": HarmlessKey(_is_text_or_texts, "It limits an agent's tools. Each call still asks."),
    "disallowedTools": HarmlessKey(_is_text_or_texts, "It only takes tools away."),
    "disallowed-tools": HarmlessKey(_is_text_or_texts, "It only takes tools away."),
    "disable-model-invocation": HarmlessKey(
        _matches("true|false"), "It only limits who starts a skill."
    ),
    "user-invocable": HarmlessKey(_matches("true|false"), "It only limits who starts a skill."),
    "paths": HarmlessKey(_is_text_or_texts, "It only limits when a text is used."),
    "globs": HarmlessKey(_is_text_or_texts, "It only limits when a text is used."),
}
"""Front matter keys of agents, commands, skills and rules."""

CLAUDE_FOLDER: Mapping[str, str] = {
    ".ds_store": "Window positions of a file manager.",
    ".gitignore": "Only git reads it.",
    ".gitkeep": "Only git reads it.",
    "readme.md": "Only people read it.",
    "scheduled_tasks.lock": "It marks that a scheduler is running.",
    "worktrees": "Separate checkouts, each inspected as a nested folder.",
}
"""Entries in `.claude` that the CLI does not act on, in lowercase."""

TEXT_FOLDERS: Mapping[str, str] = {
    "agents": "agent",
    "commands": "command",
    "skills": "skill",
    "rules": "rule",
}
"""Folders in `.claude` that contain Markdown for the model, and what kind of files they hold."""

ACTIVE_FOLDERS: Mapping[str, str] = {
    "hooks": "hook script",
    "output-styles": "output style",
    "workflows": "workflow",
    "routines": "routine",
    "scheduled_tasks.json": "scheduled task file",
}
"""Entries in `.claude` that act, and what kind of files they hold. Unknown ones are just files."""

SHARED_SETTINGS, LOCAL_SETTINGS = "settings.json", "settings.local.json"
SETTINGS_FILES = frozenset({SHARED_SETTINGS, LOCAL_SETTINGS})
MEMORY_FILES = frozenset({"claude.md", "claude.local.md", "agents.md"})
PLUGIN_FILES = frozenset(
    {".mcp.json", ".lsp.json", "hooks.json", "monitors.json", "plugin.json", "settings.json"}
)
"""Files that act if a skill's folder is a plugin."""
