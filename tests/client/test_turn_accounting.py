"""Tests of the cost, failure, pending prompts, and running tools of a turn."""

import pytest

from claude_notebook.client.turn_accounting import TurnTracker
from claude_notebook.errors import (
    AuthenticationError,
    ClaudeSDKError,
    OverloadedError,
    RateLimitError,
    ResultError,
    SessionNotFoundError,
)
from claude_notebook.messages import (
    APIRetryMessage,
    AssistantMessage,
    CommandLifecycleMessage,
    ConversationResetMessage,
    InitMessage,
    RateLimitEvent,
    RateLimitInfo,
    ResultMessage,
    TextBlock,
    ToolResultBlock,
    ToolUseBlock,
    UserMessage,
)


def total(dollars: float | None) -> ResultMessage:
    return ResultMessage(total_cost_usd=dollars)


RESET = ConversationResetMessage()


@pytest.mark.parametrize(
    ("before", "messages", "costs", "spent"),
    [
        (0.0, [total(1.0), total(1.5)], [1.0, 0.5], 1.5),
        (2.0, [total(2.25), total(2.25)], [0.25, 0.0], 2.25),
        (None, [total(3.0), total(4.0)], [None, 1.0], 4.0),
        (0.0, [total(1.0), total(None), total(1.5)], [1.0, None, 0.5], 1.5),
        (0.0, [total(1.0), RESET, total(0.25)], [1.0, 0.25], 0.25),
        (5.0, [total(1.0)], [0.0], 1.0),
    ],
)
def test_turn_tracker_computes_the_cost_of_a_turn(before, messages, costs, spent):
    turns = TurnTracker(before)
    passed = [turns.read(message) for message in messages]

    results = [message for message in passed if isinstance(message, ResultMessage)]
    assert [result.cost_usd for result in results] == costs
    assert turns.spent == spent


def report(uuid: str, state: str) -> CommandLifecycleMessage:
    return CommandLifecycleMessage(uuid, state)


def test_turn_tracker_keeps_prompts_pending_until_reported():
    turns = TurnTracker()
    turns.mark_sent("a", is_own=True)
    turns.mark_sent("b", is_own=False)

    assert turns.read(report("a", "queued")) is None
    assert turns.read(report("b", "started")) == report("b", "started")
    assert turns.read(ResultMessage(result="of a")) is not None
    assert turns.is_idle is False
    turns.read(report("a", "completed"))
    assert turns.is_idle is False
    turns.read(report("b", "cancelled"))
    assert turns.is_idle is True

    turns.mark_sent("b", is_own=False)
    assert turns.is_idle is True, "the CLI ignores a repeat"


def test_turn_tracker_without_reports_settles_all_prompts_by_a_result():
    turns = TurnTracker()
    for name in "abc":
        turns.mark_sent(name, is_own=True)
    turns.read(ResultMessage())

    assert turns.is_idle


def test_turn_tracker_ignores_the_end_of_a_background_turn():
    turns = TurnTracker()
    turns.mark_sent("a", is_own=True)
    turns.read(report("a", "started"))
    by_itself = ResultMessage(origin={"kind": "task-notification"})

    assert turns.is_turn_end(by_itself) is False
    assert turns.is_turn_end(ResultMessage(origin={"kind": "human"})) is True
    assert turns.is_turn_end(ResultMessage()) is True
    turns.read(report("a", "completed"))
    assert turns.is_turn_end(by_itself) is True


def test_turn_tracker_counts_tools_until_their_results():
    turns = TurnTracker()
    turns.read(AssistantMessage([TextBlock("x"), ToolUseBlock("1"), ToolUseBlock("2")]))
    assert turns.is_tool_running
    turns.read(UserMessage([ToolResultBlock("1")]))
    turns.read(UserMessage("and by the way"))
    assert turns.is_tool_running
    turns.read(UserMessage([ToolResultBlock("2")]))
    assert not turns.is_tool_running

    turns.read(AssistantMessage([ToolUseBlock("3")]))
    turns.read(ResultMessage())
    assert not turns.is_tool_running


def test_turn_tracker_keeps_the_latest_session_id():
    turns = TurnTracker()
    for session_id in ("a", "", "b", ""):
        turns.read(InitMessage(session_id=session_id))

    assert turns.session_id == "b"


def failed(**fields: object) -> ResultMessage:
    return ResultMessage(is_error=True, **fields)


@pytest.mark.parametrize(
    ("before", "result", "kind"),
    [
        ([], ResultMessage(), None),
        ([], failed(subtype="error_max_turns"), None),
        ([], failed(subtype="error_max_budget_usd"), None),
        ([], failed(subtype="error_during_execution", terminal_reason="aborted_tools"), None),
        ([], failed(subtype="error_during_execution", errors=["it broke"]), ResultError),
        ([], failed(subtype="error_during_execution"), ResultError),
        (
            [],
            failed(subtype="error_during_execution", errors=["No conversation found: x"]),
            SessionNotFoundError,
        ),
        ([], failed(api_error_status=429), RateLimitError),
        ([], failed(api_error="overloaded"), OverloadedError),
        (
            [AssistantMessage(error="authentication_failed", model="<synthetic>")],
            failed(result="Not logged in"),
            AuthenticationError,
        ),
        ([AssistantMessage(api_error="rate_limit", error="unknown")], failed(), RateLimitError),
    ],
)
def test_turn_tracker_maps_results_to_exceptions(before, result, kind):
    turns = TurnTracker()
    for message in before:
        turns.read(message)
    error = turns.error_from_result(turns.read(result))

    assert type(error) is (kind or type(None))
    if error is not None:
        assert isinstance(error, ClaudeSDKError)
        assert str(error).endswith(".")


def test_turn_tracker_forgets_errors_of_earlier_turns():
    turns = TurnTracker()
    turns.read(AssistantMessage(error="authentication_failed"))
    turns.read(InitMessage())

    assert not isinstance(turns.error_from_result(failed(result="x")), AuthenticationError)


@pytest.mark.parametrize(
    ("messages", "retried", "exhausted"),
    [
        ([], 0, False),
        ([APIRetryMessage(attempt=2, max_retries=3)], 2, False),
        ([APIRetryMessage(attempt=3, max_retries=3)], 3, True),
        ([APIRetryMessage(attempt=3, max_retries=3), AssistantMessage()], 0, False),
        (
            [APIRetryMessage(attempt=3, max_retries=3), AssistantMessage(error="overloaded")],
            3,
            True,
        ),
    ],
)
def test_turn_tracker_error_counts_retries(messages, retried, exhausted):
    turns = TurnTracker()
    for message in messages:
        turns.read(message)
    error = turns.error_from_result(failed(api_error_status=529))

    assert (error.retried, error.exhausted) == (retried, exhausted)


@pytest.mark.parametrize(
    ("status", "after"), [("rejected", 30.0), ("allowed", None), ("allowed_warning", None)]
)
def test_turn_tracker_rate_limit_error_has_retry_after(status, after):
    turns = TurnTracker(clock=lambda: 1000.0)
    turns.read(RateLimitEvent(RateLimitInfo(status, resets_at=1030)))

    assert turns.error_from_result(failed(api_error_status=429)).retry_after == after
