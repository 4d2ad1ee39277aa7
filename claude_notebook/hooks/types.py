"""Types for hooks: events, matchers and callbacks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict

from ..messages import OpenJSON

if TYPE_CHECKING:
    from .inputs import HookInput
    from .outputs import HookJSONOutput

HookEvent = Literal[
    "PreToolUse",
    "PostToolUse",
    "PostToolUseFailure",
    "UserPromptSubmit",
    "Stop",
    "SubagentStart",
    "SubagentStop",
    "PreCompact",
    "Notification",
    "PermissionRequest",
    "ConfigChange",
]
"""Events for which the CLI can call back."""


class HookContext(TypedDict):
    """Reserved for future use. `signal` is always None."""

    signal: OpenJSON


HookCallback: TypeAlias = Callable[
    ["HookInput", "str | None", HookContext], Awaitable["HookJSONOutput"]
]
"""A hook callback: (input, tool use id or None, context) -> output."""


@dataclass(frozen=True)
class HookMatcher:
    """Hooks, together with the tools that they apply to.

    :param matcher: a tool name or pattern such as "Write|Edit"; None matches everything.
    :param hooks: the callbacks. All matching ones run concurrently.
    :param timeout: the time limit in seconds; None uses the CLI's own limit. After a timeout, the
        tool does not run (`PreToolUse`) or the prompt is not sent (`UserPromptSubmit`), but other
        events continue.
    :param on_failure: how to treat an exception: "continue" (the default) ignores it, and "block"
        denies the action, except for `Stop` and `SubagentStop`. In both cases, an
        `InformationalMessage` reports the exception.
    """

    matcher: str | None = None
    hooks: Sequence[HookCallback] = field(default_factory=list)
    timeout: float | None = None
    on_failure: Literal["continue", "block"] | None = None
