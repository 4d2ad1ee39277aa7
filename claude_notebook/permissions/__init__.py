"""Permissions: the values used in questions and answers, and ready-made policies."""

from .policies import (
    PATH_FIELDS,
    READING_TOOLS,
    allow_list,
    ask,
    deny_all,
    inside,
    read_only,
)
from .types import (
    CanUseTool,
    PermissionBehavior,
    PermissionMode,
    PermissionResult,
    PermissionResultAllow,
    PermissionResultDeny,
    PermissionRuleValue,
    PermissionUpdate,
    PermissionUpdateDestination,
    PermissionUpdateType,
    ToolPermissionContext,
)

__all__ = [
    "PATH_FIELDS",
    "READING_TOOLS",
    "CanUseTool",
    "PermissionBehavior",
    "PermissionMode",
    "PermissionResult",
    "PermissionResultAllow",
    "PermissionResultDeny",
    "PermissionRuleValue",
    "PermissionUpdate",
    "PermissionUpdateDestination",
    "PermissionUpdateType",
    "ToolPermissionContext",
    "allow_list",
    "ask",
    "deny_all",
    "inside",
    "read_only",
]
