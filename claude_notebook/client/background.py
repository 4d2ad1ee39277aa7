"""Work that the CLI continues between turns: sub-agents and commands in the background.

A result ends a turn, not the run. A sub-agent that still works may ask for permissions, call hooks
and tools of this process, and start another turn when it is done. A background command starts one
too. The CLI reports its session state as "running" while a sub-agent works, but as "idle" while
only commands run, so both the state and the tasks are tracked.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from ..messages import (
    TERMINAL_TASK_STATUSES,
    AssistantMessage,
    InitMessage,
    Message,
    ResultMessage,
    SessionStateMessage,
    TaskNotificationMessage,
    TaskStartedMessage,
    TaskUpdatedMessage,
)

AGENTS = frozenset({"local_agent", "local_workflow"})
"""Tasks that always end, and whose end starts another turn."""

COMMANDS = frozenset({"local_bash"})
"""Tasks whose end starts another turn, but which may run forever, as a server does."""

SETTLE_SECONDS = 5.0
"""Time for the turn that follows the end of a task to start."""

CEILING = "CLAUDE_CODE_PRINT_BG_WAIT_CEILING_MS"
DEFAULT_CEILING_MS = 600_000


def ceiling_seconds(options_env: Mapping[str, str], environ: Mapping[str, str]) -> float | None:
    """Return how long a command in the background is waited for; None without a limit.

    The CLI bounds its own wait by the same variable. A value that is no count of milliseconds
    means the default.

    :param options_env: `ClaudeCodeOptions.env`, which takes precedence
    :param environ: the environment of this process
    """
    raw = {**environ, **options_env}.get(CEILING, "")
    milliseconds = int(raw) if raw.isascii() and raw.isdigit() else DEFAULT_CEILING_MS
    return min(milliseconds, 2**31) / 1000 or None


class BackgroundWork:
    """Tracks the session state and the tasks of a conversation.

    :param ceiling: seconds to wait for commands between turns; None waits forever
    """

    def __init__(self, ceiling: float | None = DEFAULT_CEILING_MS / 1000) -> None:
        self._ceiling = ceiling
        self._state: str | None = None
        self._tasks: dict[str, str] = {}
        self._turn_runs = False
        self._turn_is_owed = False
        self._turn_may_follow = False

    @classmethod
    def of(cls, options_env: Mapping[str, str]) -> BackgroundWork:
        """Create a tracker for a conversation with this `ClaudeCodeOptions.env`."""
        return cls(ceiling_seconds(options_env, os.environ))

    # --- questions -------------------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """Whether no turn runs or is due, and no task that could start one."""
        idle = self._state in (None, "idle")
        return idle and not (self._tasks or self._turn_runs or self._turn_is_owed)

    @property
    def reports_state(self) -> bool:
        """Whether the CLI reports its state; it then reports on every prompt, too."""
        return self._state is not None

    @property
    def has_agents(self) -> bool:
        """Whether a sub-agent still works, or a turn that follows the end of a task is due."""
        if self._turn_is_owed or (self._turn_may_follow and not self._turn_runs):
            return True
        return any(kind in AGENTS for kind in self._tasks.values())

    @property
    def is_busy(self) -> bool:
        """Whether a turn runs or is due, or a sub-agent works. Commands do not count."""
        return self._turn_runs or self.has_agents

    @property
    def runs_commands(self) -> bool:
        """Whether a command runs in the background, so that silence is normal."""
        return any(kind in COMMANDS for kind in self._tasks.values())

    @property
    def patience(self) -> float | None:
        """The seconds that the next message may take; None without a limit."""
        if self._turn_runs or any(kind in AGENTS for kind in self._tasks.values()):
            return None
        if self._turn_is_owed and not self._tasks:
            return SETTLE_SECONDS
        return self._ceiling

    @property
    def agent_patience(self) -> float | None:
        """The seconds that an agent's next message may take; commands are not waited for."""
        if self._turn_runs or any(kind in AGENTS for kind in self._tasks.values()):
            return None
        return SETTLE_SECONDS

    def drop_due_turn(self) -> None:
        """Give up on the turn that was due, although commands may still run."""
        self._turn_is_owed = self._turn_may_follow = False

    def settle(self) -> bool:
        """Give up on the turn that was due; False if that is not the reason to wait."""
        if not self._turn_is_owed or self._tasks:
            return False
        self._turn_is_owed = False
        self._state = "idle"
        return True

    # --- messages --------------------------------------------------------------------------------

    def read(self, message: Message) -> None:
        """Learn from `message`."""
        reader = _READERS.get(type(message))
        if reader is not None:
            reader(self, message)

    def _turn(self, message: InitMessage | AssistantMessage) -> None:
        if getattr(message, "parent_tool_use_id", None) is None:
            self._turn_runs = True
        if isinstance(message, InitMessage):
            self._turn_may_follow = False

    def _result(self, message: ResultMessage) -> None:
        self._turn_runs = self._turn_is_owed = False

    def _started(self, message: TaskStartedMessage) -> None:
        if message.task_type in AGENTS | COMMANDS:
            self._tasks[message.task_id] = message.task_type or ""

    def _updated(self, message: TaskUpdatedMessage) -> None:
        if message.status in TERMINAL_TASK_STATUSES:
            self._ended(message)

    def _ended(self, message: TaskUpdatedMessage | TaskNotificationMessage) -> None:
        if self._tasks.pop(message.task_id, None) is None:
            return
        if self._turn_runs:
            # The turn may have sent its last request already. The state tells: it becomes idle, or
            # another turn starts.
            self._turn_may_follow = self._state is not None
        else:
            self._turn_is_owed = True

    def _change_state(self, message: SessionStateMessage) -> None:
        self._state = message.state
        if message.data.get("played_out"):  # a recording has no more to say
            self._tasks.clear()
            self._turn_is_owed = self._turn_may_follow = False
        elif message.state == "idle" and message.sdk_host_only:
            # Only commands outlast this state; the turn that follows an agent has been taken.
            self._tasks = {id_: kind for id_, kind in self._tasks.items() if kind in COMMANDS}
            self._turn_is_owed = self._turn_may_follow = False


_READERS: dict[type, Callable[[BackgroundWork, Message], None]] = {
    InitMessage: BackgroundWork._turn,  # type: ignore[dict-item]  # each reader has its key's type
    AssistantMessage: BackgroundWork._turn,  # type: ignore[dict-item]
    ResultMessage: BackgroundWork._result,  # type: ignore[dict-item]
    SessionStateMessage: BackgroundWork._change_state,  # type: ignore[dict-item]
    TaskStartedMessage: BackgroundWork._started,  # type: ignore[dict-item]
    TaskUpdatedMessage: BackgroundWork._updated,  # type: ignore[dict-item]
    TaskNotificationMessage: BackgroundWork._ended,  # type: ignore[dict-item]
}
