"""A guard for a running process, which keeps it from loading untrusted changes to its folder.

The CLI watches a project's settings and skills, and applies a change within seconds, whether in the
middle of a turn or between two cells. A hook added there would run when the process ends, at the
latest, before any cell could ask about it. The CLI's own `ConfigChange` event comes first and can
reject the change.
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
"""Returns whether everything that a launch's folders currently bring is trusted."""

_OWN = ("user_settings", "policy_settings")
"""Sources that belong to the user or the administrator."""

_REASON = "The folder's settings have changed. The next cell asks whether the change is trusted."


class FolderGuard:
    """Decides about changes while a process is running.

    :param launch: the process's settings
    """

    def __init__(self, launch: LaunchSettings, admits: Admits) -> None:
        self._launch = launch
        self._admits = admits
        self.has_refused = False
        """True once a change has been rejected, and while one is waiting for a decision.

        Only a new process can load the change. The old process must not exit on its own, because
        without an answer, it would load the change and run its hooks for the end of a session.
        """

    def hooks(self) -> dict[HookEvent, list[HookMatcher]] | None:
        """Return the process's hooks, or None if it does not load anything from the folder."""
        if not self._launch.project:
            return None
        return {"ConfigChange": [HookMatcher(hooks=[self._decide])]}

    async def _decide(
        self, change: HookInput, tool_use_id: str | None, context: HookContext
    ) -> HookJSONOutput:
        if change.get("source") in _OWN:
            return {}
        # Until there is an answer, a failure counts as a rejection.
        refused_before, self.has_refused = self.has_refused, True
        if await self._admits_now():
            self.has_refused = refused_before
            return {}
        log.info("a change to the folder's settings is waiting for the next cell")
        return {"decision": "block", "reason": _REASON}

    async def _admits_now(self) -> bool:
        # A failure counts as a rejection. Older CLIs would load the change despite a failed hook.
        try:
            return await anyio.to_thread.run_sync(self._admits, self._launch)
        except Exception:
            log.exception("the folder cannot be inspected")
            return False
