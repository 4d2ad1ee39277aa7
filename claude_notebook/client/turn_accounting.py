"""The state of a turn: its cost, failure, pending prompts, running tools, and time limits."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

from ..errors import (
    APIError,
    ClaudeSDKError,
    ResultError,
    SessionNotFoundError,
    TurnTimeoutError,
    api_error,
)
from ..errors.api import LIMITS
from ..messages import (
    APIRetryMessage,
    AssistantMessage,
    CommandLifecycleMessage,
    ConversationResetMessage,
    InitMessage,
    Message,
    RateLimitEvent,
    ResultMessage,
    SessionStateMessage,
    ToolResultBlock,
    ToolUseBlock,
    UserMessage,
)
from ..messages.handlers import handler
from ..options import ClaudeCodeOptions
from ..tools.server import schemas_of
from ..tools.structured_output import instance_of
from .background import BackgroundWork
from .rejection import is_rejection


class TurnTracker:
    """Tracks the turns of a conversation from its messages.

    The CLI reports the cost of the whole conversation, so a turn's cost is the difference between
    two totals.

    :param spent: dollars spent before the first turn; None if unknown
    :param options: defines the type of structured outputs and the tools' schemas
    :param clock: a function that returns Unix time in seconds
    """

    def __init__(
        self,
        spent: float | None = 0.0,
        options: ClaudeCodeOptions | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.spent = spent
        self.session_id: str | None = None
        self._options = options or ClaudeCodeOptions()
        self.background = BackgroundWork.of(self._options.env)
        self._clock = clock
        self._own_ids: set[str] = set()
        self._sent_ids: set[str] = set()
        self._pending_ids: set[str] = set()
        self._open_tools: dict[str, str | None] = {}
        self._reports_lifecycle = False
        self._last_error: AssistantMessage | None = None
        self._last_retry: APIRetryMessage | None = None
        self._resets_at: float | None = None

    # --- prompts -----------------------------------------------------------------------------

    def mark_sent(self, uuid: str, *, is_own: bool) -> None:
        """Record that a prompt was sent.

        :param is_own: whether the uuid was generated here, so that reports about the prompt stay
            hidden
        """
        if uuid in self._sent_ids:
            return  # the CLI ignores a repeated uuid and does not report it
        self._sent_ids.add(uuid)
        self._pending_ids.add(uuid)
        if is_own:
            self._own_ids.add(uuid)

    @property
    def is_idle(self) -> bool:
        """True if no prompt is pending."""
        return not self._pending_ids

    @property
    def is_tool_running(self) -> bool:
        """True if a tool or background command is running, in which case silence is normal."""
        return bool(self._open_tools) or self.background.has_commands

    # --- messages ------------------------------------------------------------------------------

    def read(self, message: Message) -> Message | None:
        """Return the message for the caller. A result is given the turn's cost.

        :returns: None if the caller should not see the message
        :raises ProtocolError: if a structured output does not have the requested type
        """
        self.background.read(message)
        reader = _READERS.get(type(message))
        return reader(self, message) if reader is not None else message

    def _read_init(self, message: InitMessage) -> Message:
        self.session_id = message.session_id or self.session_id
        self._last_error = self._last_retry = None
        self._forget_tools()
        return dataclasses.replace(message, tool_schemas=schemas_of(self._options.mcp_servers))

    def _read_assistant(self, message: AssistantMessage) -> Message:
        if message.error is not None:
            self._last_error = message
        elif self._last_retry is not None:
            self._last_retry = None
        calls = (b for b in message.content if isinstance(b, ToolUseBlock))
        self._open_tools.update((b.id, message.parent_tool_use_id) for b in calls)
        return message

    def _read_user(self, message: UserMessage) -> Message:
        if not isinstance(message.content, str):
            results = (b for b in message.content if isinstance(b, ToolResultBlock))
            for block in results:
                self._open_tools.pop(block.tool_use_id, None)
        return message

    def _read_retry(self, message: APIRetryMessage) -> Message:
        self._last_retry = message
        return message

    def _read_rate_limit(self, message: RateLimitEvent) -> Message:
        info = message.rate_limit_info
        self._resets_at = info.resets_at if info.status == "rejected" else None
        return message

    def _read_reset(self, message: ConversationResetMessage) -> Message:
        self.spent = 0.0
        return message

    def _read_lifecycle(self, message: CommandLifecycleMessage) -> Message | None:
        self._reports_lifecycle = True
        if message.state not in ("queued", "started"):
            self._pending_ids.discard(message.command_uuid)
        return None if message.command_uuid in self._own_ids else message

    def _forget_tools(self) -> None:
        """Discard the turn's tools, except those of background agents, which keep running."""
        lasting = self._open_tools if self.background.has_agents else {}
        self._open_tools = {id_: parent for id_, parent in lasting.items() if parent}

    def _read_session_state(self, message: SessionStateMessage) -> Message | None:
        # The CLI sends these only because `build_env` enables them.
        return None if message.sdk_host_only else message

    def _read_result(self, result: ResultMessage) -> ResultMessage:
        self._forget_tools()
        self._forget_answered(result)
        if result.structured_output is not None:
            value = instance_of(self._options.output_format, result.structured_output)
            result = dataclasses.replace(result, structured_output=value)
        total, before = result.total_cost_usd, self.spent
        if total is not None:
            self.spent = total
        if total is None or before is None:
            return result
        return dataclasses.replace(result, cost_usd=max(0.0, total - before))

    def _forget_answered(self, result: ResultMessage) -> None:
        answered = {result.user_message_uuid, *(result.user_message_uuids or [])}
        self._pending_ids -= {uuid for uuid in answered if uuid is not None}
        # A resumed process may begin with a result without a turn, for an agent that was stopped.
        without_turn = self.background.reports_state and not result.num_turns
        if not self._reports_lifecycle and not without_turn:
            # This CLI does not report on prompts; the result answers all of them.
            self._pending_ids.clear()

    # --- the end of a turn -----------------------------------------------------------------------

    def is_turn_end(self, result: ResultMessage) -> bool:
        """Return whether `result` ends the turn of a prompt.

        When a background task finishes, the CLI takes a turn on its own. That turn's result does
        not answer a pending prompt.
        """
        is_own_turn = (result.origin or {}).get("kind", "human") != "human"
        return self.is_idle or not is_own_turn

    def error_from_result(
        self, result: ResultMessage, *, with_limits: bool = False
    ) -> ClaudeSDKError | None:
        """Return the exception for a turn that failed, or None if its end was normal or requested.

        :param with_limits: also return an exception for a turn that ended at a limit in the options
        """
        if not result.is_error:
            return None
        if result.subtype in LIMITS:
            return _limit_error(result) if with_limits else None
        if result.subtype == "error_during_execution":
            return self._rejection(result) or _execution_error(result)
        error = api_error(
            result.result or "The API request failed",
            status=result.api_error_status,
            code=self._code_of(result),
            result=result,
            retry_after=self._resets_at and max(0.0, self._resets_at - self._clock()),
        )
        return self._with_retries(error)

    def _code_of(self, result: ResultMessage) -> str | None:
        last = self._last_error
        return result.api_error or (last and (last.api_error or last.error)) or None

    def _rejection(self, result: ResultMessage) -> APIError | None:
        """Return the exception for a turn that `RejectionWatch` has interrupted."""
        last = self._last_retry
        if last is None or not is_rejection(last):
            return None
        text = "The service rejected the key or sign-in"
        return self._with_retries(
            api_error(text, status=last.error_status, code=last.error, result=result)
        )

    def _with_retries(self, error: APIError) -> APIError:
        if self._last_retry is not None:
            error.retried = self._last_retry.attempt
            error.exhausted = error.retried >= self._last_retry.max_retries
        return error


_READERS: dict[type, Callable[[TurnTracker, Any], Message | None]] = dict(
    (
        handler(InitMessage, TurnTracker._read_init),
        handler(AssistantMessage, TurnTracker._read_assistant),
        handler(UserMessage, TurnTracker._read_user),
        handler(APIRetryMessage, TurnTracker._read_retry),
        handler(RateLimitEvent, TurnTracker._read_rate_limit),
        handler(ConversationResetMessage, TurnTracker._read_reset),
        handler(CommandLifecycleMessage, TurnTracker._read_lifecycle),
        handler(SessionStateMessage, TurnTracker._read_session_state),
        handler(ResultMessage, TurnTracker._read_result),
    )
)


def _limit_error(result: ResultMessage) -> ResultError:
    option = LIMITS[result.subtype]
    reason = ". ".join(result.errors or []) or f"The turn ended at the limit `{option}`"
    return ResultError(
        f"{reason}. Increase `{option}`, or resume the conversation to continue.",
        result_message=result,
    )


def _execution_error(result: ResultMessage) -> ClaudeSDKError | None:
    if (result.terminal_reason or "").startswith("aborted"):
        return None
    text = ". ".join(result.errors or []) or "Claude Code aborted the turn"
    if "No conversation found" in text:
        return SessionNotFoundError(f"{text}. Leave out `resume` to start a new conversation.")
    return ResultError(f"{text}. Run the prompt again.", result_message=result)


class TurnClock:
    """A turn's time limits, from the options `idle_timeout` and `total_timeout`.

    :param options: contains the two limits
    :param clock: a function that returns monotonic time in seconds
    """

    def __init__(
        self, options: ClaudeCodeOptions, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._idle = options.idle_timeout
        self._total = options.total_timeout
        self._clock = clock
        self._started = clock()

    def restart(self) -> None:
        """Start measuring a new turn."""
        self._started = self._clock()

    def remaining(self, *, is_busy: bool) -> tuple[str, float] | None:
        """Return the option that expires first and the remaining seconds; None without limits.

        :param is_busy: whether a tool is running or a request is open, which suspends
            `idle_timeout`
        """
        limits: list[tuple[float, str]] = []
        if self._idle is not None and not is_busy:
            limits.append((self._idle, "idle_timeout"))
        if self._total is not None:
            spent = self._clock() - self._started
            limits.append((max(0.0, self._total - spent), "total_timeout"))
        if not limits:
            return None
        seconds, option = min(limits)
        return option, seconds

    def error(self, option: str) -> TurnTimeoutError:
        """Return the exception for the expired `option`."""
        return TurnTimeoutError(
            option, (self._idle if option == "idle_timeout" else self._total) or 0
        )
