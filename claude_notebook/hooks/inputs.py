"""Hook inputs: the CLI's own JSON objects and their fields.

If a `NotRequired` field does not apply, the CLI leaves it out.
"""

from __future__ import annotations

from typing import Literal, TypedDict, Union

from typing_extensions import NotRequired

from ..messages import OpenJSON, OpenObject


class HookEffort(TypedDict):
    """The model's effort in this turn. `level` ranges from "low" to "max"."""

    level: str


class BaseHookInput(TypedDict):
    """The fields that are in every hook's input.

    `prompt_id` is the current prompt's uuid and is missing before the first prompt. `effort` is
    present during a turn if the model supports it.
    """

    session_id: str
    transcript_path: str
    cwd: str
    permission_mode: NotRequired[str]
    prompt_id: NotRequired[str]
    effort: NotRequired[HookEffort]


class _AgentFields(TypedDict, total=False):
    """Fields that are present in a subagent. `agent_id` tells concurrent subagents apart."""

    agent_id: str
    agent_type: str


class _ToolCall(BaseHookInput, _AgentFields):
    tool_name: str
    tool_input: OpenObject


class PreToolUseHookInput(_ToolCall):
    """A tool is about to run."""

    hook_event_name: Literal["PreToolUse"]
    tool_use_id: str


class PostToolUseHookInput(_ToolCall):
    """A tool has run. `duration_ms` does not include the permission request and hooks."""

    hook_event_name: Literal["PostToolUse"]
    tool_response: OpenJSON
    tool_use_id: str
    duration_ms: NotRequired[int]


class PostToolUseFailureHookInput(_ToolCall):
    """A tool has failed or was stopped (`is_interrupt`). See `PostToolUse` for `duration_ms`."""

    hook_event_name: Literal["PostToolUseFailure"]
    tool_use_id: str
    error: str
    is_interrupt: NotRequired[bool]
    duration_ms: NotRequired[int]


class UserPromptSubmitHookInput(BaseHookInput):
    """A prompt has arrived but has not been sent to the model yet."""

    hook_event_name: Literal["UserPromptSubmit"]
    prompt: str


class BackgroundTaskSummary(TypedDict):
    """A task that is running in the background when a turn ends.

    `description` and `command` are truncated to 1000 characters. A shell has a `command`, a
    subagent an `agent_type`, a monitor of an MCP server a `server` and a `tool`, and a workflow a
    `name`.
    """

    id: str
    type: str
    status: str
    description: str
    command: NotRequired[str]
    agent_type: NotRequired[str]
    server: NotRequired[str]
    tool: NotRequired[str]
    name: NotRequired[str]


class SessionCronSummary(TypedDict):
    """A scheduled prompt in the conversation, which is sent once or is `recurring`.

    `schedule` is a cron expression such as "0 9 * * 1-5". `prompt` is truncated to 1000 characters.
    """

    id: str
    schedule: str
    recurring: bool
    prompt: str


class _Stopping(BaseHookInput):
    """If `stop_hook_active` is true, the turn only continues because of an earlier stop hook."""

    stop_hook_active: bool
    last_assistant_message: NotRequired[str]
    background_tasks: NotRequired[list[BackgroundTaskSummary]]
    session_crons: NotRequired[list[SessionCronSummary]]


class StopHookInput(_Stopping):
    """The turn is about to end."""

    hook_event_name: Literal["Stop"]


class SubagentStopHookInput(_Stopping):
    """A subagent is about to end. Tasks and crons are those of the whole conversation."""

    hook_event_name: Literal["SubagentStop"]
    agent_id: str
    agent_transcript_path: str
    agent_type: str


class PreCompactHookInput(BaseHookInput):
    """The conversation is about to be summarized, by `/compact` ("manual") or to free context."""

    hook_event_name: Literal["PreCompact"]
    trigger: Literal["manual", "auto"]
    custom_instructions: str | None


class NotificationHookInput(BaseHookInput):
    """The CLI wants to draw the user's attention to something."""

    hook_event_name: Literal["Notification"]
    message: str
    title: NotRequired[str]
    notification_type: str


class SubagentStartHookInput(BaseHookInput):
    """A subagent is starting."""

    hook_event_name: Literal["SubagentStart"]
    agent_id: str
    agent_type: str


class PermissionRequestHookInput(_ToolCall):
    """The user is about to be asked for permission to run a tool."""

    hook_event_name: Literal["PermissionRequest"]
    permission_suggestions: NotRequired[list[OpenJSON]]


class ConfigChangeHookInput(BaseHookInput):
    """A settings file or a skill has changed. Unless denied, the CLI applies the change.

    `source` is "user_settings", "project_settings", "local_settings", "policy_settings" or
    "skills".
    """

    hook_event_name: Literal["ConfigChange"]
    source: str
    file_path: NotRequired[str]


HookInput = Union[
    PreToolUseHookInput,
    PostToolUseHookInput,
    PostToolUseFailureHookInput,
    UserPromptSubmitHookInput,
    StopHookInput,
    SubagentStopHookInput,
    PreCompactHookInput,
    NotificationHookInput,
    SubagentStartHookInput,
    PermissionRequestHookInput,
    ConfigChangeHookInput,
]
"""A hook's input. `hook_event_name` determines its type."""
