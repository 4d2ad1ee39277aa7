"""Options of a conversation in one dataclass."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypedDict, Union

from typing_extensions import NotRequired

from .hooks import HookEvent, HookMatcher
from .messages import JSON, JSONObject
from .permissions import CanUseTool, PermissionMode
from .permissions.elicitation import OnElicitation
from .replay import Replay
from .session_store import SessionStore, SessionStoreFlushMode

StrPath: TypeAlias = Union[str, "os.PathLike[str]"]
SettingSource = Literal["user", "project", "local"]
EffortLevel = Literal["low", "medium", "high", "xhigh", "max"]
ThinkingDisplay = Literal["summarized", "omitted"]
SdkBeta: TypeAlias = str


class SystemPromptPreset(TypedDict):
    """Claude Code's own system prompt, with an optional addition."""

    type: Literal["preset"]
    preset: Literal["claude_code"]
    append: NotRequired[str]
    exclude_dynamic_sections: NotRequired[bool]
    snapshot: NotRequired[bool]


class SystemPromptCustom(TypedDict):
    """A custom system prompt."""

    type: Literal["custom"]
    prompt: str
    snapshot: NotRequired[bool]


class SystemPromptFile(TypedDict):
    """A custom system prompt from a file."""

    type: Literal["file"]
    path: str


class ToolsPreset(TypedDict):
    """All built-in tools of Claude Code."""

    type: Literal["preset"]
    preset: Literal["claude_code"]


class TaskBudget(TypedDict):
    """Number of tokens that the model should plan to spend on the task."""

    total: int


class SdkPluginConfig(TypedDict):
    """A plugin in a local folder."""

    type: Literal["local"]
    path: str


class ThinkingConfigAdaptive(TypedDict):
    """The model chooses when and how much to think."""

    type: Literal["adaptive"]
    display: NotRequired[ThinkingDisplay]


class ThinkingConfigEnabled(TypedDict):
    """The model thinks, up to `budget_tokens`."""

    type: Literal["enabled"]
    budget_tokens: int
    display: NotRequired[ThinkingDisplay]


class ThinkingConfigDisabled(TypedDict):
    """The model does not think before it answers."""

    type: Literal["disabled"]


ThinkingConfig = Union[ThinkingConfigAdaptive, ThinkingConfigEnabled, ThinkingConfigDisabled]


class McpStdioServerConfig(TypedDict):
    """An MCP server that the CLI starts as a process."""

    type: NotRequired[Literal["stdio"]]
    command: str
    args: NotRequired[list[str]]
    env: NotRequired[dict[str, str]]


class McpSSEServerConfig(TypedDict):
    """An MCP server that uses server-sent events."""

    type: Literal["sse"]
    url: str
    headers: NotRequired[dict[str, str]]


class McpHttpServerConfig(TypedDict):
    """An MCP server that uses streamable HTTP."""

    type: Literal["http"]
    url: str
    headers: NotRequired[dict[str, str]]


class McpSdkServerConfig(TypedDict):
    """An MCP server that runs in this Python process."""

    type: Literal["sdk"]
    name: str
    instance: JSON


McpServerConfig = Union[
    McpStdioServerConfig, McpSSEServerConfig, McpHttpServerConfig, McpSdkServerConfig
]


class SandboxNetworkConfig(TypedDict, total=False):
    """Network access of sandboxed commands."""

    allowedDomains: list[str]
    deniedDomains: list[str]
    allowManagedDomainsOnly: bool
    allowUnixSockets: list[str]
    allowAllUnixSockets: bool
    allowLocalBinding: bool
    allowMachLookup: list[str]
    httpProxyPort: int
    socksProxyPort: int


SandboxIgnoreViolations: TypeAlias = dict[str, list[str]]
"""Part of a command, or "*" for all -> parts of the violations to ignore."""


class SandboxSettings(TypedDict, total=False):
    """Isolation of the commands that the CLI runs."""

    enabled: bool
    autoAllowBashIfSandboxed: bool
    excludedCommands: list[str]
    allowUnsandboxedCommands: bool
    network: SandboxNetworkConfig
    ignoreViolations: SandboxIgnoreViolations
    enableWeakerNestedSandbox: bool


@dataclass(frozen=True)
class AgentDefinition:
    """A subagent that the model can delegate work to. Field names are the CLI's."""

    description: str
    prompt: str
    tools: list[str] | None = None
    disallowedTools: list[str] | None = None
    model: str | None = None
    skills: list[str] | None = None
    memory: SettingSource | None = None
    mcpServers: list[str | JSONObject] | None = None
    initialPrompt: str | None = None
    maxTurns: int | None = None
    background: bool | None = None
    effort: EffortLevel | int | None = None
    permissionMode: PermissionMode | None = None

    def __repr__(self) -> str:
        from .redact import redacted_repr  # rarely needed

        return redacted_repr(self)


DEFAULT_MAX_BUFFER_SIZE = 64 * 1024 * 1024


@dataclass
class ClaudeCodeOptions:
    """Options of a conversation. The CLI and its settings files supply None and empty values.

    Not frozen, because existing code sets fields one by one; this package does not change it.
    Its representation hides environments, headers, and other secrets.
    """

    # --- instructions --------------------------------------------------------------------
    system_prompt: str | SystemPromptPreset | SystemPromptCustom | SystemPromptFile | None = None
    """Replacement for Claude Code's system prompt; the preset extends it."""
    append_system_prompt: str | None = None
    """Text to append to the system prompt."""
    model: str | None = None
    """Name or alias of the model ("opus", "sonnet", "haiku")."""
    fallback_model: str | None = None
    """Models to use when `model` is overloaded: one, or several separated by commas."""
    thinking: ThinkingConfig | None = None
    """Thinking of the model before it answers."""
    max_thinking_tokens: int | None = None
    """Older form of `thinking`, which takes precedence; 0 disables thinking."""
    effort: EffortLevel | None = None
    """Effort that the model puts into an answer."""
    betas: list[SdkBeta] = field(default_factory=list)
    """Beta features of the API, by name."""
    output_format: str | JSONObject | type | None = None
    """Format of the output: "stream-json" (the default), "json" or "text".

    {"type": "json_schema", "schema": {...}}, a dataclass or a pydantic model requests structured
    output.
    """
    input_format: str | None = None
    """Unused: prompts are always sent as stream-json. Kept for older code."""
    verbatim_prompts: bool = False
    """Send prompts exactly as written: no @file mentions, no slash commands."""

    # --- permissions -----------------------------------------------------------------------
    tools: list[str] | ToolsPreset | None = None
    """Available built-in tools; [] for none."""
    allowed_tools: list[str] = field(default_factory=list)
    """Tools, or patterns such as "Bash(git *)", that run without asking."""
    disallowed_tools: list[str] = field(default_factory=list)
    """Tools or patterns that are never allowed."""
    permission_mode: PermissionMode | None = None
    """Handling of tools that no rule covers."""
    dangerously_skip_permissions: bool = False
    """Allow everything without asking, like permission_mode="bypassPermissions"."""
    can_use_tool: CanUseTool | None = None
    """Callback that answers permission requests."""
    on_elicitation: OnElicitation | None = None
    """Callback that answers elicitations of MCP servers."""
    permission_prompt_tool_name: str | None = None
    """MCP tool that answers permission requests instead of `can_use_tool`."""
    hooks: dict[HookEvent, list[HookMatcher]] | None = None
    """Callbacks at fixed points of a turn."""
    sandbox: SandboxSettings | None = None
    """Isolation of commands."""
    add_dirs: list[StrPath] = field(default_factory=list)
    """Folders besides `cwd` that tools may access."""
    enable_file_checkpointing: bool = False
    """Back up files before they change, so that `rewind_files()` can restore them."""

    # --- limits ------------------------------------------------------------------------------
    max_turns: int | None = None
    """Maximum rounds of model and tools per query."""
    max_budget_usd: float | None = None
    """Maximum cost of a query in US dollars."""
    task_budget: TaskBudget | None = None
    """Tokens that the model should plan to spend."""

    # --- conversation ------------------------------------------------------------------------
    resume: str | None = None
    """Id of the conversation to resume."""
    continue_conversation: bool = False
    """Resume the latest conversation of `cwd`."""
    fork_session: bool = False
    """Resume in a copy with a new id."""
    session_id: str | None = None
    """Id (a UUID) of a new conversation."""
    resume_session_at: str | None = None
    """With `resume`: the id of the last message to keep."""
    resume_drops_turn: str | None = None
    """With `resume_session_at`: the prompt of the turn to drop, as a check."""

    # --- extensions ----------------------------------------------------------------------------
    mcp_servers: dict[str, McpServerConfig] | StrPath = field(default_factory=dict)
    """MCP servers by name, or the path or JSON text of a configuration."""
    strict_mcp_config: bool = False
    """Ignore MCP servers in settings files."""
    agents: dict[str, AgentDefinition] | None = None
    """Subagents by name."""
    skills: list[str] | Literal["all"] | None = None
    """Names of available skills, or "all"; [] for none."""
    plugins: list[SdkPluginConfig] = field(default_factory=list)
    """Plugins in local folders."""
    settings: StrPath | None = None
    """Settings file or its JSON text, which overrides the other sources."""
    setting_sources: list[SettingSource] | None = None
    """Settings files to read; [] for none, None for all."""

    # --- output ----------------------------------------------------------------------------------
    include_partial_messages: bool = False
    """Report unfinished answers as `StreamEvent`s."""
    include_hook_events: bool = False
    """Report hooks of settings files, as `HookEventMessage`s."""
    forward_subagent_text: bool = False
    """Report text and thinking of subagents, not only their tool calls."""
    verbose: bool = True
    """Required by the CLI's stream; kept for older code."""
    debug: bool = False
    """Make the CLI write a debug log to standard error."""
    stderr: Callable[[str], None] | None = None
    """Callback for each line of the CLI's standard error."""
    debug_stderr: JSON = None
    """Unused; kept for older code. Use `stderr`."""

    # --- recordings --------------------------------------------------------------------------
    replay: Replay | None = None
    """Recording and replay of turns.

    None uses the variables `CLAUDE_NOTEBOOK_REPLAY` (the mode) and `CLAUDE_NOTEBOOK_CASSETTES` (the
    folder).
    """

    # --- process --------------------------------------------------------------------------
    cwd: StrPath | None = None
    """Working directory; that of this process when None."""
    cli_path: StrPath | None = None
    """Path of the `claude` binary; None searches for it."""
    env: dict[str, str] = field(default_factory=dict)
    """Environment variables that override those of this process."""
    extra_args: dict[str, str | None] = field(default_factory=dict)
    """Other flags: name without dashes -> value, or None for a switch."""
    user: str | None = None
    """Operating system user to run the CLI as."""
    max_buffer_size: int | None = None
    """Maximum bytes of a line from the CLI; None for 64 MiB."""
    client_app: str | None = None
    """Name for the User-Agent header, such as "my-app/1.0"."""
    idle_timeout: float | None = None
    """Seconds of silence after which a running turn fails; None for no limit."""
    total_timeout: float | None = None
    """Seconds after which a running turn fails; None for no limit."""
    load_timeout_ms: int = 60_000
    """Milliseconds for each read of `session_store` before the start of the CLI."""
    session_store: SessionStore | None = None
    """Additional store for transcripts, searched first by `resume`; see `SessionStore`."""
    session_store_flush: SessionStoreFlushMode = "batched"
    """Time of writes to the store: "batched" per turn, "eager" line by line."""
    session_store_timeout: float = 60.0
    """Maximum seconds of a write to `session_store`."""

    def __repr__(self) -> str:
        from .redact import redacted_repr  # rarely needed

        return redacted_repr(self)


ClaudeAgentOptions = ClaudeCodeOptions
"""The official SDK's name for `ClaudeCodeOptions`."""
