"""What each hook is told: the CLI's own JSON objects, and which fields they have.

`NotRequired` means that the CLI leaves a field out where it has nothing to say.
"""

from __future__ import annotations

from typing import Literal, TypedDict, Union

from typing_extensions import NotRequired

from ..messages import JSON, JSONObject


class HookEffort(TypedDict):
    """How hard the model works on this turn: `level` is "low" ... "max"."""

    level: str


class BaseHookInput(TypedDict):
    """What every hook is told.

    `prompt_id` is the uuid of the prompt at work, missing before the first one. `effort` is there
    for models that know it, while a turn runs.
    """

    session_id: str
    transcript_path: str
    cwd: str
    permission_mode: NotRequired[str]
    prompt_id: NotRequired[str]
    effort: NotRequired[HookEffort]


class _ByWhom(TypedDict, total=False):
    """Set where a sub-agent is at work. Several at a time are told apart by `agent_id`."""

    agent_id: str
    agent_type: str


class _ToolCall(BaseHookInput, _ByWhom):
    tool_name: str
    tool_input: JSONObject


class PreToolUseHookInput(_ToolCall):
    """A tool is about to run."""

    hook_event_name: Literal["PreToolUse"]
    tool_use_id: str


class PostToolUseHookInput(_ToolCall):
    """A tool has run. `duration_ms` counts neither the question before it nor hooks."""

    hook_event_name: Literal["PostToolUse"]
    tool_response: JSON
    tool_use_id: str
    duration_ms: NotRequired[int]


class PostToolUseFailureHookInput(_ToolCall):
    """A tool has failed, or (`is_interrupt`) was stopped. For `duration_ms` see `PostToolUse`."""

    hook_event_name: Literal["PostToolUseFailure"]
    tool_use_id: str
    error: str
    is_interrupt: NotRequired[bool]
    duration_ms: NotRequired[int]


class UserPromptSubmitHookInput(BaseHookInput):
    """A prompt has come, and has not been sent to the model yet."""

    hook_event_name: Literal["UserPromptSubmit"]
    prompt: str


class BackgroundTaskSummary(TypedDict):
    """A task that runs in the background while a turn ends.

    `description` and `command` are cut at 1000 characters. Of the rest a shell has `command`, a
    sub-agent `agent_type`, what watches an MCP server `server` and `tool`, a workflow `name`.
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
    """A prompt that the conversation will give itself later, once or `recurring`.

    `schedule` is a cron expression such as "0 9 * * 1-5"; `prompt` is cut at 1000 characters.
    """

    id: str
    schedule: str
    recurring: bool
    prompt: str


class _Stopping(BaseHookInput):
    """`stop_hook_active`: it goes on only because such a hook has said so before."""

    stop_hook_active: bool
    last_assistant_message: NotRequired[str]
    background_tasks: NotRequired[list[BackgroundTaskSummary]]
    session_crons: NotRequired[list[SessionCronSummary]]


class StopHookInput(_Stopping):
    """The turn is about to end."""

    hook_event_name: Literal["Stop"]


class SubagentStopHookInput(_Stopping):
    """A sub-agent is about to end. Tasks and crons are those of the whole conversation."""

    hook_event_name: Literal["SubagentStop"]
    agent_id: str
    agent_transcript_path: str
    agent_type: str


class PreCompactHookInput(BaseHookInput):
    """The conversation is about to be summarised: by `/compact` ("manual"), or to make room."""

    hook_event_name: Literal["PreCompact"]
    trigger: Literal["manual", "auto"]
    custom_instructions: str | None


class NotificationHookInput(BaseHookInput):
    """The CLI wants the person's attention."""

    hook_event_name: Literal["Notification"]
    message: str
    title: NotRequired[str]
    notification_type: str


class SubagentStartHookInput(BaseHookInput):
    """A sub-agent begins."""

    hook_event_name: Literal["SubagentStart"]
    agent_id: str
    agent_type: str


class PermissionRequestHookInput(_ToolCall):
    """Somebody is about to be asked whether a tool may run."""

    hook_event_name: Literal["PermissionRequest"]
    permission_suggestions: NotRequired[list[JSON]]


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
]
"""What a hook is told; `hook_event_name` says which of them it is."""
