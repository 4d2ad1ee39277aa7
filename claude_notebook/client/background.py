"""Tracks the CLI's background work between turns: subagents and commands.

A result ends a turn, but not necessarily the run. A subagent that is still working may request
permissions, call hooks and in-process tools, and start another turn when it finishes. A background
command that ends also starts a turn. The CLI reports the session state "running" while a subagent
works, but "idle" while only commands run, so this module tracks both the state and the tasks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

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
from ..messages.handlers import handler

AGENTS = frozenset({"local_agent", "local_workflow"})
"""Task types that always end. When one ends, another turn starts."""

COMMANDS = frozenset({"local_bash"})
"""Task types that may run forever, such as a server. When one ends, another turn starts."""

SETTLE_SECONDS = 5.0
"""Seconds to wait for the turn that follows the end of a task."""

CEILING = "CLAUDE_CODE_PRINT_BG_WAIT_CEILING_MS"
DEFAULT_CEILING_MS = 600_000


def ceiling_seconds(options_env: Mapping[str, str], environ: Mapping[str, str]) -> float | None:
    """Return the time limit in seconds for background commands, or None if there is no limit.

    The CLI uses the same variable to limit its own waiting. Any value that is not a number of
    milliseconds selects the default.

    :param options_env: `ClaudeCodeOptions.env`, which takes precedence
    :param environ: this process's environment
    """
    raw = {**environ, **options_env}.get(CEILING, "")
    milliseconds = int(raw) if raw.isascii() and raw.isdigit() else DEFAULT_CEILING_MS
    return min(milliseconds, 2**31) / 1000 or None


class BackgroundWork:
    """Tracks the session state and the tasks of a conversation.

    :param ceiling: seconds to wait for commands between turns; None waits indefinitely
    """

    def __init__(self, ceiling: float | None = DEFAULT_CEILING_MS / 1000) -> None:
        self._ceiling = ceiling
        self._state: str | None = None
        self._tasks: dict[str, str] = {}
        self._is_turn_running = False
        self._is_turn_due = False
        self._turn_may_follow = False

    @classmethod
    def of(cls, options_env: Mapping[str, str]) -> BackgroundWork:
        """Create a tracker for a conversation with the environment `options_env`."""
        return cls(ceiling_seconds(options_env, os.environ))

    # --- state -----------------------------------------------------------------------------------

    @property
    def has_ended(self) -> bool:
        """True if no turn is running or due, and no remaining task could start one."""
        idle = self._state in (None, "idle")
        return idle and not (self._tasks or self._is_turn_running or self._is_turn_due)

    @property
    def reports_state(self) -> bool:
        """True if the CLI has reported its state."""
        return self._state is not None

    @property
    def has_agents(self) -> bool:
        """True if a subagent is working, or if a turn is due because a task has ended."""
        if self._is_turn_due or (self._turn_may_follow and not self._is_turn_running):
            return True
        return any(kind in AGENTS for kind in self._tasks.values())

    @property
    def is_busy(self) -> bool:
        """True if a turn is running or due, or a subagent is working. Commands do not count."""
        return self._is_turn_running or self.has_agents

    @property
    def has_commands(self) -> bool:
        """True if a background command is running, in which case silence is normal."""
        return any(kind in COMMANDS for kind in self._tasks.values())

    @property
    def silence_limit(self) -> float | None:
        """Seconds to wait for the next message; None if there is no limit."""
        if self._is_turn_running or any(kind in AGENTS for kind in self._tasks.values()):
            return None
        if self._is_turn_due and not self._tasks:
            return SETTLE_SECONDS
        return self._ceiling

    @property
    def agent_patience(self) -> float | None:
        """Seconds to wait for an agent's next message. Commands are not waited for."""
        if self._is_turn_running or any(kind in AGENTS for kind in self._tasks.values()):
            return None
        return SETTLE_SECONDS

    def drop_due_turn(self) -> None:
        """Stop expecting the turn that was due, even though commands may still be running."""
        self._is_turn_due = self._turn_may_follow = False

    def settle(self) -> bool:
        """Stop waiting for a turn that is due.

        Return False if no turn is due, or if a task is still running.
        """
        if not self._is_turn_due or self._tasks:
            return False
        self._is_turn_due = False
        self._state = "idle"
        return True

    # --- messages --------------------------------------------------------------------------------

    def read(self, message: Message) -> None:
        """Update the state from `message`."""
        reader = _READERS.get(type(message))
        if reader is not None:
            reader(self, message)

    def _mark_turn(self, message: InitMessage | AssistantMessage) -> None:
        if getattr(message, "parent_tool_use_id", None) is None:
            self._is_turn_running = True
        if isinstance(message, InitMessage):
            self._turn_may_follow = False

    def _mark_result(self, message: ResultMessage) -> None:
        self._is_turn_running = self._is_turn_due = False

    def _add_task(self, message: TaskStartedMessage) -> None:
        if message.task_type in AGENTS | COMMANDS:
            self._tasks[message.task_id] = message.task_type or ""

    def _update_task(self, message: TaskUpdatedMessage) -> None:
        if message.status in TERMINAL_TASK_STATUSES:
            self._remove_task(message)

    def _remove_task(self, message: TaskUpdatedMessage | TaskNotificationMessage) -> None:
        if self._tasks.pop(message.task_id, None) is None:
            return
        if self._is_turn_running:
            # The turn may have sent its last request already. The next state will show which, as it
            # is either idle or another turn.
            self._turn_may_follow = self._state is not None
        else:
            self._is_turn_due = True

    def _change_state(self, message: SessionStateMessage) -> None:
        self._state = message.state
        if message.data.get("played_out"):  # a recording has been played to its end
            self._tasks.clear()
            self._is_turn_due = self._turn_may_follow = False
        elif message.state == "idle" and message.sdk_host_only:
            # Only commands continue past this state, since the turn after the last agent has ended.
            self._tasks = {id_: kind for id_, kind in self._tasks.items() if kind in COMMANDS}
            self._is_turn_due = self._turn_may_follow = False


_READERS: dict[type, Callable[[BackgroundWork, Any], None]] = dict(
    (
        handler(InitMessage, BackgroundWork._mark_turn),
        handler(AssistantMessage, BackgroundWork._mark_turn),
        handler(ResultMessage, BackgroundWork._mark_result),
        handler(SessionStateMessage, BackgroundWork._change_state),
        handler(TaskStartedMessage, BackgroundWork._add_task),
        handler(TaskUpdatedMessage, BackgroundWork._update_task),
        handler(TaskNotificationMessage, BackgroundWork._remove_task),
    )
)
