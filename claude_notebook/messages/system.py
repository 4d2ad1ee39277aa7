"""System messages: what the CLI says about itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..displayable import Displayable
from .blocks import JSON, JSONObject
from .conversation import TaskUsage
from .types import SessionKey


@dataclass(frozen=True)
class SystemMessage(Displayable):
    """The CLI about itself. `data` is the whole message; known subtypes have classes below."""

    subtype: str = ""
    data: JSONObject = field(default_factory=dict)


@dataclass(frozen=True)
class InitMessage(SystemMessage):
    """A turn begins: where, with which model, tools and settings. Repeated in every turn.

    :param tool_schemas: the schemas of the tools that run in this process, by their full names. The
        client knows them; the CLI does not say them.
    """

    session_id: str = ""
    cwd: str = ""
    model: str = ""
    tools: list[str] = field(default_factory=list)
    mcp_servers: list[JSONObject] = field(default_factory=list)
    permission_mode: str = "default"
    slash_commands: list[str] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    skills: list[str] = field(default_factory=list)
    plugins: list[JSONObject] = field(default_factory=list)
    api_key_source: str = ""
    claude_code_version: str = ""
    output_style: str = ""
    uuid: str = ""
    tool_schemas: dict[str, JSONObject] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class StatusMessage(SystemMessage):
    """What the CLI is doing now ("requesting", "compacting", None), or a changed mode."""

    status: str | None = None
    permission_mode: str | None = None
    compact_result: JSON = None
    session_id: str = ""
    uuid: str = ""


@dataclass(frozen=True)
class APIRetryMessage(SystemMessage):
    """The CLI tries a failed request again, after `retry_delay_ms`."""

    attempt: int = 0
    max_retries: int = 0
    retry_delay_ms: float = 0
    error_status: int | None = None
    error: str | None = None
    session_id: str = ""
    uuid: str = ""


@dataclass(frozen=True)
class CompactBoundaryMessage(SystemMessage):
    """The conversation was summarised up to here to make room."""

    compact_metadata: JSONObject = field(default_factory=dict)
    logical_parent_uuid: str | None = None
    session_id: str = ""
    uuid: str = ""


@dataclass(frozen=True)
class InformationalMessage(SystemMessage):
    """A note of the CLI or a hook for the person."""

    content: str = ""
    level: str = ""
    prevent_continuation: bool | None = None
    prompt_submit_outcome: JSON = None
    session_id: str = ""
    uuid: str = ""


@dataclass(frozen=True)
class NotificationMessage(SystemMessage):
    """A short notice, with a priority ("immediate", ...)."""

    key: str = ""
    text: str = ""
    priority: str = ""
    session_id: str = ""
    uuid: str = ""


@dataclass(frozen=True)
class PermissionDeniedMessage(SystemMessage):
    """A tool was refused by a rule or mode, without a question."""

    tool_name: str = ""
    tool_use_id: str = ""
    decision_reason_type: str | None = None
    decision_reason: str | None = None
    message: str = ""
    session_id: str = ""
    uuid: str = ""


@dataclass(frozen=True)
class SessionStateMessage(SystemMessage):
    """The conversation is "running", "idle" or waits ("requires_action")."""

    state: str = ""
    sdk_host_only: bool | None = None
    session_id: str = ""
    uuid: str = ""


@dataclass(frozen=True)
class ThinkingTokensMessage(SystemMessage):
    """How much the model has thought so far, estimated."""

    estimated_tokens: int = 0
    estimated_tokens_delta: int = 0
    session_id: str = ""
    uuid: str = ""


@dataclass(frozen=True)
class BackgroundTasksMessage(SystemMessage):
    """The list of tasks that run in the background has changed."""

    tasks: list[JSONObject] = field(default_factory=list)
    session_id: str = ""
    uuid: str = ""


@dataclass(frozen=True)
class TaskStartedMessage(SystemMessage):
    """A sub-agent or background command has started."""

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
    """A sub-agent or background command has gone on."""

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
    """A sub-agent or background command has ended: "completed", "failed" or "stopped"."""

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
    """Fields of a task have changed: `patch`, and out of it `status`."""

    task_id: str = ""
    patch: JSONObject = field(default_factory=dict)
    status: str | None = None
    session_id: str | None = None
    uuid: str | None = None
    run_id: str | None = None


TERMINAL_TASK_STATUSES: frozenset[str] = frozenset({"completed", "failed", "stopped", "killed"})
"""Statuses after which a task does not change any more."""


@dataclass(frozen=True)
class HookEventMessage(SystemMessage):
    """A hook of the CLI's settings has started ("hook_started") or ended ("hook_response")."""

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
    """A session store did not take some lines of the transcript, which it now lacks.

    Our own message, not the CLI's. The conversation goes on; the CLI's own transcript has them.
    """

    key: SessionKey | None = None
    error: str = ""
