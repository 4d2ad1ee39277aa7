"""What the real CLI makes of each kind of failure: it recovers, gives up, or waits for a person."""

import pytest
from raw_cli import RawCLI, deltas, systems, texts

from claude_notebook.testing import (
    Cut,
    ErrorEvent,
    Hang,
    Malformed,
    ScriptedAPI,
    Status,
    Step,
    clean_environment,
    script,
)

ANSWER = "abcdefghij" * 4


@pytest.fixture(scope="module")
def api():
    with ScriptedAPI() as api:
        yield api


@pytest.fixture(scope="module")
def cli(claude_cli, api, tmp_path_factory):
    """One process for all tests here: it survives every failure, and takes the next prompt."""
    home = tmp_path_factory.mktemp("home")
    environment = {**clean_environment(api.url, home), "CLAUDE_CODE_MAX_RETRIES": "1"}
    arguments = ("--include-partial-messages",)
    with RawCLI(claude_cli, *arguments, env=environment, cwd=home / "project") as cli:
        yield cli


def failing(*failures) -> str:
    return script(Step(ANSWER, chunk=10, fails=failures))


def outcome(messages: list[dict]) -> tuple:
    end = messages[-1]
    return end["subtype"], end["is_error"], end.get("api_error_status")


@pytest.mark.parametrize(
    ("failure", "status", "error"),
    [
        (Status(401, times=1), 401, "authentication_failed"),
        (Status(429, headers={"retry-after": "1"}, times=1), 429, "rate_limit"),
        (Status(500, times=1), 500, "server_error"),
        (Status(529, times=1), 529, "overloaded"),
        (Cut("before", times=1), None, "unknown"),
        (Cut("start", times=1), None, "unknown"),
        (Cut(0, times=1), None, "unknown"),
    ],
)
def test_a_passing_failure_is_announced_and_retried(cli, failure, status, error):
    messages = cli.turn(failing(failure))

    (retry,) = systems(messages, "api_retry")
    assert (retry["error_status"], retry["error"]) == (status, error)
    assert outcome(messages) == ("success", False, None)
    assert "".join(deltas(messages)) == ANSWER


def test_a_stream_cut_midway_starts_anew(cli, api):
    before = len(api.turns)
    messages = cli.turn(failing(Cut(2, times=1)))

    assert deltas(messages) == ["abcdefghij"] * 6  # two of them belong to nothing
    assert texts(messages) == [ANSWER]
    assert len(systems(messages, "api_retry")) == 1
    assert [request.outcome for request in api.turns[before:]] == ["dropped", "complete"]


def test_a_stream_cut_after_a_finished_block_is_continued(cli):
    messages = cli.turn(script(Step(ANSWER, fails=Cut(1000, times=1)), "and the rest"))

    assert texts(messages) == [ANSWER, "and the rest"]
    assert outcome(messages) == ("success", False, None)


@pytest.mark.parametrize(
    "failure",
    [
        Malformed(2, times=1),
        ErrorEvent(after=2, times=1),
        ErrorEvent("api_error", "broken", after=2, times=1),
    ],
)
def test_a_broken_stream_is_asked_for_again_in_one_piece(cli, api, failure):
    before = len(api.turns)
    messages = cli.turn(failing(failure))

    assert deltas(messages) == ["abcdefghij"] * 2  # to be withdrawn: the answer comes without any
    assert texts(messages) == [ANSWER]
    assert systems(messages, "api_retry") == []
    assert [request.body["stream"] for request in api.turns[before:]] == [True, False]


@pytest.mark.parametrize(
    "failure",
    [
        Status(403),
        Status(404),
        Status(413),
        Status(429, headers={"retry-after": "3600"}),
    ],
)
def test_what_cannot_pass_is_not_retried(cli, failure):
    messages = cli.turn(failing(failure))

    assert outcome(messages) == ("success", True, failure.status)
    assert systems(messages, "api_retry") == []
    assert messages[-2]["message"]["model"] == "<synthetic>"


def test_an_error_says_what_the_service_said(cli):
    messages = cli.turn(failing(Status(403, message="Your organisation is on holiday")))

    assert "Your organisation is on holiday" in messages[-1]["result"]


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (Status(401), 401),
        (Status(500), 500),
        (Cut(2), None),
        (Malformed(2), None),
        (ErrorEvent(after=2), 529),
    ],
)
def test_a_lasting_failure_ends_the_turn_but_not_the_conversation(cli, failure, status):
    messages = cli.turn(failing(failure))

    assert outcome(messages) == ("success", True, status)
    assert messages[-1]["terminal_reason"] == "api_error"
    assert texts(cli.turn("still there?")) == ["You said: still there?"]


def test_failures_strike_one_after_the_other(cli, api):
    before = len(api.turns)
    messages = cli.turn(failing(Status(500, times=1), Malformed(1, times=1)))

    assert texts(messages) == [ANSWER]
    assert [request.status for request in api.turns[before:]] == [500, 200, 200]


def test_the_same_prompt_fails_again_in_the_next_turn(cli):
    prompt = failing(Status(500, times=1))
    first, second = cli.turn(prompt), cli.turn(prompt)

    assert len(systems(first, "api_retry")) == len(systems(second, "api_retry")) == 1


@pytest.mark.parametrize("after", ["before", "start", 2])
def test_a_silent_service_can_be_interrupted(cli, api, after):
    before = len(api.turns)
    cli.prompt(failing(Hang(after)))
    assert api.wait_for(lambda api: len(api.turns) > before)
    if after == 2:
        cli.until(lambda message: "text_delta" in str(message))
    assert cli.control("interrupt")["subtype"] == "success"
    messages = cli.until_result()

    assert messages[-1]["subtype"] == "error_during_execution"
    assert api.wait_for(lambda api: api.turns[before].outcome == "left")
    assert texts(cli.turn("still there?")) == ["You said: still there?"]


def test_a_wrong_script_is_explained(cli):
    messages = cli.turn('<<script [{"sey": "hello"}]>>')

    assert outcome(messages) == ("success", True, 400)
    assert "unknown field `sey`" in messages[-1]["result"]


def test_overload_is_retried_twice_at_most(open_cli):
    with open_cli(env={"CLAUDE_CODE_MAX_RETRIES": "5"}) as cli:
        messages = cli.turn(failing(Status(529)))

    assert len(systems(messages, "api_retry")) == 2
    assert outcome(messages) == ("success", True, 529)


def test_the_server_stops_while_a_scripted_hang_goes_on(claude_cli, tmp_path):
    with ScriptedAPI() as api:
        environment = {**clean_environment(api.url, tmp_path), "CLAUDE_CODE_MAX_RETRIES": "0"}
        with RawCLI(claude_cli, env=environment, cwd=tmp_path / "project") as cli:
            cli.prompt(failing(Hang(2)))
            assert api.wait_for(lambda api: bool(api.turns) and api.turns[0].first_byte is not None)
            api.stop()
            messages = cli.until_result()

    assert outcome(messages)[1] is True
    assert api.turns[0].outcome == "left"
