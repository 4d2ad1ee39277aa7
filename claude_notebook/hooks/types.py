"""Types of hooks: events, matchers and callbacks."""

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
"""Events that trigger a callback from the CLI."""


class HookContext(TypedDict):
    """Reserved; `signal` is always None."""

    signal: OpenJSON


HookCallback: TypeAlias = Callable[
    ["HookInput", "str | None", HookContext], Awaitable["HookJSONOutput"]
]
"""Hook callback: (input, tool use id or None, context) -> output."""


@dataclass(frozen=True)
class HookMatcher:
    """Hooks and the tools that they apply to.

    :param matcher: a tool name or pattern such as "Write|Edit"; None matches everything.
    :param hooks: the callbacks; all matching ones run at the same time.
    :param timeout: time limit in seconds, None for the CLI's own. After a timeout the tool does not
        run (`PreToolUse`) and the prompt is not sent (`UserPromptSubmit`); other events continue.
    :param on_failure: the meaning of an exception: "continue" (the default), or "block", which
        denies the action except for `Stop` and `SubagentStop`. In both cases an
        `InformationalMessage` reports it.
    """

    matcher: str | None = None
    hooks: Sequence[HookCallback] = field(default_factory=list)
    timeout: float | None = None
    on_failure: Literal["continue", "block"] | None = None
