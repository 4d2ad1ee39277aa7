"""Type names for the CLI's strings and objects, for use in annotations.

They are plain strings and unchecked JSON objects, because a newer CLI may send unknown values.
"""

from __future__ import annotations

from typing import TypeAlias, TypedDict

from typing_extensions import NotRequired, Required

FastModeState: TypeAlias = str
"""The state of fast mode, which costs more: "on", "off", "cooldown"."""

FastModeDisabledReason: TypeAlias = str
"""The reason why fast mode is disabled: "preference", "model_not_allowed", ..."""

MessageOrigin = TypedDict(
    "MessageOrigin",
    {
        "kind": Required[str],
        "server": str,
        "from": str,
        "name": str,
        "fromSession": str,
        "senderTaskId": str,
        "body": str,
        "verifiedPeerPid": int,
        "subkind": str,
    },
    total=False,
)
"""A prompt's origin: its "kind", and the fields of that kind.

A channel has the MCP "server". Another session or task has "from" (an unverified address), "name",
"fromSession", "senderTaskId", "body" (the text without its wrapper) and "verifiedPeerPid" (a
process id verified by the system). A task notification has a "subkind".
"""

MessageOriginKind: TypeAlias = str
""""human", "task-notification", "channel", "peer", ..."""

RateLimitType: TypeAlias = str
"""The kind of limit: "five_hour", "seven_day", ..., "overage"."""


class SessionKey(TypedDict):
    """The key of a transcript in a session store.

    `project_key` represents the conversation's folder. `subpath` is missing for the conversation
    itself, and a subagent has one such as "subagents/agent-1a2b".
    """

    project_key: str
    session_id: str
    subpath: NotRequired[str]


ServerToolName: TypeAlias = str
"""A tool that the model service runs: "web_search", "web_fetch", "code_execution", ..."""


class SystemInitMcpServer(TypedDict):
    """An MCP server. `source` tells where it is configured: "sdk", "plugin", "user", ..."""

    name: str
    status: str
    source: NotRequired[str]


class SystemInitPlugin(TypedDict):
    """A loaded plugin and the version that it declares."""

    name: str
    path: str
    version: NotRequired[str]


class SystemInitPluginError(TypedDict):
    """A plugin that failed to load.

    `plugin` is its name, or a location such as "inline[0]" if it has no name yet, in which case
    `path` is the absolute path from the configuration. `type` is the kind of failure.
    """

    plugin: str
    type: str
    message: str
    path: NotRequired[str]


class SystemInitData(TypedDict):
    """`InitMessage.data`: the complete message, using the CLI's own names.

    `plugin_errors` is missing if there are no errors. `terminal_slash_commands`, which lists
    commands that only work in a terminal, is likewise missing if there are none. `capabilities`
    lists the features supported by this CLI, regardless of its version.
    """

    type: str
    subtype: str
    uuid: str
    session_id: str
    agents: NotRequired[list[str]]
    apiKeySource: str
    betas: NotRequired[list[str]]
    claude_code_version: str
    cwd: str
    tools: list[str]
    mcp_servers: list[SystemInitMcpServer]
    model: str
    permissionMode: str
    slash_commands: list[str]
    terminal_slash_commands: NotRequired[list[str]]
    output_style: str
    skills: list[str]
    plugins: list[SystemInitPlugin]
    plugin_errors: NotRequired[list[SystemInitPluginError]]
    fast_mode_state: NotRequired[FastModeState]
    fast_mode_disabled_reason: NotRequired[FastModeDisabledReason]
    capabilities: NotRequired[list[str]]


TaskNotificationOriginSubkind: TypeAlias = str
"""The kind of background task: "scheduled-trigger", "peer-send-message"."""

TaskNotificationStatus: TypeAlias = str
"""A task's final status: "completed", "failed", "stopped"."""

TaskUpdatedStatus: TypeAlias = str
"""A task's status: "pending", "running", "paused", "completed", "failed", "killed"."""
