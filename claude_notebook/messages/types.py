"""Names for the CLI's own words and objects, for annotations.

They are plain strings and JSON objects that nobody checks: a newer CLI may say what this version
has not heard of.
"""

from __future__ import annotations

from typing import TypeAlias, TypedDict

from typing_extensions import NotRequired, Required

FastModeState: TypeAlias = str
"""Whether answers come faster at a higher price: "on", "off", "cooldown"."""

FastModeDisabledReason: TypeAlias = str
"""Why they do not: "preference", "model_not_allowed", ..."""

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
"""Where a prompt comes from: its "kind", and what more that kind has.

A channel has its MCP "server". Another session or task has "from" (an address, which proves
nothing), "name", "fromSession", "senderTaskId", "body" (the text without its wrapping) and
"verifiedPeerPid" (a process id that the system vouches for). A task notification has a "subkind".
"""

MessageOriginKind: TypeAlias = str
""""human", "task-notification", "channel", "peer", ..."""

RateLimitType: TypeAlias = str
"""Which limit: "five_hour", "seven_day", ..., "overage"."""


class SessionKey(TypedDict):
    """What a transcript is kept under in a session store.

    `project_key` stands for the folder in which the conversation was held. `subpath` is left out
    for the conversation itself; a sub-agent's is such as "subagents/agent-1a2b".
    """

    project_key: str
    session_id: str
    subpath: NotRequired[str]


ServerToolName: TypeAlias = str
"""A tool that the model's service runs: "web_search", "web_fetch", "code_execution", ..."""


class SystemInitMcpServer(TypedDict):
    """An MCP server; `source` is where it was configured: "sdk", "plugin", "user", ..."""

    name: str
    status: str
    source: NotRequired[str]


class SystemInitPlugin(TypedDict):
    """A plugin that was loaded, with the version that it says it has."""

    name: str
    path: str
    version: NotRequired[str]


class SystemInitPluginError(TypedDict):
    """A plugin that was not loaded.

    `plugin` is its name, or a place such as "inline[0]" where it has none yet; then `path` is the
    absolute path that was given. `type` says what kind of failure it is.
    """

    plugin: str
    type: str
    message: str
    path: NotRequired[str]


class SystemInitData(TypedDict):
    """`InitMessage.data`: the whole message, in the CLI's own names.

    `plugin_errors` is left out where there are none, and so is `terminal_slash_commands`: those of
    the commands that only make sense in a terminal. `capabilities` are what can be asked of this
    CLI, whatever its version.
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
"""Which background task: "scheduled-trigger", "peer-send-message"."""

TaskNotificationStatus: TypeAlias = str
"""How a task has ended: "completed", "failed", "stopped"."""

TaskUpdatedStatus: TypeAlias = str
"""How a task stands: "pending", "running", "paused", "completed", "failed", "killed"."""
