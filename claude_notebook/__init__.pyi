"""Public names, loaded on first use."""

from .auth.claude_auth import ClaudeAuth as ClaudeAuth, get_auth_headers as get_auth_headers
from .auth.gateway.callback_server import LocalCallbackServer as LocalCallbackServer
from .auth.gateway.config import OAuthConfig as OAuthConfig
from .auth.gateway.flow import OAuthFlow as OAuthFlow
from .auth.gateway.pkce import PKCEChallenge as PKCEChallenge
from .auth.storage import TokenStorage as TokenStorage
from .auth.token import AuthToken as AuthToken
from .cli.subcommands.commands import (
    config as config,
    doctor as doctor,
    mcp as mcp,
    update as update,
    version as version,
)
from .cli.subcommands.runner import CommandOutput as CommandOutput
from .client.client import (
    ClaudeSDKClient as ClaudeSDKClient,
)
from .client.controls.types import (
    ContextUsageCategory as ContextUsageCategory,
    ContextUsageResponse as ContextUsageResponse,
    McpClaudeAIProxyServerConfig as McpClaudeAIProxyServerConfig,
    McpSdkServerConfigStatus as McpSdkServerConfigStatus,
    McpServerConnectionStatus as McpServerConnectionStatus,
    McpServerInfo as McpServerInfo,
    McpServerStatus as McpServerStatus,
    McpServerStatusConfig as McpServerStatusConfig,
    McpStatusResponse as McpStatusResponse,
    McpToolAnnotations as McpToolAnnotations,
    McpToolInfo as McpToolInfo,
    ServerInfo as ServerInfo,
)
from .client.launch.validation import CanUseToolShadowedWarning as CanUseToolShadowedWarning
from .client.query import (
    QueryStream as QueryStream,
    query as query,
)
from .client.retry import RetryConfig as RetryConfig, query_with_retry as query_with_retry
from .client.sign_in.login import login as login, logout as logout
from .client.sign_in.middleware import (
    AuthenticationMiddleware as AuthenticationMiddleware,
    query_with_middleware as query_with_middleware,
)
from .client.sign_in.queries import (
    authenticated_query as authenticated_query,
    query_with_api_key as query_with_api_key,
    query_with_oauth as query_with_oauth,
)
from .errors import (
    APIConnectionError as APIConnectionError,
    APIError as APIError,
    AuthenticationError as AuthenticationError,
    BillingError as BillingError,
    CassetteError as CassetteError,
    ClaudeSDKError as ClaudeSDKError,
    CLIConnectionError as CLIConnectionError,
    CLIJSONDecodeError as CLIJSONDecodeError,
    CLINotFoundError as CLINotFoundError,
    CLINotUsableError as CLINotUsableError,
    ControlRequestError as ControlRequestError,
    ControlTimeoutError as ControlTimeoutError,
    InvalidRequestError as InvalidRequestError,
    LineTooLongError as LineTooLongError,
    OptionsError as OptionsError,
    OverloadedError as OverloadedError,
    PermissionDeniedError as PermissionDeniedError,
    ProcessError as ProcessError,
    ProtocolError as ProtocolError,
    RateLimitError as RateLimitError,
    ResultError as ResultError,
    ServerError as ServerError,
    SessionNotFoundError as SessionNotFoundError,
    SessionStoreError as SessionStoreError,
    ToolInputError as ToolInputError,
    TransportClosedError as TransportClosedError,
    TurnInterrupted as TurnInterrupted,
    TurnTimeoutError as TurnTimeoutError,
    WorkingDirectoryError as WorkingDirectoryError,
)
from .hooks import (
    HookCallback as HookCallback,
    HookContext as HookContext,
    HookEvent as HookEvent,
    HookMatcher as HookMatcher,
)
from .hooks.inputs import (
    BackgroundTaskSummary as BackgroundTaskSummary,
    BaseHookInput as BaseHookInput,
    ConfigChangeHookInput as ConfigChangeHookInput,
    HookEffort as HookEffort,
    HookInput as HookInput,
    NotificationHookInput as NotificationHookInput,
    PermissionRequestHookInput as PermissionRequestHookInput,
    PostToolUseFailureHookInput as PostToolUseFailureHookInput,
    PostToolUseHookInput as PostToolUseHookInput,
    PreCompactHookInput as PreCompactHookInput,
    PreToolUseHookInput as PreToolUseHookInput,
    SessionCronSummary as SessionCronSummary,
    StopHookInput as StopHookInput,
    SubagentStartHookInput as SubagentStartHookInput,
    SubagentStopHookInput as SubagentStopHookInput,
    UserPromptSubmitHookInput as UserPromptSubmitHookInput,
)
from .hooks.outputs import (
    AsyncHookJSONOutput as AsyncHookJSONOutput,
    CwdChangedHookSpecificOutput as CwdChangedHookSpecificOutput,
    ElicitationHookSpecificOutput as ElicitationHookSpecificOutput,
    ElicitationResultHookSpecificOutput as ElicitationResultHookSpecificOutput,
    FileChangedHookSpecificOutput as FileChangedHookSpecificOutput,
    HookJSONOutput as HookJSONOutput,
    HookSpecificOutput as HookSpecificOutput,
    MessageDisplayHookSpecificOutput as MessageDisplayHookSpecificOutput,
    NotificationHookSpecificOutput as NotificationHookSpecificOutput,
    PermissionDeniedHookSpecificOutput as PermissionDeniedHookSpecificOutput,
    PermissionRequestHookSpecificOutput as PermissionRequestHookSpecificOutput,
    PostModelSwitchHookSpecificOutput as PostModelSwitchHookSpecificOutput,
    PostToolBatchHookSpecificOutput as PostToolBatchHookSpecificOutput,
    PostToolUseFailureHookSpecificOutput as PostToolUseFailureHookSpecificOutput,
    PostToolUseHookSpecificOutput as PostToolUseHookSpecificOutput,
    PreModelSwitchHookSpecificOutput as PreModelSwitchHookSpecificOutput,
    PreToolUseHookSpecificOutput as PreToolUseHookSpecificOutput,
    SessionStartHookSpecificOutput as SessionStartHookSpecificOutput,
    StopHookSpecificOutput as StopHookSpecificOutput,
    SubagentStartHookSpecificOutput as SubagentStartHookSpecificOutput,
    SubagentStopHookSpecificOutput as SubagentStopHookSpecificOutput,
    SyncHookJSONOutput as SyncHookJSONOutput,
    UserPromptExpansionHookSpecificOutput as UserPromptExpansionHookSpecificOutput,
    UserPromptSubmitHookSpecificOutput as UserPromptSubmitHookSpecificOutput,
    WorktreeCreateHookSpecificOutput as WorktreeCreateHookSpecificOutput,
)
from .messages import (
    TERMINAL_TASK_STATUSES as TERMINAL_TASK_STATUSES,
    APIRetryMessage as APIRetryMessage,
    AssistantMessage as AssistantMessage,
    AssistantMessageError as AssistantMessageError,
    BackgroundTasksMessage as BackgroundTasksMessage,
    CitationsDelta as CitationsDelta,
    CommandLifecycleMessage as CommandLifecycleMessage,
    CompactBoundaryMessage as CompactBoundaryMessage,
    ContentBlock as ContentBlock,
    ContentBlockDeltaEvent as ContentBlockDeltaEvent,
    ContentBlockStartEvent as ContentBlockStartEvent,
    ContentBlockStopEvent as ContentBlockStopEvent,
    ContentDelta as ContentDelta,
    ConversationResetMessage as ConversationResetMessage,
    DeferredToolUse as DeferredToolUse,
    DocumentBlock as DocumentBlock,
    FastModeDisabledReason as FastModeDisabledReason,
    FastModeState as FastModeState,
    HookEventMessage as HookEventMessage,
    ImageBlock as ImageBlock,
    InformationalMessage as InformationalMessage,
    InitMessage as InitMessage,
    InputJSONDelta as InputJSONDelta,
    Message as Message,
    MessageDeltaEvent as MessageDeltaEvent,
    MessageOrigin as MessageOrigin,
    MessageOriginKind as MessageOriginKind,
    MessageStartEvent as MessageStartEvent,
    MessageStopEvent as MessageStopEvent,
    MirrorErrorMessage as MirrorErrorMessage,
    ModelRefusalMessage as ModelRefusalMessage,
    ModelUsage as ModelUsage,
    NotificationMessage as NotificationMessage,
    PermissionDeniedMessage as PermissionDeniedMessage,
    RateLimitEvent as RateLimitEvent,
    RateLimitInfo as RateLimitInfo,
    RateLimitStatus as RateLimitStatus,
    RateLimitType as RateLimitType,
    RedactedThinkingBlock as RedactedThinkingBlock,
    ResultMessage as ResultMessage,
    ServerToolName as ServerToolName,
    ServerToolResultBlock as ServerToolResultBlock,
    ServerToolUseBlock as ServerToolUseBlock,
    SessionKey as SessionKey,
    SessionStateMessage as SessionStateMessage,
    SignatureDelta as SignatureDelta,
    StatusMessage as StatusMessage,
    StreamEvent as StreamEvent,
    StreamEventData as StreamEventData,
    SystemInitData as SystemInitData,
    SystemInitMcpServer as SystemInitMcpServer,
    SystemInitPlugin as SystemInitPlugin,
    SystemInitPluginError as SystemInitPluginError,
    SystemMessage as SystemMessage,
    TaskNotificationMessage as TaskNotificationMessage,
    TaskNotificationOriginSubkind as TaskNotificationOriginSubkind,
    TaskNotificationStatus as TaskNotificationStatus,
    TaskProgressMessage as TaskProgressMessage,
    TaskStartedMessage as TaskStartedMessage,
    TaskUpdatedMessage as TaskUpdatedMessage,
    TaskUpdatedStatus as TaskUpdatedStatus,
    TaskUsage as TaskUsage,
    TextBlock as TextBlock,
    TextDelta as TextDelta,
    ThinkingBlock as ThinkingBlock,
    ThinkingDelta as ThinkingDelta,
    ThinkingTokensMessage as ThinkingTokensMessage,
    ToolResultBlock as ToolResultBlock,
    ToolUseBlock as ToolUseBlock,
    TranscriptMirrorMessage as TranscriptMirrorMessage,
    UnknownBlock as UnknownBlock,
    UnknownMessage as UnknownMessage,
    UserMessage as UserMessage,
)
from .notebook.nested_loops import allow_nested_loops as allow_nested_loops
from .notebook.output.display import (
    NotebookDisplay as NotebookDisplay,
    display_claude_response as display_claude_response,
    display_claude_stream as display_claude_stream,
    render_markdown as render_markdown,
)
from .notebook.output.outputs import is_notebook as is_notebook
from .options import (
    AgentDefinition as AgentDefinition,
    ClaudeAgentOptions as ClaudeAgentOptions,
    ClaudeCodeOptions as ClaudeCodeOptions,
    EffortLevel as EffortLevel,
    McpHttpServerConfig as McpHttpServerConfig,
    McpSdkServerConfig as McpSdkServerConfig,
    McpServerConfig as McpServerConfig,
    McpSSEServerConfig as McpSSEServerConfig,
    McpStdioServerConfig as McpStdioServerConfig,
    SandboxIgnoreViolations as SandboxIgnoreViolations,
    SandboxNetworkConfig as SandboxNetworkConfig,
    SandboxSettings as SandboxSettings,
    SdkBeta as SdkBeta,
    SdkPluginConfig as SdkPluginConfig,
    SettingSource as SettingSource,
    SystemPromptCustom as SystemPromptCustom,
    SystemPromptFile as SystemPromptFile,
    SystemPromptPreset as SystemPromptPreset,
    TaskBudget as TaskBudget,
    ThinkingConfig as ThinkingConfig,
    ThinkingConfigAdaptive as ThinkingConfigAdaptive,
    ThinkingConfigDisabled as ThinkingConfigDisabled,
    ThinkingConfigEnabled as ThinkingConfigEnabled,
    ThinkingDisplay as ThinkingDisplay,
    ToolsPreset as ToolsPreset,
)
from .permissions import (
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
from .permissions.elicitation import (
    Elicitation as Elicitation,
    ElicitationResult as ElicitationResult,
)
from .recording.transports import (
    RecordingTransport as RecordingTransport,
    ReplayTransport as ReplayTransport,
)
from .render.html.fragments import (
    format_code_block as format_code_block,
    markdown_to_html as markdown_to_html,
)
from .render.output.page import messages_to_html as messages_to_html
from .replay import (
    Replay as Replay,
    ReplayMode as ReplayMode,
    ReplayNote as ReplayNote,
)
from .session_store import (
    SessionListSubkeysKey as SessionListSubkeysKey,
    SessionStore as SessionStore,
    SessionStoreEntry as SessionStoreEntry,
    SessionStoreFlushMode as SessionStoreFlushMode,
    SessionStoreListEntry as SessionStoreListEntry,
    SessionSummaryEntry as SessionSummaryEntry,
)
from .sessions.stores.edit import (
    delete_session_via_store as delete_session_via_store,
    fork_session_via_store as fork_session_via_store,
    import_session_to_store as import_session_to_store,
    rename_session_via_store as rename_session_via_store,
    tag_session_via_store as tag_session_via_store,
)
from .sessions.stores.memory import InMemorySessionStore as InMemorySessionStore
from .sessions.stores.reading import (
    get_session_info_from_store as get_session_info_from_store,
    get_session_messages_from_store as get_session_messages_from_store,
    get_subagent_messages_from_store as get_subagent_messages_from_store,
    list_sessions_from_store as list_sessions_from_store,
    list_subagents_from_store as list_subagents_from_store,
    project_key_for_directory as project_key_for_directory,
)
from .sessions.stores.summaries import fold_session_summary as fold_session_summary
from .sessions.transcripts import (
    ForkSessionResult as ForkSessionResult,
    SDKSessionInfo as SDKSessionInfo,
    SessionMessage as SessionMessage,
    delete_session as delete_session,
    fork_session as fork_session,
    get_session_info as get_session_info,
    get_session_messages as get_session_messages,
    get_subagent_messages as get_subagent_messages,
    list_sessions as list_sessions,
    list_subagents as list_subagents,
    rename_session as rename_session,
    tag_session as tag_session,
)
from .tools import (
    SdkMcpTool as SdkMcpTool,
    Tool as Tool,
    ToolAnnotations as ToolAnnotations,
    ToolResult as ToolResult,
    ToolServer as ToolServer,
    create_sdk_mcp_server as create_sdk_mcp_server,
    tool as tool,
)
from .transport.base import (
    Transport as Transport,
)
from .transport.process import (
    ProcessTransport as ProcessTransport,
)

__version__: str

def load_ipython_extension(ipython: object) -> None: ...
def unload_ipython_extension(ipython: object) -> None: ...
