"""Messages in a conversation, except for those that the CLI sends about itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypedDict

from ..displayable import Displayable
from .blocks import ContentBlock, OpenJSON, OpenObject

AssistantMessageError = Literal[
    "authentication_failed",
    "billing_error",
    "rate_limit",
    "invalid_request",
    "server_error",
    "unknown",
]


class ModelUsage(TypedDict, total=False):
    """The tokens and dollars spent on one model during the whole conversation."""

    inputTokens: int
    outputTokens: int
    cacheReadInputTokens: int
    cacheCreationInputTokens: int
    webSearchRequests: int
    costUSD: float
    contextWindow: int
    maxOutputTokens: int
    canonicalModel: str
    provider: str


class TaskUsage(TypedDict, total=False):
    """Resources that a background task has used so far."""

    total_tokens: int
    tool_uses: int
    duration_ms: int


@dataclass(frozen=True)
class DeferredToolUse:
    """A tool call that a hook has deferred until the conversation is resumed."""

    id: str = ""
    name: str = ""
    input: OpenObject = field(default_factory=dict)


RateLimitStatus = Literal["allowed", "allowed_warning", "rejected"]


@dataclass(frozen=True)
class RateLimitInfo:
    """The account's state regarding a limit. Times are Unix seconds; `utilization` is 0 to 1."""

    status: str = "allowed"
    resets_at: int | None = None
    rate_limit_type: str | None = None
    utilization: float | None = None
    overage_status: str | None = None
    overage_resets_at: int | None = None
    overage_disabled_reason: str | None = None
    raw: OpenObject = field(default_factory=dict)


@dataclass(frozen=True)
class UserMessage(Displayable):
    """A prompt, or tool results for the model.

    `tool_use_result` is the tool's own record, which is more detailed than its `ToolResultBlock` (a
    structured patch, separate stdout and stderr, and so on). `parent_tool_use_id` is the id of the
    call that started the subagent.
    """

    content: str | list[ContentBlock] = ""
    uuid: str | None = None
    parent_tool_use_id: str | None = None
    tool_use_result: OpenJSON = None
    origin: OpenObject | None = None
    session_id: str | None = None
    timestamp: str | None = None
    is_replay: bool | None = None
    is_synthetic: bool | None = None
    tool_result_meta: list[OpenObject] | None = None
    agent_id: str | None = None
    subagent_type: str | None = None
    task_description: str | None = None
    refused_message_id: str | None = None
    refusal_retry: bool | None = None


@dataclass(frozen=True)
class AssistantMessage(Displayable):
    """One or more finished blocks of the model's answer.

    If partial messages are enabled, the CLI sends one message per content block, all with the same
    `message_id`. If a message comes from the CLI itself, `model` is "<synthetic>" and `error` gives
    the reason.
    """

    content: list[ContentBlock] = field(default_factory=list)
    model: str = ""
    parent_tool_use_id: str | None = None
    error: str | None = None
    usage: OpenObject | None = None
    message_id: str | None = None
    stop_reason: str | None = None
    session_id: str | None = None
    uuid: str | None = None
    user_message_uuid: str | None = None
    user_message_uuids: list[str] | None = None
    timestamp: str | None = None
    request_id: str | None = None
    aborted: bool | None = None
    agent_id: str | None = None
    subagent_type: str | None = None
    task_description: str | None = None
    thinking_duration_ms: float | None = None
    thinking_display: str | None = None
    tool_use_meta: OpenJSON = None
    local_command_source: OpenJSON = None
    local_command_run: OpenJSON = None
    local_command_outcome: OpenJSON = None
    context_usage: OpenJSON = None
    is_api_error_message: bool | None = None
    api_error_status: int | None = None
    api_error_type: str | None = None
    api_error: str | None = None
    refused_message_id: str | None = None


@dataclass(frozen=True)
class ResultMessage(Displayable):
    """The end of a turn.

    `total_cost_usd` and `model_usage` cover the whole conversation, including resumes and forks.
    `cost_usd` covers this turn alone, and is None if the previous total is unknown. `usage` also
    covers this turn. `is_error` is True for an API failure even if `subtype` is "success".
    """

    subtype: str = "success"
    duration_ms: int = 0
    duration_api_ms: int = 0
    is_error: bool = False
    num_turns: int = 0
    session_id: str = ""
    stop_reason: str | None = None
    total_cost_usd: float | None = None
    usage: OpenObject | None = None
    result: str | None = None
    structured_output: OpenJSON = None
    model_usage: dict[str, ModelUsage] | None = None
    permission_denials: list[OpenJSON] | None = None
    deferred_tool_use: DeferredToolUse | None = None
    errors: list[str] | None = None
    api_error_status: int | None = None
    uuid: str | None = None
    terminal_reason: str | None = None
    origin: OpenObject | None = None
    user_message_uuid: str | None = None
    user_message_uuids: list[str] | None = None
    cost_usd: float | None = None
    api_error_type: str | None = None
    api_error: str | None = None
    ttft_ms: float | None = None
    ttft_stream_ms: float | None = None
    time_to_request_ms: float | None = None
    first_content_frame_ms: float | None = None
    request_sent_wall_ms: float | None = None
    first_request_input_tokens: int | None = None
    first_request_cache_read_input_tokens: int | None = None
    result_index: int | None = None
    queued_turn_count: int | None = None
    begun_message_ids: list[str] | None = None
    model_usage_since_last_result: dict[str, ModelUsage] | None = None
    subagent_stats: OpenObject | None = None
    local_command: OpenJSON = None
    safety_stops: int | None = None
    fast_mode_state: str | None = None
    fast_mode_disabled_reason: str | None = None


@dataclass(frozen=True)
class StreamEvent(Displayable):
    """Part of an unfinished answer. `event` has one of the shapes in `StreamEventData`."""

    uuid: str = ""
    session_id: str = ""
    event: OpenObject = field(default_factory=dict)
    parent_tool_use_id: str | None = None
    user_message_uuid: str | None = None
    user_message_uuids: list[str] | None = None
    api_message_id: str | None = None
    ttft_ms: float | None = None
    thinking_display: str | None = None
    abandoned_blocks: OpenObject | None = None


@dataclass(frozen=True)
class RateLimitEvent(Displayable):
    """A change in the account's state regarding a limit."""

    rate_limit_info: RateLimitInfo = field(default_factory=RateLimitInfo)
    uuid: str = ""
    session_id: str = ""


@dataclass(frozen=True)
class ConversationResetMessage(Displayable):
    """The conversation was cleared, so a new one begins with totals of zero."""

    new_conversation_id: str = ""
    uuid: str = ""
    session_id: str = ""
    trigger: str | None = None
    user_message_uuid: str | None = None
    timestamp: str | None = None


@dataclass(frozen=True)
class CommandLifecycleMessage(Displayable):
    """The state of a prompt that was sent with a uuid: queued, started, completed, and so on."""

    command_uuid: str = ""
    state: str = ""
    uuid: str = ""
    session_id: str = ""


@dataclass(frozen=True)
class TranscriptMirrorMessage(Displayable):
    """Lines that the CLI has just added to its transcript file."""

    file_path: str = ""
    entries: list[OpenJSON] = field(default_factory=list)


@dataclass(frozen=True)
class UnknownMessage(Displayable):
    """A message with an unknown type or shape, which is kept unchanged.

    `raw` is the decoded JSON, or the text of a line that is not JSON. `reason` describes the
    mismatch.
    """

    raw: OpenJSON = None
    reason: str = ""
