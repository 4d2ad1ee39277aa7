"""System messages, which the CLI sends about itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..displayable import Displayable
from .blocks import OpenJSON, OpenObject
from .conversation import TaskUsage
from .types import SessionKey


@dataclass(frozen=True)
class SystemMessage(Displayable):
    """A message from the CLI about itself. `data` is the complete message."""

    subtype: str = ""
    data: OpenObject = field(default_factory=dict)


@dataclass(frozen=True)
class InitMessage(SystemMessage):
    """The start of a turn, with the folder, model, tools and settings. Sent in every turn.

    :param tool_schemas: the input schemas of in-process tools by full name. They are added by the
        client, not sent by the CLI.
    """

    session_id: str = ""
    cwd: str = ""
    model: str = ""
    tools: list[str] = field(default_factory=list)
    mcp_servers: list[OpenObject] = field(default_factory=list)
    permission_mode: str = "default"
    slash_commands: list[str] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    skills: list[str] = field(default_factory=list)
    plugins: list[OpenObject] = field(default_factory=list)
    api_key_source: str = ""
    claude_code_version: str = ""
    output_style: str = ""
    sandbox_enabled: bool | None = None
    uuid: str = ""
    tool_schemas: dict[str, OpenObject] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class StatusMessage(SystemMessage):
    """The CLI's current activity ("requesting", "compacting", None), or a change of mode."""

    status: str | None = None
    permission_mode: str | None = None
    compact_result: OpenJSON = None
    session_id: str = ""
    uuid: str = ""


@dataclass(frozen=True)
class APIRetryMessage(SystemMessage):
    """The CLI is going to retry a failed request after `retry_delay_ms`."""

    attempt: int = 0
    max_retries: int = 0
    retry_delay_ms: float = 0
    error_status: int | None = None
    error: str | None = None
    session_id: str = ""
    uuid: str = ""


@dataclass(frozen=True)
class CompactBoundaryMessage(SystemMessage):
    """The conversation before this point was summarized to free context."""

    compact_metadata: OpenObject = field(default_factory=dict)
    logical_parent_uuid: str | None = None
    session_id: str = ""
    uuid: str = ""


@dataclass(frozen=True)
class InformationalMessage(SystemMessage):
    """A note for the user from the CLI or a hook."""

    content: str = ""
    level: str = ""
    prevent_continuation: bool | None = None
    prompt_submit_outcome: OpenJSON = None
    session_id: str = ""
    uuid: str = ""


@dataclass(frozen=True)
class NotificationMessage(SystemMessage):
    """A short notice with a priority ("immediate", ...)."""

    key: str = ""
    text: str = ""
    priority: str = ""
    session_id: str = ""
    uuid: str = ""


@dataclass(frozen=True)
class ModelRefusalMessage(SystemMessage):
    """The model declined a request. `fallback_model` answers instead, or else the turn ends."""

    content: str = ""
    original_model: str = ""
    fallback_model: str | None = None
    direction: str | None = None
    scope: str | None = None
    request_id: str | None = None
    api_refusal_category: str | None = None
    api_refusal_explanation: str | None = None
    refused_user_message_uuid: str | None = None
    session_id: str = ""
    uuid: str = ""


@dataclass(frozen=True)
class PermissionDeniedMessage(SystemMessage):
    """A rule or mode denied a tool call without asking."""

    tool_name: str = ""
    tool_use_id: str = ""
    decision_reason_type: str | None = None
    decision_reason: str | None = None
    message: str = ""
    session_id: str = ""
    uuid: str = ""


@dataclass(frozen=True)
class SessionStateMessage(SystemMessage):
    """The conversation is "running", "idle" or waiting ("requires_action")."""

    state: str = ""
    sdk_host_only: bool | None = None
    session_id: str = ""
    uuid: str = ""


@dataclass(frozen=True)
class ThinkingTokensMessage(SystemMessage):
    """An estimate of the model's thinking so far, in tokens."""

    estimated_tokens: int = 0
    estimated_tokens_delta: int = 0
    session_id: str = ""
    uuid: str = ""


@dataclass(frozen=True)
class BackgroundTasksMessage(SystemMessage):
    """A change in the list of background tasks."""

    tasks: list[OpenObject] = field(default_factory=list)
    session_id: str = ""
    uuid: str = ""


@dataclass(frozen=True)
class TaskStartedMessage(SystemMessage):
    """The start of a subagent or background command."""

    task_id: str = ""
    description: str = ""
    uuid: str = ""
    session_id: str = ""
    tool_use_id: str | None = None
    task_type: str | None = None
    run_id: str | None = None
    is_backgrounded: bool | None = None
    subagent_type: str | None = None
    spawn_depth: int | None = None
    prompt: str | None = None


@dataclass(frozen=True)
class TaskProgressMessage(SystemMessage):
    """Progress of a subagent or background command."""

    task_id: str = ""
    description: str = ""
    usage: TaskUsage = field(default_factory=TaskUsage)
    uuid: str = ""
    session_id: str = ""
    tool_use_id: str | None = None
    last_tool_name: str | None = None
    run_id: str | None = None
    subagent_type: str | None = None


@dataclass(frozen=True)
class TaskNotificationMessage(SystemMessage):
    """The end of a subagent or background command: "completed", "failed" or "stopped"."""

    task_id: str = ""
    status: str = ""
    output_file: str = ""
    summary: str = ""
    uuid: str = ""
    session_id: str = ""
    tool_use_id: str | None = None
    usage: TaskUsage | None = None
    run_id: str | None = None
    summary_is_report: bool | None = None


@dataclass(frozen=True)
class TaskUpdatedMessage(SystemMessage):
    """A change to a task's fields, which are in `patch`. `status` is copied from there."""

    task_id: str = ""
    patch: OpenObject = field(default_factory=dict)
    status: str | None = None
    session_id: str | None = None
    uuid: str | None = None
    run_id: str | None = None


TERMINAL_TASK_STATUSES: frozenset[str] = frozenset({"completed", "failed", "stopped", "killed"})
"""Final task statuses."""


@dataclass(frozen=True)
class HookEventMessage(SystemMessage):
    """The start ("hook_started") or end ("hook_response") of a hook defined in settings files."""

    hook_event_name: str = ""
    session_id: str | None = None
    uuid: str | None = None
    hook_id: str = ""
    hook_name: str = ""
    output: str = ""
    stdout: str = ""
    stderr: str = ""
    exit_code: int | None = None
    outcome: str | None = None


@dataclass(frozen=True)
class MirrorErrorMessage(SystemMessage):
    """A session store could not save lines of the transcript, so it is now incomplete.

    This message is sent by this package, not by the CLI. The conversation continues, and the CLI's
    own transcript is complete.
    """

    key: SessionKey | None = None
    error: str = ""
