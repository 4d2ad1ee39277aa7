"""Permission values, policies, and decisions."""

from __future__ import annotations

from .policies import (
    PATH_FIELDS as PATH_FIELDS,
    READING_TOOLS as READING_TOOLS,
    allow_list as allow_list,
    ask as ask,
    deny_all as deny_all,
    inside as inside,
    read_only as read_only,
)
from .types import (
    CanUseTool as CanUseTool,
    PermissionBehavior as PermissionBehavior,
    PermissionMode as PermissionMode,
    PermissionResult as PermissionResult,
    PermissionResultAllow as PermissionResultAllow,
    PermissionResultDeny as PermissionResultDeny,
    PermissionRuleValue as PermissionRuleValue,
    PermissionUpdate as PermissionUpdate,
    PermissionUpdateDestination as PermissionUpdateDestination,
    PermissionUpdateType as PermissionUpdateType,
    ToolPermissionContext as ToolPermissionContext,
)
