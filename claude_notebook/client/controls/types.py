"""Types of the CLI's JSON responses to control requests.

The responses are not validated, because another version of the CLI may add or omit fields.
"""

from __future__ import annotations

from typing import Literal, TypedDict, Union

from typing_extensions import NotRequired

from ...messages import OpenJSON, OpenObject
from ...options import McpHttpServerConfig, McpSSEServerConfig, McpStdioServerConfig

# --- MCP servers ----------------------------------------------------------------------------------

McpServerConnectionStatus = Literal["connected", "failed", "needs-auth", "pending", "disabled"]
"""Connection state of an MCP server."""


class McpSdkServerConfigStatus(TypedDict):
    """The configuration of a server in this Python process."""

    type: Literal["sdk"]
    name: str


class McpClaudeAIProxyServerConfig(TypedDict):
    """The configuration of a server that is reached through the claude.ai proxy."""

    type: Literal["claudeai-proxy"]
    url: str
    id: str


McpServerStatusConfig = Union[
    McpStdioServerConfig,
    McpSSEServerConfig,
    McpHttpServerConfig,
    McpSdkServerConfigStatus,
    McpClaudeAIProxyServerConfig,
]
"""The configuration of an MCP server."""


class McpToolAnnotations(TypedDict, total=False):
    """The author's hints about a tool's behavior."""

    readOnly: bool
    destructive: bool
    openWorld: bool


class McpToolInfo(TypedDict):
    """A tool provided by an MCP server."""

    name: str
    description: NotRequired[str]
    annotations: NotRequired[McpToolAnnotations]


class McpServerInfo(TypedDict):
    """The name and version that a server reports."""

    name: str
    version: str


class McpServerStatus(TypedDict):
    """The state of an MCP server.

    `error` is present for failed servers, `serverInfo` and `tools` for connected ones. `scope`
    tells where the server is configured: "user", "project", "local", "dynamic", and so on.
    """

    name: str
    status: McpServerConnectionStatus
    serverInfo: NotRequired[McpServerInfo]
    error: NotRequired[str]
    config: NotRequired[McpServerStatusConfig]
    scope: NotRequired[str]
    tools: NotRequired[list[McpToolInfo]]
    transport: NotRequired[str]
    source: NotRequired[str]


class McpStatusResponse(TypedDict):
    """The result of `get_mcp_status()`, which covers all MCP servers."""

    mcpServers: list[McpServerStatus]


# --- context window -------------------------------------------------------------------------------


class ContextUsageCategory(TypedDict):
    """The size of one kind of content in tokens. Deferred content is loaded on demand."""

    name: str
    tokens: int
    color: str
    isDeferred: NotRequired[bool]
    id: NotRequired[str]
    kind: NotRequired[str]


class ContextUsageResponse(TypedDict):
    """The result of `get_context_usage()`, which describes the contents of the context window.

    Sizes are estimates in tokens. `maxTokens` is the usable part of the model's `rawMaxTokens`, and
    `percentage` ranges from 0 to 100. If `isAutoCompactEnabled` is true, the CLI summarizes the
    conversation at `autoCompactThreshold`. `apiUsage` covers the whole conversation. `gridRows`
    contains the squares that `/context` draws.
    """

    categories: list[ContextUsageCategory]
    totalTokens: int
    maxTokens: int
    rawMaxTokens: int
    percentage: float
    model: str
    isAutoCompactEnabled: bool
    memoryFiles: list[OpenObject]
    mcpTools: list[OpenObject]
    agents: list[OpenObject]
    gridRows: list[list[OpenObject]]
    autoCompactThreshold: NotRequired[int]
    autocompactSource: NotRequired[str]
    mcpInstructions: NotRequired[list[OpenObject]]
    deferredBuiltinTools: NotRequired[list[OpenObject]]
    systemTools: NotRequired[list[OpenObject]]
    systemPromptSections: NotRequired[list[OpenObject]]
    slashCommands: NotRequired[OpenObject]
    skills: NotRequired[OpenObject]
    messageBreakdown: NotRequired[OpenObject]
    apiUsage: NotRequired[OpenObject | None]


# --- the CLI --------------------------------------------------------------------------------------


class ServerInfo(TypedDict, total=False):
    """The result of `get_server_info()`: how the CLI described itself when it started.

    The entries of `commands`, `agents` and `models` can be used in prompts and options. `account`
    identifies the paying account without secrets, `pid` is the CLI's process id, and `capabilities`
    lists the optional features that it supports.
    """

    commands: list[OpenObject]
    agents: list[OpenObject]
    models: list[OpenObject]
    account: OpenObject
    output_style: str
    available_output_styles: list[str]
    pid: int
    claude_code_version: str
    current_permission_mode: str
    capabilities: list[str]
    fast_mode_state: str
    fast_mode_disabled_reason: str
    session_state: str
    hook_on_failure_supported: bool
    feedback_mode: OpenJSON
