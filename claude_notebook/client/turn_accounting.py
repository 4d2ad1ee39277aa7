"""What a turn costs, whether it failed, which prompts are under way, and how long it may take."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

from ..errors import (
    APIError,
    ClaudeSDKError,
    ResultError,
    SessionNotFoundError,
    TurnTimeoutError,
    api_error,
)
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
from ..options import ClaudeCodeOptions
from ..tools.server import schemas_of
from ..tools.structured_output import instance_of
from .background import BackgroundWork

# Ends that are the caller's own wish, or a bound that the caller has set.
_NO_FAILURE = frozenset(
    {"error_max_turns", "error_max_budget_usd", "error_max_structured_output_retries"}
)


class TurnKeeper:
    """Reads along in a conversation.

    The CLI counts money over the whole conversation; a turn's is the difference of two totals.

    :param spent: dollars spent before the first turn, None if that is not known.
    :param options: for the type of a structured output.
    :param clock: Unix seconds.
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
        self._ours: set[str] = set()
        self._known: set[str] = set()
        self._under_way: set[str] = set()
        self._open_tools: dict[str, str | None] = {}
        self._reported = False
        self._last_error: AssistantMessage | None = None
        self._last_retry: APIRetryMessage | None = None
        self._resets_at: float | None = None

    # --- prompts -----------------------------------------------------------------------------

    def sent(self, uuid: str, *, ours: bool) -> None:
        """A prompt was sent. `ours`: its uuid was made here, so its events are not passed on."""
        if uuid in self._known:
            return  # the CLI ignores a repeat, and says nothing of it
        self._known.add(uuid)
        self._under_way.add(uuid)
        if ours:
            self._ours.add(uuid)

    @property
    def idle(self) -> bool:
        """Whether every prompt has been dealt with."""
        return not self._under_way

    @property
    def tool_runs(self) -> bool:
        """Whether a tool is at work, so that silence means nothing."""
        return bool(self._open_tools) or self.background.runs_commands

    # --- messages ------------------------------------------------------------------------------

    def read(self, message: Message) -> Message | None:
        """The message to pass on: with this turn's cost where it is a result; None to hide it.

        :raises ProtocolError: a structured output is not of the type that was asked for
        """
        self.background.read(message)
        reader = _READERS.get(type(message))
        return reader(self, message) if reader is not None else message

    def _init(self, message: InitMessage) -> Message:
        self.session_id = message.session_id or self.session_id
        self._last_error = self._last_retry = None
        self._forget_tools()
        return dataclasses.replace(message, tool_schemas=schemas_of(self._options.mcp_servers))

    def _assistant(self, message: AssistantMessage) -> Message:
        if message.error is not None:
            self._last_error = message
        elif self._last_retry is not None:
            self._last_retry = None
        calls = (b for b in message.content if isinstance(b, ToolUseBlock))
        self._open_tools.update((b.id, message.parent_tool_use_id) for b in calls)
        return message

    def _user(self, message: UserMessage) -> Message:
        if not isinstance(message.content, str):
            results = (b for b in message.content if isinstance(b, ToolResultBlock))
            for block in results:
                self._open_tools.pop(block.tool_use_id, None)
        return message

    def _retry(self, message: APIRetryMessage) -> Message:
        self._last_retry = message
        return message

    def _rate_limit(self, message: RateLimitEvent) -> Message:
        info = message.rate_limit_info
        self._resets_at = info.resets_at if info.status == "rejected" else None
        return message

    def _reset(self, message: ConversationResetMessage) -> Message:
        self.spent = 0.0
        return message

    def _lifecycle(self, message: CommandLifecycleMessage) -> Message | None:
        self._reported = True
        if message.state not in ("queued", "started"):
            self._under_way.discard(message.command_uuid)
        return None if message.command_uuid in self._ours else message

    def _forget_tools(self) -> None:
        """Forget the tools of the turn. Those of a background agent outlast it."""
        lasting = self._open_tools if self.background.has_agents else {}
        self._open_tools = {id_: parent for id_, parent in lasting.items() if parent}

    def _session_state(self, message: SessionStateMessage) -> Message | None:
        # The CLI sends these only because `build_env` requests them.
        return None if message.sdk_host_only else message

    def _result(self, result: ResultMessage) -> ResultMessage:
        self._forget_tools()
        answered = {result.user_message_uuid, *(result.user_message_uuids or [])}
        self._under_way -= {uuid for uuid in answered if uuid is not None}
        if not self._reported and not self.background.reports_state:
            # A CLI that does not report on prompts: a result is all there is to go by.
            self._under_way.clear()
        if result.structured_output is not None:
            value = instance_of(self._options.output_format, result.structured_output)
            result = dataclasses.replace(result, structured_output=value)
        total, before = result.total_cost_usd, self.spent
        if total is not None:
            self.spent = total
        if total is None or before is None:
            return result
        return dataclasses.replace(result, cost_usd=max(0.0, total - before))

    # --- the end of a turn -----------------------------------------------------------------------

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
        error = api_error(
            result.result or "The model's service failed",
            status=result.api_error_status,
            code=code,
            result=result,
            retry_after=self._resets_at and max(0.0, self._resets_at - self._clock()),
        )
        return self._with_retries(error)

    def _with_retries(self, error: APIError) -> APIError:
        if self._last_retry is not None:
            error.retried = self._last_retry.attempt
            error.exhausted = error.retried >= self._last_retry.max_retries
        return error


_READERS: dict[type, Callable[[TurnKeeper, Message], Message | None]] = {
    InitMessage: TurnKeeper._init,  # type: ignore[dict-item]  # each reader has its key's type
    AssistantMessage: TurnKeeper._assistant,  # type: ignore[dict-item]
    UserMessage: TurnKeeper._user,  # type: ignore[dict-item]
    APIRetryMessage: TurnKeeper._retry,  # type: ignore[dict-item]
    RateLimitEvent: TurnKeeper._rate_limit,  # type: ignore[dict-item]
    ConversationResetMessage: TurnKeeper._reset,  # type: ignore[dict-item]
    CommandLifecycleMessage: TurnKeeper._lifecycle,  # type: ignore[dict-item]
    SessionStateMessage: TurnKeeper._session_state,  # type: ignore[dict-item]
    ResultMessage: TurnKeeper._result,  # type: ignore[dict-item]
}


def _broken_off(result: ResultMessage) -> ClaudeSDKError | None:
    if (result.terminal_reason or "").startswith("aborted"):
        return None
    text = ". ".join(result.errors or []) or "Claude Code broke the turn off"
    if "No conversation found" in text:
        return SessionNotFoundError(f"{text}. Leave out `resume` to start a new conversation.")
    return ResultError(f"{text}. Run it again.", result_message=result)


class TurnClock:
    """How long a turn may still take, by `idle_timeout` and `total_timeout` of the options.

    :param options: the two bounds.
    :param clock: seconds that go on.
    """

    def __init__(
        self, options: ClaudeCodeOptions, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._idle = options.idle_timeout
        self._total = options.total_timeout
        self._clock = clock
        self._started = clock()

    def restart(self) -> None:
        """A turn begins."""
        self._started = self._clock()

    def left(self, *, busy: bool) -> tuple[str, float] | None:
        """The bound that comes first, and the seconds until then; None where there is none.

        :param busy: a tool runs or a question is open: silence is no fault then.
        """
        bounds: list[tuple[float, str]] = []
        if self._idle is not None and not busy:
            bounds.append((self._idle, "idle_timeout"))
        if self._total is not None:
            spent = self._clock() - self._started
            bounds.append((max(0.0, self._total - spent), "total_timeout"))
        if not bounds:
            return None
        seconds, option = min(bounds)
        return option, seconds

    def error(self, option: str) -> TurnTimeoutError:
        """The exception for the bound `option`."""
        return TurnTimeoutError(
            option, (self._idle if option == "idle_timeout" else self._total) or 0
        )
