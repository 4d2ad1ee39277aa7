"""Scripted failures and the real CLI: it recovers, gives up, or waits for a user."""

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
    """One process for all tests of this module, which survives every failure."""
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
def test_real_cli_announces_and_retries_temporary_failure(cli, failure, status, error):
    messages = cli.turn(failing(failure))

    (retry,) = systems(messages, "api_retry")
    assert (retry["error_status"], retry["error"]) == (status, error)
    assert outcome(messages) == ("success", False, None)
    assert "".join(deltas(messages)) == ANSWER


def test_real_cli_restarts_cut_stream(cli, api):
    before = len(api.turns)
    messages = cli.turn(failing(Cut(2, times=1)))

    assert deltas(messages) == ["abcdefghij"] * 6  # two of them belong to nothing
    assert texts(messages) == [ANSWER]
    assert len(systems(messages, "api_retry")) == 1
    assert [request.outcome for request in api.turns[before:]] == ["dropped", "complete"]


def test_real_cli_continues_stream_cut_after_block(cli):
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
def test_real_cli_retries_broken_stream_unstreamed(cli, api, failure):
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
def test_real_cli_does_not_retry_permanent_failure(cli, failure):
    messages = cli.turn(failing(failure))

    assert outcome(messages) == ("success", True, failure.status)
    assert systems(messages, "api_retry") == []
    assert messages[-2]["message"]["model"] == "<synthetic>"


def test_real_cli_passes_on_message_of_service(cli):
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
def test_real_cli_conversation_survives_lasting_failure(cli, failure, status):
    messages = cli.turn(failing(failure))

    assert outcome(messages) == ("success", True, status)
    assert messages[-1]["terminal_reason"] == "api_error"
    assert texts(cli.turn("still there?")) == ["You said: still there?"]


def test_scripted_failures_apply_in_order(cli, api):
    before = len(api.turns)
    messages = cli.turn(failing(Status(500, times=1), Malformed(1, times=1)))

    assert texts(messages) == [ANSWER]
    assert [request.status for request in api.turns[before:]] == [500, 200, 200]


def test_scripted_failure_repeats_in_next_turn(cli):
    prompt = failing(Status(500, times=1))
    first, second = cli.turn(prompt), cli.turn(prompt)

    assert len(systems(first, "api_retry")) == len(systems(second, "api_retry")) == 1


@pytest.mark.parametrize("after", ["before", "start", 2])
def test_real_cli_interrupts_silent_service(cli, api, after):
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


def test_real_cli_shows_script_error(cli):
    messages = cli.turn('<<script [{"sey": "hello"}]>>')

    assert outcome(messages) == ("success", True, 400)
    assert "unknown field `sey`" in messages[-1]["result"]


def test_real_cli_retries_overload_twice_at_most(open_cli):
    with open_cli(env={"CLAUDE_CODE_MAX_RETRIES": "5"}) as cli:
        messages = cli.turn(failing(Status(529)))

    assert len(systems(messages, "api_retry")) == 2
    assert outcome(messages) == ("success", True, 529)


def test_scripted_api_stops_during_hang(claude_cli, tmp_path):
    with ScriptedAPI() as api:
        environment = {**clean_environment(api.url, tmp_path), "CLAUDE_CODE_MAX_RETRIES": "0"}
        with RawCLI(claude_cli, env=environment, cwd=tmp_path / "project") as cli:
            cli.prompt(failing(Hang(2)))
            assert api.wait_for(lambda api: bool(api.turns) and api.turns[0].first_byte is not None)
            api.stop()
            messages = cli.until_result()

    assert outcome(messages)[1] is True
    assert api.turns[0].outcome == "left"
