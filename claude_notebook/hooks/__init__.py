"""Hooks: callbacks at fixed points of a turn, with the CLI's own JSON objects.

What they are told and may answer is in `inputs` and `outputs`, which only annotations need.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict

from ..messages import JSON

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
]
"""The events for which the CLI calls back."""


class HookContext(TypedDict):
    """Reserved: `signal` is always None."""

    signal: JSON


HookCallback: TypeAlias = Callable[
    ["HookInput", "str | None", HookContext], Awaitable["HookJSONOutput"]
]
"""A hook: (input, tool use id or None, context) -> output."""


@dataclass(frozen=True)
class HookMatcher:
    """Which hooks run when.

    :param matcher: a tool name or pattern such as "Write|Edit"; None matches everything.
    :param hooks: the callbacks; all that match run at the same time.
    :param timeout: seconds that they have, None for the CLI's own bound. After that the tool is not
        run (`PreToolUse`), the prompt not sent (`UserPromptSubmit`); after others it goes on.
    :param on_failure: what a hook that raises means: "continue" (the default), or "block", which is
        a no except for `Stop` and `SubagentStop`. Either way an `InformationalMessage` tells.
    """

    matcher: str | None = None
    hooks: Sequence[HookCallback] = field(default_factory=list)
    timeout: float | None = None
    on_failure: Literal["continue", "block"] | None = None
