"""Everything that can be set about a conversation, in one dataclass."""

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
    """A system prompt of your own."""

    type: Literal["custom"]
    prompt: str
    snapshot: NotRequired[bool]


class SystemPromptFile(TypedDict):
    """A system prompt of your own, read from a file."""

    type: Literal["file"]
    path: str


class ToolsPreset(TypedDict):
    """All of Claude Code's own tools."""

    type: Literal["preset"]
    preset: Literal["claude_code"]


class TaskBudget(TypedDict):
    """How many tokens the model should plan to spend on the task."""

    total: int


class SdkPluginConfig(TypedDict):
    """A plugin in a local folder."""

    type: Literal["local"]
    path: str


class ThinkingConfigAdaptive(TypedDict):
    """The model decides when and how much it thinks."""

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
    """An MCP server that is reached by server-sent events."""

    type: Literal["sse"]
    url: str
    headers: NotRequired[dict[str, str]]


class McpHttpServerConfig(TypedDict):
    """An MCP server that is reached by streamable HTTP."""

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
    """What sandboxed commands may reach."""

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
"""A part of a command, or "*" for all -> parts of the violations not to report."""


class SandboxSettings(TypedDict, total=False):
    """How the CLI isolates the commands that it runs."""

    enabled: bool
    autoAllowBashIfSandboxed: bool
    excludedCommands: list[str]
    allowUnsandboxedCommands: bool
    network: SandboxNetworkConfig
    ignoreViolations: SandboxIgnoreViolations
    enableWeakerNestedSandbox: bool


@dataclass(frozen=True)
class AgentDefinition:
    """A sub-agent that the model can hand work to. Names are the CLI's."""

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
    """Options of a conversation. What is None or empty is left to the CLI and its settings files.

    Not frozen, so that code which sets fields one by one keeps working; nothing here changes it.
    Its representation shows no values of environments and headers, and no other secrets.
    """

    # --- what Claude is told -------------------------------------------------------------
    system_prompt: str | SystemPromptPreset | SystemPromptCustom | SystemPromptFile | None = None
    """Replaces Claude Code's system prompt; with the preset, adds to it."""
    append_system_prompt: str | None = None
    """Added to the end of the system prompt."""
    model: str | None = None
    """A model's name or alias ("opus", "sonnet", "haiku")."""
    fallback_model: str | None = None
    """Used when the model is overloaded; several, separated by commas, in order."""
    thinking: ThinkingConfig | None = None
    """Whether and how the model thinks before it answers."""
    max_thinking_tokens: int | None = None
    """The older way to say it: 0 turns thinking off. `thinking` wins."""
    effort: EffortLevel | None = None
    """How much work the model puts into an answer."""
    betas: list[SdkBeta] = field(default_factory=list)
    """Beta features of the API, by name."""
    output_format: str | JSONObject | type | None = None
    """"stream-json" (the default), "json", "text"; {"type": "json_schema", "schema": {...}}, a
    dataclass or a pydantic model for structured output."""
    input_format: str | None = None
    """"stream-json" (the default) or "text". Both are sent as stream-json; kept for older code."""
    verbatim_prompts: bool = False
    """Send prompts exactly as written: no @file mentions, no slash commands."""

    # --- what Claude may do ----------------------------------------------------------------
    tools: list[str] | ToolsPreset | None = None
    """The built-in tools that exist at all; [] is none."""
    allowed_tools: list[str] = field(default_factory=list)
    """Tools, or patterns such as "Bash(git *)", that need no question."""
    disallowed_tools: list[str] = field(default_factory=list)
    """Tools or patterns that are never allowed."""
    permission_mode: PermissionMode | None = None
    """What happens with tools that no rule covers."""
    dangerously_skip_permissions: bool = False
    """Allow everything without asking, as permission_mode="bypassPermissions" does."""
    can_use_tool: CanUseTool | None = None
    """Answers the questions that the CLI would ask a person."""
    on_elicitation: OnElicitation | None = None
    """Answers what MCP servers ask of the person."""
    permission_prompt_tool_name: str | None = None
    """An MCP tool that answers those questions instead."""
    hooks: dict[HookEvent, list[HookMatcher]] | None = None
    """Callbacks at fixed points of a turn."""
    sandbox: SandboxSettings | None = None
    """How commands are isolated."""
    add_dirs: list[StrPath] = field(default_factory=list)
    """Folders besides `cwd` that tools may use."""
    enable_file_checkpointing: bool = False
    """Keep copies of files before they change, so that `rewind_files()` can bring them back."""

    # --- bounds ------------------------------------------------------------------------------
    max_turns: int | None = None
    """Rounds of model and tools after which a query stops."""
    max_budget_usd: float | None = None
    """US dollars after which a query stops."""
    task_budget: TaskBudget | None = None
    """Tokens that the model should plan with."""

    # --- which conversation ------------------------------------------------------------------
    resume: str | None = None
    """The id of the conversation to go on with."""
    continue_conversation: bool = False
    """Go on with the latest conversation of `cwd`."""
    fork_session: bool = False
    """Go on in a copy, under a new id."""
    session_id: str | None = None
    """The id (a UUID) that a new conversation gets."""
    resume_session_at: str | None = None
    """With `resume`: the id of the message after which everything is dropped."""
    resume_drops_turn: str | None = None
    """With `resume_session_at`: the prompt whose turn is meant to be dropped, as a check."""

    # --- what it can use -----------------------------------------------------------------------
    mcp_servers: dict[str, McpServerConfig] | StrPath = field(default_factory=dict)
    """MCP servers by name; or a path or JSON text of a configuration."""
    strict_mcp_config: bool = False
    """Use only `mcp_servers`, none from settings files."""
    agents: dict[str, AgentDefinition] | None = None
    """Sub-agents by name."""
    skills: list[str] | Literal["all"] | None = None
    """Skills to offer: their names, or "all"; [] for none."""
    plugins: list[SdkPluginConfig] = field(default_factory=list)
    """Plugins in local folders."""
    settings: StrPath | None = None
    """A settings file, or its JSON text; wins over the other sources."""
    setting_sources: list[SettingSource] | None = None
    """Which settings files are read; [] is none, None is all."""

    # --- what is reported ------------------------------------------------------------------------
    include_partial_messages: bool = False
    """Report an answer while it is produced, as `StreamEvent`s."""
    include_hook_events: bool = False
    """Report hooks of settings files, as `HookEventMessage`s."""
    forward_subagent_text: bool = False
    """Report what sub-agents say and think, not only their tool calls."""
    verbose: bool = True
    """The CLI's stream needs it; kept for older code."""
    debug: bool = False
    """Let the CLI write a debug log to its standard error."""
    stderr: Callable[[str], None] | None = None
    """Called with each line that the CLI writes to standard error."""
    debug_stderr: JSON = None
    """Not used; kept for older code. Use `stderr`."""

    # --- recording and playing ---------------------------------------------------------------
    replay: Replay | None = None
    """Where turns are recorded and played from; None asks the environment:
    `CLAUDE_NOTEBOOK_REPLAY` (the mode) and `CLAUDE_NOTEBOOK_CASSETTES` (the folder)."""

    # --- the process ----------------------------------------------------------------------
    cwd: StrPath | None = None
    """The working directory; None is this process's."""
    cli_path: StrPath | None = None
    """The `claude` binary; None looks for it."""
    env: dict[str, str] = field(default_factory=dict)
    """Environment variables, over those of this process."""
    extra_args: dict[str, str | None] = field(default_factory=dict)
    """Flags that have no field here: name without dashes -> value, or None for a switch."""
    user: str | None = None
    """The operating system's user to run the CLI as."""
    max_buffer_size: int | None = None
    """Bytes that one line from the CLI may have; None is 64 MiB."""
    client_app: str | None = None
    """A name for the User-Agent header, such as "my-app/1.0"."""
    idle_timeout: float | None = None
    """Seconds of silence after which a running turn fails; None waits for ever."""
    total_timeout: float | None = None
    """Seconds after which a running turn fails, whatever it does; None is no bound."""
    load_timeout_ms: int = 60_000
    """Milliseconds that the CLI has to start and say so, and `session_store` for each read."""
    session_store: SessionStore | None = None
    """Where transcripts go besides this machine, and `resume` looks first; see `SessionStore`."""
    session_store_flush: SessionStoreFlushMode = "batched"
    """When they go there: "batched" at the end of a turn, "eager" line by line."""
    session_store_timeout: float = 60.0
    """Seconds that one write to `session_store` may take."""

    def __repr__(self) -> str:
        from .redact import redacted_repr  # rarely needed

        return redacted_repr(self)


ClaudeAgentOptions = ClaudeCodeOptions
"""The official SDK's name for `ClaudeCodeOptions`."""
