"""What a turn costs, whether it failed, and which prompts are still under way."""

from __future__ import annotations

import dataclasses

from ..errors import ClaudeSDKError, ProcessError, SessionNotFoundError, api_error
from ..messages import (
    AssistantMessage,
    CommandLifecycleMessage,
    ConversationResetMessage,
    Message,
    ResultMessage,
    SystemMessage,
)

# Ends that are the caller's own wish, or a bound that the caller has set.
_NO_FAILURE = frozenset(
    {"error_max_turns", "error_max_budget_usd", "error_max_structured_output_retries"}
)


class TurnKeeper:
    """Reads along in a conversation.

    The CLI counts money over the whole conversation; a turn's is the difference of two totals.

    Args:
        spent: dollars spent before the first turn, None if that is not known.
    """

    def __init__(self, spent: float | None = 0.0) -> None:
        self.spent = spent
        self._ours: set[str] = set()
        self._under_way: set[str] = set()
        self._reported = False
        self._last_error: AssistantMessage | None = None

    def sent(self, uuid: str, *, ours: bool) -> None:
        """A prompt was sent. `ours`: its uuid was made here, so its events are not passed on."""
        self._under_way.add(uuid)
        if ours:
            self._ours.add(uuid)

    @property
    def idle(self) -> bool:
        """Whether every prompt has been dealt with."""
        return not self._under_way

    def read(self, message: Message) -> Message | None:
        """The message to pass on: with this turn's cost where it is a result; None to hide it."""
        if isinstance(message, ResultMessage):
            return self._result(message)
        if isinstance(message, CommandLifecycleMessage):
            return self._lifecycle(message)
        if isinstance(message, AssistantMessage):
            if message.error is not None:
                self._last_error = message
        elif isinstance(message, ConversationResetMessage):
            self.spent = 0.0
        elif isinstance(message, SystemMessage) and message.subtype == "init":
            self._last_error = None
        return message

    def _lifecycle(self, message: CommandLifecycleMessage) -> Message | None:
        self._reported = True
        if message.state not in ("queued", "started"):
            self._under_way.discard(message.command_uuid)
        return None if message.command_uuid in self._ours else message

    def _result(self, result: ResultMessage) -> ResultMessage:
        if not self._reported:
            # A CLI that does not report on prompts: a result is all there is to go by.
            self._under_way.clear()
        total, before = result.total_cost_usd, self.spent
        if total is not None:
            self.spent = total
        if total is None or before is None:
            return result
        return dataclasses.replace(result, cost_usd=max(0.0, total - before))

    def ends(self, result: ResultMessage) -> bool:
        """Whether `result` ends the turn that is waited for.

        A background task that has finished makes the CLI take a turn of its own; its result is not
        the answer to a prompt that is under way.
        """
        by_itself = (result.origin or {}).get("kind", "human") != "human"
        return self.idle or not by_itself

    def failure(self, result: ResultMessage) -> ClaudeSDKError | None:
        """The exception that a result stands for; None for a good or wanted end."""
        if not result.is_error or result.subtype in _NO_FAILURE:
            return None
        if result.subtype == "error_during_execution":
            return _broken_off(result)
        said = self._last_error
        code = result.api_error or (said and (said.api_error or said.error)) or None
        return api_error(
            result.result or "The model's service failed",
            status=result.api_error_status,
            code=code,
            result=result,
        )


def _broken_off(result: ResultMessage) -> ClaudeSDKError | None:
    if (result.terminal_reason or "").startswith("aborted"):
        return None
    text = ". ".join(result.errors or []) or "Claude Code broke the turn off"
    if "No conversation found" in text:
        return SessionNotFoundError(f"{text}. Leave out `resume` to start a new conversation.")
    return ProcessError(f"{text}. Run it again.")
