"""Denies a tool call that no person can approve, and names the rule that would allow it."""

from __future__ import annotations

import json

from ...messages import JSONObject
from ...permissions import PermissionResultDeny


def refusal(tool: str, tool_input: JSONObject) -> tuple[str, PermissionResultDeny]:
    """Return the remark for the cell, and the denial for Claude."""
    rule = allow_rule(tool, tool_input)
    hint = f"--allow {rule if rule.isidentifier() else json.dumps(rule)}"
    if tool in ("Write", "Edit", "NotebookEdit"):
        hint += " or --mode acceptEdits"
    remark = f"{tool} was not allowed. To allow it, run the cell with {hint}."
    message = (
        f"The notebook does not allow {tool} here. The person can allow it by running the cell "
        f"again with {hint}. Do not work around it; say what you would have done."
    )
    return remark, PermissionResultDeny(message=message)


def allow_rule(tool: str, tool_input: JSONObject) -> str:
    """Return the narrowest rule that allows a call. For a command, it covers its first word."""
    command = tool_input.get("command")
    if tool == "Bash" and isinstance(command, str) and command.split():
        word = command.split()[0]
        if word.replace("-", "").replace("_", "").isalnum():
            return f"Bash({word} *)"
    return tool
