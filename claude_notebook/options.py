"""The options of a conversation, in a single dataclass."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypedDict, Union

from typing_extensions import NotRequired

from .hooks import HookEvent, HookMatcher
from .messages import OpenJSON, OpenObject
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
    """A custom system prompt that is read from a file."""

    type: Literal["file"]
    path: str


class ToolsPreset(TypedDict):
    """All of Claude Code's built-in tools."""

    type: Literal["preset"]
    preset: Literal["claude_code"]


class TaskBudget(TypedDict):
    """The number of tokens that the model should plan to spend on the task."""

    total: int


class SdkPluginConfig(TypedDict):
    """A plugin in a local folder."""

    type: Literal["local"]
    path: str


class ThinkingConfigAdaptive(TypedDict):
    """The model decides when and how much to think."""

    type: Literal["adaptive"]
    display: NotRequired[ThinkingDisplay]


class ThinkingConfigEnabled(TypedDict):
    """The model thinks, using up to `budget_tokens`."""

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
    instance: OpenJSON


McpServerConfig = Union[
    McpStdioServerConfig, McpSSEServerConfig, McpHttpServerConfig, McpSdkServerConfig
]


class SandboxNetworkConfig(TypedDict, total=False):
    """The network access of sandboxed commands."""

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
    """Isolation settings for the commands that the CLI runs."""

    enabled: bool
    autoAllowBashIfSandboxed: bool
    excludedCommands: list[str]
    allowUnsandboxedCommands: bool
    network: SandboxNetworkConfig
    ignoreViolations: SandboxIgnoreViolations
    enableWeakerNestedSandbox: bool


@dataclass(frozen=True)
class AgentDefinition:
    """A subagent that the model can delegate work to. The field names are the CLI's."""

    description: str
    prompt: str
    tools: list[str] | None = None
    disallowedTools: list[str] | None = None
    model: str | None = None
    skills: list[str] | None = None
    memory: SettingSource | None = None
    mcpServers: list[str | OpenObject] | None = None
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
    """The options of a conversation. The CLI and its settings replace None and empty values.

    This class is not frozen, because existing code sets fields one by one, but this package never
    changes an instance. Its representation hides environments, headers, and other secrets.
    """

    # --- instructions --------------------------------------------------------------------
    system_prompt: str | SystemPromptPreset | SystemPromptCustom | SystemPromptFile | None = None
    """A replacement for Claude Code's system prompt; the preset extends that prompt instead."""
    append_system_prompt: str | None = None
    """Text to append to the system prompt."""
    model: str | None = None
    """The model's name or alias ("opus", "sonnet", "haiku")."""
    fallback_model: str | None = None
    """Models to use if `model` is overloaded: one, or several separated by commas."""
    thinking: ThinkingConfig | None = None
    """Settings for the thinking that precedes an answer."""
    max_thinking_tokens: int | None = None
    """An older form of `thinking`, which takes precedence; 0 disables thinking."""
    effort: EffortLevel | None = None
    """The amount of effort that the model puts into an answer."""
    betas: list[SdkBeta] = field(default_factory=list)
    """Beta features of the API, by name."""
    output_format: str | OpenObject | type | None = None
    """Format of the output: "stream-json" (the default), "json" or "text".

    Requests structured output, using {"type": "json_schema", "schema": {...}}, a dataclass or a
    pydantic model.
    """
    input_format: str | None = None
    """Unused, because prompts are always sent as stream-json. Kept for compatibility."""
    verbatim_prompts: bool = False
    """Send prompts exactly as written, without expanding @file mentions or slash commands."""

    # --- permissions -----------------------------------------------------------------------
    tools: list[str] | ToolsPreset | None = None
    """The built-in tools that are available; [] for none."""
    allowed_tools: list[str] = field(default_factory=list)
    """Tools, or patterns such as "Bash(git *)", that run without asking."""
    disallowed_tools: list[str] = field(default_factory=list)
    """Tools or patterns that are never allowed."""
    permission_mode: PermissionMode | None = None
    """The handling of tools that no rule covers."""
    dangerously_skip_permissions: bool = False
    """Allow everything without asking, like permission_mode="bypassPermissions"."""
    can_use_tool: CanUseTool | None = None
    """A callback that answers permission requests."""
    on_elicitation: OnElicitation | None = None
    """A callback that answers elicitations from MCP servers."""
    permission_prompt_tool_name: str | None = None
    """An MCP tool that answers permission requests instead of `can_use_tool`."""
    hooks: dict[HookEvent, list[HookMatcher]] | None = None
    """Callbacks at certain points of a turn."""
    sandbox: SandboxSettings | None = None
    """Isolation settings for commands."""
    add_dirs: list[StrPath] = field(default_factory=list)
    """Folders that tools may access in addition to `cwd`."""
    enable_file_checkpointing: bool = False
    """Back up files before they are changed, so that `rewind_files()` can restore them."""

    # --- limits ------------------------------------------------------------------------------
    max_turns: int | None = None
    """The maximum number of model and tool rounds per query."""
    max_budget_usd: float | None = None
    """The maximum cost of a query in US dollars."""
    task_budget: TaskBudget | None = None
    """The number of tokens that the model should plan to spend."""

    # --- conversation ------------------------------------------------------------------------
    resume: str | None = None
    """The id of the conversation to resume."""
    continue_conversation: bool = False
    """Resume the most recent conversation in `cwd`."""
    fork_session: bool = False
    """Resume in a copy that has a new id."""
    session_id: str | None = None
    """The id (a UUID) to use for a new conversation."""
    resume_session_at: str | None = None
    """With `resume`: the id of the last message to keep."""
    resume_drops_turn: str | None = None
    """With `resume_session_at`: the prompt of the turn to drop, as a check."""

    # --- extensions ----------------------------------------------------------------------------
    mcp_servers: dict[str, McpServerConfig] | StrPath = field(default_factory=dict)
    """MCP servers by name, or a configuration's path or JSON text."""
    strict_mcp_config: bool = False
    """Ignore MCP servers in settings files."""
    agents: dict[str, AgentDefinition] | None = None
    """Subagents by name."""
    skills: list[str] | Literal["all"] | None = None
    """Names of the available skills, or "all"; [] for none."""
    plugins: list[SdkPluginConfig] = field(default_factory=list)
    """Plugins in local folders."""
    settings: StrPath | None = None
    """A settings file or its JSON text, which overrides the other sources."""
    setting_sources: list[SettingSource] | None = None
    """The settings files to read; [] for none, None for all."""

    # --- output ----------------------------------------------------------------------------------
    include_partial_messages: bool = False
    """Report unfinished answers as `StreamEvent` messages."""
    include_hook_events: bool = False
    """Report hooks from settings files as `HookEventMessage` messages."""
    forward_subagent_text: bool = False
    """Report subagents' text and thinking, not just their tool calls."""
    verbose: bool = True
    """Required for the CLI's stream. Kept for compatibility."""
    debug: bool = False
    """Make the CLI write a debug log to standard error."""
    stderr: Callable[[str], None] | None = None
    """Callback for each line of the CLI's standard error."""
    debug_stderr: OpenJSON = None
    """Unused; kept for older code. Use `stderr`."""

    # --- signing in --------------------------------------------------------------------------
    use_oauth: bool = False
    """Use only the stored sign-in, else the CLI's own login; ignore keys in the environment."""
    api_key: str | None = None
    """API key to use, whatever the environment and the settings hold."""
    auth_token: str | None = None
    """OAuth token to use, whatever the environment and the settings hold."""

    # --- recordings --------------------------------------------------------------------------
    replay: Replay | None = None
    """Settings for recording and replaying turns.

    If None, the variables `CLAUDE_NOTEBOOK_REPLAY` (the mode) and `CLAUDE_NOTEBOOK_CASSETTES` (the
    folder) are used.
    """

    # --- process --------------------------------------------------------------------------
    cwd: StrPath | None = None
    """The working directory; None uses this process's directory."""
    cli_path: StrPath | None = None
    """The path of the `claude` binary; None searches for it."""
    env: dict[str, str] = field(default_factory=dict)
    """Environment variables that override those of this process."""
    extra_args: dict[str, str | None] = field(default_factory=dict)
    """Other flags: name without dashes -> value, or None for a switch."""
    user: str | None = None
    """The operating system user to run the CLI as."""
    max_buffer_size: int | None = None
    """The maximum number of bytes in a line from the CLI; None for 64 MiB."""
    client_app: str | None = None
    """The name for the User-Agent header, such as "my-app/1.0"."""
    idle_timeout: float | None = None
    """The seconds of silence after which a running turn fails; None for no limit."""
    total_timeout: float | None = None
    """The seconds after which a running turn fails; None for no limit."""
    load_timeout_ms: int = 60_000
    """The milliseconds allowed for each read from `session_store` before the CLI is started."""
    session_store: SessionStore | None = None
    """An additional store for transcripts, which `resume` searches first; see `SessionStore`."""
    session_store_flush: SessionStoreFlushMode = "batched"
    """When to write to the store: "batched" once per turn, "eager" line by line."""
    session_store_timeout: float = 60.0
    """The maximum number of seconds for a write to `session_store`."""

    def __repr__(self) -> str:
        from .redact import redacted_repr  # rarely needed

        return redacted_repr(self)


ClaudeAgentOptions = ClaudeCodeOptions
"""The official SDK's name for `ClaudeCodeOptions`."""
