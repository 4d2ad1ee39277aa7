"""Permission rules whose paths count from the folder of their settings file.

Claude Code takes the folder of the `--settings` file for all settings that it receives as flags.
Rules that come from elsewhere must therefore be made absolute.
"""

from __future__ import annotations

import re
from typing import cast

from ...messages import JSON, JSONObject

_ROOTED = re.compile(
    r"(Read|Edit|Write|MultiEdit|NotebookEdit|Glob|Grep|LS)\(/([^/].*)\)", re.DOTALL
)
# Other characters could have a meaning in a pattern.
_PLAIN_FOLDER = re.compile(r"/[\w ./@+,=:-]*")
_LISTS = ("allow", "ask", "deny")


def absolute_rule(rule: str, folder: str) -> str:
    """Return a rule with an absolute path; unchanged if its path does not count from `folder`.

    :raises ValueError: if the folder's name cannot be part of a pattern
    """
    match = _ROOTED.fullmatch(rule)
    if match is None:
        return rule
    if not _PLAIN_FOLDER.fullmatch(folder):
        raise ValueError(
            f"the rule {rule} counts from {folder}, whose name cannot be part of a rule"
        )
    return f"{match[1]}(/{folder.rstrip('/')}/{match[2]})"


def absolute_settings(settings: JSONObject, folder: str) -> JSONObject:
    """Return settings whose rules have absolute paths.

    :param folder: the folder from which the paths count
    :raises ValueError: if the folder's name cannot be part of a pattern
    """
    permissions = settings.get("permissions")
    if not isinstance(permissions, dict):
        return settings
    rules = {
        name: [absolute_rule(item, folder) if isinstance(item, str) else item for item in value]
        for name in _LISTS
        if isinstance(value := permissions.get(name), list)
    }
    return {**settings, "permissions": cast("JSON", {**permissions, **rules})}
