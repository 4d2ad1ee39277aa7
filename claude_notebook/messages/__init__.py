"""The words of a conversation: content blocks, messages and stream events.

Plain values without behaviour. Each can be made by hand (every field has a default), which is
what tests need: `AssistantMessage(content=[TextBlock("hello")])`.

What a newer CLI says and this version does not know arrives whole, as `UnknownMessage` and
`UnknownBlock`; nothing is dropped and nothing fails because of it.

Units: times in milliseconds where a name ends in `_ms`, money in US dollars, sizes in tokens.
Names and meanings follow the CLI's stream-json output (Claude Code 2.1).
"""

from __future__ import annotations

from typing import Union

from .blocks import (
    JSON,
    ContentBlock,
    DocumentBlock,
    ImageBlock,
    JSONObject,
    RedactedThinkingBlock,
    ServerToolResultBlock,
    ServerToolUseBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    UnknownBlock,
)
from .conversation import (
    AssistantMessage,
    AssistantMessageError,
    CommandLifecycleMessage,
    ConversationResetMessage,
    DeferredToolUse,
    ModelUsage,
    RateLimitEvent,
    RateLimitInfo,
    RateLimitStatus,
    ResultMessage,
    StreamEvent,
    TaskUsage,
    TranscriptMirrorMessage,
    UnknownMessage,
    UserMessage,
)
from .stream import (
    CitationsDelta,
    ContentBlockDeltaEvent,
    ContentBlockStartEvent,
    ContentBlockStopEvent,
    ContentDelta,
    InputJSONDelta,
    MessageDeltaEvent,
    MessageStartEvent,
    MessageStopEvent,
    SignatureDelta,
    StreamEventData,
    TextDelta,
    ThinkingDelta,
)
from .system import (
    TERMINAL_TASK_STATUSES,
    APIRetryMessage,
    BackgroundTasksMessage,
    CompactBoundaryMessage,
    HookEventMessage,
    InformationalMessage,
    InitMessage,
    NotificationMessage,
    PermissionDeniedMessage,
    SessionStateMessage,
    StatusMessage,
    SystemMessage,
    TaskNotificationMessage,
    TaskProgressMessage,
    TaskStartedMessage,
    TaskUpdatedMessage,
    ThinkingTokensMessage,
)

__all__ = [
    "JSON",
    "TERMINAL_TASK_STATUSES",
    "APIRetryMessage",
    "AssistantMessage",
    "AssistantMessageError",
    "BackgroundTasksMessage",
    "CitationsDelta",
    "CommandLifecycleMessage",
    "CompactBoundaryMessage",
    "ContentBlock",
    "ContentBlockDeltaEvent",
    "ContentBlockStartEvent",
    "ContentBlockStopEvent",
    "ContentDelta",
    "ConversationResetMessage",
    "DeferredToolUse",
    "DocumentBlock",
    "HookEventMessage",
    "ImageBlock",
    "InformationalMessage",
    "InitMessage",
    "InputJSONDelta",
    "JSONObject",
    "Message",
    "MessageDeltaEvent",
    "MessageStartEvent",
    "MessageStopEvent",
    "ModelUsage",
    "NotificationMessage",
    "PermissionDeniedMessage",
    "RateLimitEvent",
    "RateLimitInfo",
    "RateLimitStatus",
    "RedactedThinkingBlock",
    "ResultMessage",
    "ServerToolResultBlock",
    "ServerToolUseBlock",
    "SessionStateMessage",
    "SignatureDelta",
    "StatusMessage",
    "StreamEvent",
    "StreamEventData",
    "SystemMessage",
    "TaskNotificationMessage",
    "TaskProgressMessage",
    "TaskStartedMessage",
    "TaskUpdatedMessage",
    "TaskUsage",
    "TextBlock",
    "TextDelta",
    "ThinkingBlock",
    "ThinkingDelta",
    "ThinkingTokensMessage",
    "ToolResultBlock",
    "ToolUseBlock",
    "TranscriptMirrorMessage",
    "UnknownBlock",
    "UnknownMessage",
    "UserMessage",
]

Message = Union[
    UserMessage,
    AssistantMessage,
    SystemMessage,
    ResultMessage,
    StreamEvent,
    RateLimitEvent,
    ConversationResetMessage,
    CommandLifecycleMessage,
    TranscriptMirrorMessage,
    UnknownMessage,
]
"""Whatever a conversation yields."""
