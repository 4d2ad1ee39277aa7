"""Tests of `BackgroundWork`, which derives pending work between turns from messages."""

import pytest

from claude_notebook import ClaudeCodeOptions
from claude_notebook.client.background import (
    CEILING,
    SETTLE_SECONDS,
    BackgroundWork,
    ceiling_seconds,
)
from claude_notebook.client.turn_accounting import TurnTracker
from claude_notebook.messages import (
    InitMessage,
    ResultMessage,
    SessionStateMessage,
    TaskNotificationMessage,
    TaskStartedMessage,
    TaskUpdatedMessage,
)


def state(value, host_only=True):
    return SessionStateMessage(
        "session_state_changed", {"state": value}, state=value, sdk_host_only=host_only
    )


def started(kind="local_agent", task="t"):
    return TaskStartedMessage("task_started", {}, task_id=task, task_type=kind)


def updated(status, task="t"):
    return TaskUpdatedMessage("task_updated", {}, task_id=task, status=status)


INIT, RESULT = InitMessage("init", {}), ResultMessage("success")
NOTIFIED = TaskNotificationMessage("task_notification", {}, task_id="t", status="completed")
AGENT, SHELL = started(), started("local_bash")

CASES = {
    "nothing": ([], True, False),
    "turn runs": ([INIT], False, False),
    "turn ended": ([INIT, RESULT], True, False),
    "running after a result": ([state("running"), INIT, RESULT], False, False),
    "idle": ([state("running"), INIT, RESULT, state("idle")], True, False),
    "idle before the result": ([state("running"), INIT, state("idle"), RESULT], True, False),
    "requires action": ([INIT, RESULT, state("requires_action")], False, False),
    "agent works": ([INIT, AGENT, RESULT], False, True),
    "agent ended in the turn": ([INIT, AGENT, NOTIFIED, RESULT], True, False),
    "agent ended in the turn, not idle yet": (
        [state("running"), INIT, AGENT, NOTIFIED, RESULT],
        False,
        True,
    ),
    "agent ended in the turn, idle": (
        [state("running"), INIT, AGENT, NOTIFIED, RESULT, state("idle")],
        True,
        False,
    ),
    "agent ended, turn is due": ([INIT, AGENT, RESULT, NOTIFIED], False, True),
    "agent failed, turn is due": ([INIT, AGENT, RESULT, updated("failed")], False, True),
    "agent continues": ([INIT, AGENT, RESULT, updated("running")], False, True),
    "follow-up turn ended": ([INIT, AGENT, RESULT, NOTIFIED, INIT, RESULT], True, False),
    "idle ends agents": ([INIT, AGENT, RESULT, state("idle")], True, False),
    "a foreign idle does not": ([INIT, AGENT, RESULT, state("idle", None)], False, True),
    "command runs at idle": ([INIT, SHELL, RESULT, state("idle")], False, False),
    "command ended": ([INIT, SHELL, RESULT, state("idle"), NOTIFIED], False, True),
    "others are not waited for": (
        [INIT, started("remote_agent"), started("in_process_teammate"), RESULT],
        True,
        False,
    ),
}


@pytest.mark.parametrize(("messages", "over", "agents"), CASES.values(), ids=CASES)
def test_background_work_tracks_pending_work(messages, over, agents):
    work = BackgroundWork()
    for message in messages:
        work.read(message)

    assert (work.has_ended, work.has_agents) == (over, agents)


BUSY = {
    "turn runs": ([INIT], True, None),
    "turn ended": ([INIT, RESULT], False, SETTLE_SECONDS),
    "agent works": ([INIT, AGENT, RESULT], True, None),
    "command runs": ([INIT, SHELL, RESULT], False, SETTLE_SECONDS),
    "turn is due": ([INIT, SHELL, AGENT, RESULT, NOTIFIED], True, SETTLE_SECONDS),
    "follow-up turn runs": ([INIT, AGENT, RESULT, NOTIFIED, INIT], True, None),
}


@pytest.mark.parametrize(("messages", "busy", "seconds"), BUSY.values(), ids=BUSY)
def test_background_work_waits_for_agents_but_not_for_commands(messages, busy, seconds):
    work = BackgroundWork()
    for message in messages:
        work.read(message)

    assert (work.is_busy, work.agent_patience) == (busy, seconds)


def test_background_work_drops_a_due_turn_although_a_command_runs():
    work = BackgroundWork()
    for message in (INIT, started("local_bash", "server"), AGENT, RESULT, NOTIFIED):
        work.read(message)
    assert work.is_busy

    work.drop_due_turn()
    assert not work.is_busy
    assert not work.has_ended


PATIENCE = {
    "turn runs": ([INIT], None),
    "agent works": ([INIT, AGENT, RESULT], None),
    "command runs": ([INIT, SHELL, RESULT], 7.0),
    "turn is due": ([INIT, SHELL, RESULT, NOTIFIED], SETTLE_SECONDS),
    "running for no known reason": ([INIT, RESULT, state("running")], 7.0),
}


@pytest.mark.parametrize(("messages", "seconds"), PATIENCE.values(), ids=PATIENCE)
def test_background_work_limits_silence_between_turns(messages, seconds):
    work = BackgroundWork(ceiling=7.0)
    for message in messages:
        work.read(message)

    assert work.silence_limit == seconds


def test_background_work_settles_only_a_due_turn():
    work = BackgroundWork()
    for message in (INIT, SHELL, RESULT):
        work.read(message)
    assert work.settle() is False

    work.read(NOTIFIED)
    assert work.settle() is True
    assert work.has_ended


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("1500", 1.5),
        ("0", None),
        ("", 600),
        ("-1", 600),
        ("1e6", 600),
        ("²", 600),
        ("9" * 30, 2147483.648),
    ],
)
def test_ceiling_seconds_reads_the_cli_variable(value, seconds):
    assert ceiling_seconds({}, {CEILING: value}) == seconds
    assert ceiling_seconds({CEILING: value}, {CEILING: "5"}) == seconds


def test_turn_tracker_passes_on_only_requested_session_states():
    turns = TurnTracker(options=ClaudeCodeOptions())

    assert turns.read(state("idle")) is None
    assert turns.read(message := state("idle", None)) is message
