"""What a hook may answer: the fields that each event knows.

`additionalContext` is text that the model reads from then on. `hookEventName` names the event.
"""

from __future__ import annotations

from typing import Literal, TypedDict, Union

from typing_extensions import NotRequired

from ..messages import JSON, JSONObject

Decision = Literal["allow", "deny", "ask"]
ElicitationAction = Literal["accept", "decline", "cancel"]


class PreToolUseHookSpecificOutput(TypedDict):
    """Whether the tool runs, and with which input.

    "defer" ends the turn with the call in `ResultMessage.deferred_tool_use`.
    """

    hookEventName: Literal["PreToolUse"]
    permissionDecision: NotRequired[Literal["allow", "deny", "ask", "defer"]]
    permissionDecisionReason: NotRequired[str]
    updatedInput: NotRequired[JSONObject]
    additionalContext: NotRequired[str]


class PostToolUseHookSpecificOutput(TypedDict):
    """What the model sees of the tool's output.

    `updatedToolOutput` takes its place; for the CLI's own tools it must have their shape, or is
    ignored. `updatedMCPToolOutput` is the older way, for MCP tools alone.
    """

    hookEventName: Literal["PostToolUse"]
    additionalContext: NotRequired[str]
    updatedToolOutput: NotRequired[JSON]
    updatedMCPToolOutput: NotRequired[JSON]


class PostToolUseFailureHookSpecificOutput(TypedDict):
    """What the model should know about the failure."""

    hookEventName: Literal["PostToolUseFailure"]
    additionalContext: NotRequired[str]


class UserPromptSubmitHookSpecificOutput(TypedDict):
    """What goes to the model beside the prompt, and the conversation's title.

    `suppressOriginalPrompt`: where the prompt is blocked, the person is not shown it again.
    """

    hookEventName: Literal["UserPromptSubmit"]
    additionalContext: NotRequired[str]
    sessionTitle: NotRequired[str]
    suppressOriginalPrompt: NotRequired[bool]


class UserPromptExpansionHookSpecificOutput(TypedDict):
    """As for `UserPromptSubmit`, for a prompt that a command has made."""

    hookEventName: Literal["UserPromptExpansion"]
    additionalContext: NotRequired[str]
    suppressOriginalPrompt: NotRequired[bool]


class SessionStartHookSpecificOutput(TypedDict):
    """How a conversation begins.

    `watchPaths` are absolute; changes to them cause `FileChanged`. `reloadSkills` looks for skills
    again, where the hook has installed some. `sessionTitle` counts for new and resumed ones only.
    """

    hookEventName: Literal["SessionStart"]
    additionalContext: NotRequired[str]
    initialUserMessage: NotRequired[str]
    sessionTitle: NotRequired[str]
    watchPaths: NotRequired[list[str]]
    reloadSkills: NotRequired[bool]


class NotificationHookSpecificOutput(TypedDict):
    """What the model should know."""

    hookEventName: Literal["Notification"]
    additionalContext: NotRequired[str]


class SubagentStartHookSpecificOutput(TypedDict):
    """What the sub-agent should know."""

    hookEventName: Literal["SubagentStart"]
    additionalContext: NotRequired[str]


class PermissionRequestHookSpecificOutput(TypedDict):
    """The answer: {"behavior": "allow", "updatedInput": ...} or {"behavior": "deny", ...}."""

    hookEventName: Literal["PermissionRequest"]
    decision: JSONObject


class PostToolBatchHookSpecificOutput(TypedDict):
    """What the model should know after tools that ran side by side."""

    hookEventName: Literal["PostToolBatch"]
    additionalContext: NotRequired[str]


class StopHookSpecificOutput(TypedDict):
    """With `additionalContext` the model goes on, to act upon it."""

    hookEventName: Literal["Stop"]
    additionalContext: NotRequired[str]


class SubagentStopHookSpecificOutput(TypedDict):
    """With `additionalContext` the sub-agent goes on, to act upon it."""

    hookEventName: Literal["SubagentStop"]
    additionalContext: NotRequired[str]


class PermissionDeniedHookSpecificOutput(TypedDict):
    """`retry`: the model is told that it may try a call again that a classifier has refused."""

    hookEventName: Literal["PermissionDenied"]
    retry: NotRequired[bool]


class PreModelSwitchHookSpecificOutput(TypedDict):
    """Whether another model takes over. Where nobody can be asked, "ask" is a no."""

    hookEventName: Literal["PreModelSwitch"]
    permissionDecision: NotRequired[Decision]
    permissionDecisionReason: NotRequired[str]


class PostModelSwitchHookSpecificOutput(TypedDict):
    """What the new model should know, from its first request on."""

    hookEventName: Literal["PostModelSwitch"]
    additionalContext: NotRequired[str]


class ElicitationHookSpecificOutput(TypedDict):
    """The answer to a question of an MCP server; `content` has the fields of an accepted one."""

    hookEventName: Literal["Elicitation"]
    action: NotRequired[ElicitationAction]
    content: NotRequired[JSONObject]


class ElicitationResultHookSpecificOutput(TypedDict):
    """Another answer to the MCP server than the one that was given."""

    hookEventName: Literal["ElicitationResult"]
    action: NotRequired[ElicitationAction]
    content: NotRequired[JSONObject]


class CwdChangedHookSpecificOutput(TypedDict):
    """The absolute paths to watch from now on, in place of those before."""

    hookEventName: Literal["CwdChanged"]
    watchPaths: NotRequired[list[str]]


class FileChangedHookSpecificOutput(TypedDict):
    """The absolute paths to watch from now on, in place of those before."""

    hookEventName: Literal["FileChanged"]
    watchPaths: NotRequired[list[str]]


class WorktreeCreateHookSpecificOutput(TypedDict):
    """The absolute path of the working folder that the hook has made."""

    hookEventName: Literal["WorktreeCreate"]
    worktreePath: str


class MessageDisplayHookSpecificOutput(TypedDict):
    """What is shown in place of the text; neither the transcript nor the model sees that."""

    hookEventName: Literal["MessageDisplay"]
    displayContent: NotRequired[str]


HookSpecificOutput = Union[
    PreToolUseHookSpecificOutput,
    PostToolUseHookSpecificOutput,
    PostToolUseFailureHookSpecificOutput,
    UserPromptSubmitHookSpecificOutput,
    UserPromptExpansionHookSpecificOutput,
    SessionStartHookSpecificOutput,
    NotificationHookSpecificOutput,
    SubagentStartHookSpecificOutput,
    PermissionRequestHookSpecificOutput,
    PostToolBatchHookSpecificOutput,
    StopHookSpecificOutput,
    SubagentStopHookSpecificOutput,
    PermissionDeniedHookSpecificOutput,
    PreModelSwitchHookSpecificOutput,
    PostModelSwitchHookSpecificOutput,
    ElicitationHookSpecificOutput,
    ElicitationResultHookSpecificOutput,
    CwdChangedHookSpecificOutput,
    FileChangedHookSpecificOutput,
    WorktreeCreateHookSpecificOutput,
    MessageDisplayHookSpecificOutput,
]
"""The part of an answer that its event knows."""


class AsyncHookJSONOutput(TypedDict):
    """The hook is not waited for; it has `asyncTimeout` milliseconds."""

    async_: Literal[True]
    asyncTimeout: NotRequired[int]


class SyncHookJSONOutput(TypedDict):
    """What a hook answers; {} leaves everything as it is.

    `continue_` False ends the turn, and the person reads `stopReason`. `decision` "block" refuses,
    and the model reads `reason`. `systemMessage` is for the person; `suppressOutput` hides what the
    hook wrote.
    """

    continue_: NotRequired[bool]
    suppressOutput: NotRequired[bool]
    stopReason: NotRequired[str]
    decision: NotRequired[Literal["block"]]
    systemMessage: NotRequired[str]
    reason: NotRequired[str]
    hookSpecificOutput: NotRequired[HookSpecificOutput]


HookJSONOutput = Union[AsyncHookJSONOutput, SyncHookJSONOutput]
"""What a hook answers."""
