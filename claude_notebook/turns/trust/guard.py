"""A guard over a running process: it loads no change of its folder that was not trusted.

The CLI watches the settings and skills of a project, and applies a change within seconds: in the
middle of a turn, and between two cells. A hook that appears there would run at the latest when the
process ends, before any cell could ask about it. The CLI's own event `ConfigChange` comes first and
can refuse the change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import anyio.to_thread

from ...hooks import HookContext, HookEvent, HookMatcher
from ...logs import get_logger
from ..request import LaunchSettings

if TYPE_CHECKING:
    from ...hooks.inputs import HookInput
    from ...hooks.outputs import HookJSONOutput

log = get_logger(__name__)

Admits = Callable[[LaunchSettings], bool]
"""Tests whether everything that the folders of a launch bring is trusted at this moment."""

_OWN = ("user_settings", "policy_settings")
"""Sources that belong to the user or the administrator."""

_REASON = "The folder's settings have changed. The next cell asks whether the change is trusted."


class FolderGuard:
    """Decides about changes while a process runs.

    :param launch: the settings of the process
    """

    def __init__(self, launch: LaunchSettings, admits: Admits) -> None:
        self._launch = launch
        self._admits = admits
        self.has_refused = False
        """True once a change was refused, and while one waits for the decision.

        Only a new process can load it. The old one must not end by itself: without an answer it
        would load the change, and run its hooks for the end of a session.
        """

    def hooks(self) -> dict[HookEvent, list[HookMatcher]] | None:
        """Return the hooks of the process; None if it loads nothing of the folder."""
        if not self._launch.project:
            return None
        return {"ConfigChange": [HookMatcher(hooks=[self._decide])]}

    async def _decide(
        self, change: HookInput, tool_use_id: str | None, context: HookContext
    ) -> HookJSONOutput:
        if change.get("source") in _OWN:
            return {}
        # Until the answer, a failure counts as a refusal.
        refused_before, self.has_refused = self.has_refused, True
        if await self._admits_now():
            self.has_refused = refused_before
            return {}
        log.info("a change of the folder's settings waits for the next cell")
        return {"decision": "block", "reason": _REASON}

    async def _admits_now(self) -> bool:
        # A failure counts as a refusal. Older CLIs would load the change despite a failed hook.
        try:
            return await anyio.to_thread.run_sync(self._admits, self._launch)
        except Exception:
            log.exception("the folder cannot be inspected")
            return False
