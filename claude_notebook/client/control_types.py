"""What the CLI answers to control requests: its own JSON objects, and which fields they have.

Nobody checks them: a newer CLI may say more, or leave something out.
"""

from __future__ import annotations

from typing import Literal, TypedDict, Union

from typing_extensions import NotRequired

from ..messages import JSON, JSONObject
from ..options import McpHttpServerConfig, McpSSEServerConfig, McpStdioServerConfig

# --- MCP servers -----------------------------------------------------------------------------

McpServerConnectionStatus = Literal["connected", "failed", "needs-auth", "pending", "disabled"]
"""How an MCP server stands."""


class McpSdkServerConfigStatus(TypedDict):
    """A server that runs in this Python process."""

    type: Literal["sdk"]
    name: str


class McpClaudeAIProxyServerConfig(TypedDict):
    """A server that is reached through claude.ai."""

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
"""How a server was configured."""


class McpToolAnnotations(TypedDict, total=False):
    """What a tool's author says it does."""

    readOnly: bool
    destructive: bool
    openWorld: bool


class McpToolInfo(TypedDict):
    """A tool of an MCP server."""

    name: str
    description: NotRequired[str]
    annotations: NotRequired[McpToolAnnotations]


class McpServerInfo(TypedDict):
    """What a server calls itself."""

    name: str
    version: str


class McpServerStatus(TypedDict):
    """An MCP server.

    `error` is there when it has failed; `serverInfo` and `tools` when it is connected. `scope` is
    where it was configured: "user", "project", "local", "dynamic", ...
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
    """Of `get_mcp_status()`: all MCP servers."""

    mcpServers: list[McpServerStatus]


# --- the context -----------------------------------------------------------------------------


class ContextUsageCategory(TypedDict):
    """What one kind of content takes, in tokens. `isDeferred`: it is loaded when it is needed."""

    name: str
    tokens: int
    color: str
    isDeferred: NotRequired[bool]
    id: NotRequired[str]
    kind: NotRequired[str]


class ContextUsageResponse(TypedDict):
    """Of `get_context_usage()`: what fills the context. Sizes are in tokens, estimated.

    `maxTokens` is what can be used of the model's `rawMaxTokens`; `percentage` is 0 to 100. At
    `autoCompactThreshold` the conversation is summarised, if `isAutoCompactEnabled`. `apiUsage` is
    the whole conversation's. `gridRows` are the squares that `/context` draws.
    """

    categories: list[ContextUsageCategory]
    totalTokens: int
    maxTokens: int
    rawMaxTokens: int
    percentage: float
    model: str
    isAutoCompactEnabled: bool
    memoryFiles: list[JSONObject]
    mcpTools: list[JSONObject]
    agents: list[JSONObject]
    gridRows: list[list[JSONObject]]
    autoCompactThreshold: NotRequired[int]
    autocompactSource: NotRequired[str]
    mcpInstructions: NotRequired[list[JSONObject]]
    deferredBuiltinTools: NotRequired[list[JSONObject]]
    systemTools: NotRequired[list[JSONObject]]
    systemPromptSections: NotRequired[list[JSONObject]]
    slashCommands: NotRequired[JSONObject]
    skills: NotRequired[JSONObject]
    messageBreakdown: NotRequired[JSONObject]
    apiUsage: NotRequired[JSONObject | None]


# --- the CLI itself --------------------------------------------------------------------------


class ServerInfo(TypedDict, total=False):
    """Of `get_server_info()`: what the CLI said of itself at the start.

    `commands`, `agents` and `models` can be named in prompts and options; `account` says who pays,
    without secrets; `pid` is its process id; `capabilities` are what can be asked of it.
    """

    commands: list[JSONObject]
    agents: list[JSONObject]
    models: list[JSONObject]
    account: JSONObject
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
    feedback_mode: JSON
