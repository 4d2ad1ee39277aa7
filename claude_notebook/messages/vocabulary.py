"""Names for the CLI's own words and objects, for annotations.

They are plain strings and JSON objects: a newer CLI may say what this version has not heard of.
"""

from __future__ import annotations

from typing import TypeAlias

from .blocks import JSONObject

FastModeState: TypeAlias = str
"""Whether answers come faster at a higher price: "on", "off", "cooldown"."""

FastModeDisabledReason: TypeAlias = str
"""Why they do not: "preference", "model_not_allowed", ..."""

MessageOrigin: TypeAlias = JSONObject
"""Where a prompt comes from: its "kind", and what more that kind has."""

MessageOriginKind: TypeAlias = str
""""human", "task-notification", "channel", "peer", ..."""

RateLimitType: TypeAlias = str
"""Which limit: "five_hour", "seven_day", ..., "overage"."""

ServerToolName: TypeAlias = str
"""A tool that the model's service runs: "web_search", "web_fetch", "code_execution", ..."""

SystemInitData: TypeAlias = JSONObject
"""`InitMessage.data`: the whole message, in the CLI's own names."""

TaskNotificationOriginSubkind: TypeAlias = str
"""Which background task: "scheduled-trigger", "peer-send-message"."""

TaskNotificationStatus: TypeAlias = str
"""How a task has ended: "completed", "failed", "stopped"."""

TaskUpdatedStatus: TypeAlias = str
"""How a task stands: "pending", "running", "paused", "completed", "failed", "killed"."""
