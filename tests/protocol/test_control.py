"""Requests in both directions: each is opened and ended once, in any order of events."""

import json

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from claude_notebook.errors import OptionsError
from claude_notebook.protocol.connection import Connection
from claude_notebook.protocol.control import (
    TRANSITIONS,
    ControlCancel,
    ControlRequest,
    ControlResponse,
    PendingRequests,
    State,
)

IDS = st.sampled_from(["a", "b", "c"])


class Life(RuleBasedStateMachine):
    """A connection, and a model of its open requests."""

    ours = Bundle("ours")

    def __init__(self) -> None:
        super().__init__()
        self.numbers = iter(range(10_000))
        self.connection = Connection(10_000, new_id=lambda: f"us{next(self.numbers)}")
        self.open_ours: set[str] = set()
        self.open_theirs: set[str] = set()

    def hear(self, cut: int, **line: object) -> list:
        data = json.dumps(line).encode() + b"\n"
        self.connection.receive_data(data[:cut])
        self.connection.receive_data(data[cut:] or b"\n")
        return list(iter(self.connection.next_event, None))

    # --- we ask ---

    @rule(target=ours)
    def we_send_a_request(self):
        request_id, data = self.connection.send_request("interrupt", {})
        assert json.loads(data)["request_id"] == request_id
        assert request_id not in self.open_ours
        self.open_ours.add(request_id)
        return request_id

    @rule(payload=st.sampled_from([object(), {(1, 2): 3}]))
    def we_send_an_invalid_request(self, payload):
        with pytest.raises(OptionsError):
            self.connection.send_request("interrupt", {"x": payload})

    @rule(request_id=ours | IDS, cut=st.integers(0, 40), failed=st.booleans())
    def they_answer(self, request_id, cut, failed):
        response = {"request_id": request_id, "subtype": "error" if failed else "success"}
        events = self.hear(cut, type="control_response", response=response)
        expected = ControlResponse(request_id, None, "no reason given" if failed else None)
        assert events == ([expected] if request_id in self.open_ours else [])
        self.open_ours.discard(request_id)

    @rule(request_id=ours | IDS)
    def we_give_up(self, request_id):
        self.connection.abandon(request_id)
        self.open_ours.discard(request_id)

    # --- they ask ---

    @rule(request_id=IDS, cut=st.integers(0, 40))
    def they_send_a_request(self, request_id, cut):
        request = {"subtype": "can_use_tool"}
        events = self.hear(cut, type="control_request", request_id=request_id, request=request)
        assert events == [ControlRequest(request_id, "can_use_tool", request)]
        self.open_theirs.add(request_id)

    @rule(request_id=IDS, refuse=st.booleans())
    def we_answer(self, request_id, refuse):
        if refuse:
            data = self.connection.send_refusal(request_id, "no")
        else:
            data = self.connection.send_answer(request_id, {"behavior": "allow"})
        assert bool(data) == (request_id in self.open_theirs)
        if data:
            assert json.loads(data)["response"]["request_id"] == request_id
        self.open_theirs.discard(request_id)

    @rule(request_id=IDS)
    def we_send_an_invalid_answer(self, request_id):
        with pytest.raises(OptionsError):
            self.connection.send_answer(request_id, object())

    @rule(request_id=IDS, cut=st.integers(0, 40))
    def they_withdraw(self, request_id, cut):
        events = self.hear(cut, type="control_cancel_request", request_id=request_id)
        assert events == ([ControlCancel(request_id)] if request_id in self.open_theirs else [])
        self.open_theirs.discard(request_id)

    # --- always ---

    @invariant()
    def tables_contain_exactly_the_open_requests(self):
        assert set(self.connection.requests_sent._open) == self.open_ours
        assert set(self.connection.requests_received._open) == self.open_theirs
        assert len(self.connection.requests_sent) == len(self.open_ours)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@pytest.mark.parametrize("start", State)
@pytest.mark.parametrize("end", State)
def test_transitions_leave_only_the_open_state(start, end):
    legal = start is State.OPEN and end is not State.OPEN

    assert (end in TRANSITIONS[start]) is legal


def test_pending_request_cannot_be_reopened():
    questions = PendingRequests()
    questions.open("a", "x")

    assert questions.move("a", State.OPEN) is False
    assert "a" in questions


def test_pending_requests_end_all_returns_the_open_ids():
    questions = PendingRequests()
    for name in "abc":
        questions.open(name, "x")

    assert questions.end_all() == ["a", "b", "c"]
    assert len(questions) == 0
    assert questions.move("a", State.ANSWERED) is False
