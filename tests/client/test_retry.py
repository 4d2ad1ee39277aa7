"""What is tried again, when, and that it is announced."""

import anyio
import pytest
from turns import texts

from claude_notebook import (
    APIRetryMessage,
    ClaudeSDKClient,
    ResultMessage,
    RetryConfig,
    query_with_retry,
)
from claude_notebook.client.retry import RETRY_RULES, retry_notice, retry_rule
from claude_notebook.errors import (
    APIConnectionError,
    APIError,
    AuthenticationError,
    ClaudeSDKError,
    CLINotFoundError,
    ControlTimeoutError,
    InvalidRequestError,
    OptionsError,
    OverloadedError,
    ProcessError,
    RateLimitError,
    ServerError,
    SessionNotFoundError,
    TurnTimeoutError,
)
from claude_notebook.testing import Status, Step, Use, script

ON_ASYNCIO = pytest.mark.parametrize("anyio_backend", ["asyncio"])


def failure(kind: type, **fields: object) -> ClaudeSDKError:
    """An exception of that class, whatever it takes to make one."""
    error = kind.__new__(kind)
    Exception.__init__(error, "it failed")
    vars(error).update(fields)
    return error


WAITS = [
    (RateLimitError, [10, 20, 40, None]),
    (OverloadedError, [5, 10, 20, None]),
    (ServerError, [2, 4, 8, None]),
    (APIConnectionError, [2, 4, 8, None]),
    (TurnTimeoutError, [1, 2, 4, None]),
    (ProcessError, [0.5, 1, 2, None]),
    (AuthenticationError, [None]),
    (InvalidRequestError, [None]),
    (OptionsError, [None]),
    (CLINotFoundError, [None]),
    (SessionNotFoundError, [None]),
    (ControlTimeoutError, [None]),
    (APIError, [None]),
]


@pytest.mark.parametrize(("kind", "delays"), WAITS)
def test_which_failure_is_worth_another_try(kind, delays):
    config = RetryConfig(jitter=0)

    found = [config.delay(failure(kind), attempt) for attempt in range(1, len(delays) + 1)]
    assert found == delays


def test_every_exception_has_a_verdict():
    kinds, todo = set(), [ClaudeSDKError]
    while todo:
        kinds.add(kind := todo.pop())
        todo.extend(kind.__subclasses__())

    assert all(retry_rule(failure(kind)) in RETRY_RULES.values() for kind in kinds)


@pytest.mark.parametrize(
    ("config", "fields", "delay"),
    [
        (RetryConfig(random=lambda: 1.0), {}, 12.5),
        (RetryConfig(random=lambda: 0.0), {}, 10),
        (RetryConfig(max_delay=3, jitter=0), {}, 3),
        (RetryConfig(), {"retry_after": 42}, 42),
        (RetryConfig(max_delay=3), {"retry_after": 42}, 42),
        (RetryConfig(), {"retry_after": 0}, 0),
        (RetryConfig(), {"retry_after": 301}, None),
        (RetryConfig(max_retries=0), {}, None),
        (RetryConfig(kinds=(ServerError,)), {}, None),
        (RetryConfig(), {"exhausted": True}, None),
    ],
)
def test_how_long_is_waited(config, fields, delay):
    assert config.delay(failure(RateLimitError, **fields), 1) == delay


def test_the_announcement_speaks_as_the_cli_does():
    said = retry_notice(failure(OverloadedError, status=529), 2, 3, 1.5)

    assert (said.attempt, said.max_retries, said.retry_delay_ms) == (2, 3, 1500)
    assert (said.error, said.error_status) == ("overloaded", 529)
    assert said.data["subtype"] == said.subtype == "api_retry"
    assert retry_notice(failure(TurnTimeoutError), 1, 3, 1).error == "TurnTimeoutError"


# --- query_with_retry ----------------------------------------------------------------------------


class Asked:
    """Stands for `query`: fails as told, then answers."""

    def __init__(self, *failures: ClaudeSDKError) -> None:
        self.failures = list(failures)
        self.prompts: list[object] = []
        self.closed = 0

    def __call__(self, *, prompt: object, options: object) -> object:
        self.prompts.append(prompt)
        return self._answer()

    async def _answer(self):
        try:
            yield "partial"
            if self.failures:
                raise self.failures.pop(0)
            yield "answer"
        finally:
            self.closed += 1


def config(slept: list, **more: object) -> RetryConfig:
    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    return RetryConfig(jitter=0, sleep=sleep, **more)


@pytest.mark.anyio
async def test_a_query_is_asked_again():
    asked, slept = Asked(failure(ServerError), failure(OverloadedError)), []
    said = [m async for m in query_with_retry("x", None, config(slept), query_func=asked)]

    kinds = [m if isinstance(m, str) else type(m) for m in said]
    again = ["partial", APIRetryMessage]
    assert kinds == [*again, *again, "partial", "answer"]
    assert slept == [2, 10]
    assert asked.prompts == ["x"] * 3
    assert asked.closed == 3


@pytest.mark.anyio
async def test_what_is_not_worth_it_is_raised_at_once():
    async def prompts():
        yield {"type": "user"}

    for prompt, error in (("x", failure(AuthenticationError)), (prompts(), failure(ServerError))):
        asked, slept = Asked(error), []
        with pytest.raises(type(error)):
            [m async for m in query_with_retry(prompt, None, config(slept), query_func=asked)]
        assert (slept, asked.closed) == ([], 1)


@pytest.mark.anyio
async def test_the_last_failure_is_raised():
    errors = [failure(ServerError) for _ in range(3)]
    asked, slept = Asked(*errors), []

    with pytest.raises(ServerError) as caught:
        [
            m
            async for m in query_with_retry(
                "x", None, config(slept, max_retries=2), query_func=asked
            )
        ]
    assert caught.value is errors[-1]
    assert slept == [2, 4]


# --- with the CLI --------------------------------------------------------------------------------


@pytest.mark.anyio
@ON_ASYNCIO
async def test_an_answer_that_had_begun_is_continued(real_options, scripted_api):
    slept: list[float] = []
    options = real_options(allowed_tools=["Bash"], env={"CLAUDE_CODE_MAX_RETRIES": "0"})
    fails = Status(529, times=1)
    prompt = script(Use("Bash", {"command": "echo a"}), Step("Done.", fails=fails))

    async with ClaudeSDKClient(options) as client:
        messages = [m async for m in client.ask(prompt, config(slept))]
        assert client.alive

    assert [m.error for m in messages if isinstance(m, APIRetryMessage)] == ["overloaded"]
    assert slept == [5]
    assert texts(messages)[-1] == "Done."
    assert [m.is_error for m in messages if isinstance(m, ResultMessage)] == [True, False]
    asked = str(scripted_api.turns[-1].body["messages"])
    assert "You were interrupted by a technical failure" in asked
    assert asked.count("'command': 'echo a'") == 1


@pytest.mark.anyio
@ON_ASYNCIO
async def test_a_process_that_died_is_replaced(real_options, scripted_api):
    slept: list[float] = []
    async with ClaudeSDKClient(real_options(allowed_tools=["Bash"])) as client:
        first = [m async for m in client.ask("The word is plum.")][-1]
        pid = client.pid
        prompt = script(Use("Bash", {"command": "kill -9 $PPID; sleep 61"}), "never")
        with anyio.fail_after(60):
            messages = [m async for m in client.ask(prompt, config(slept))]
        assert client.pid != pid

    assert slept == [0.5]
    assert [m.error for m in messages if isinstance(m, APIRetryMessage)] == ["ProcessError"]
    assert messages[-1].session_id == first.session_id
    assert "plum" in str(scripted_api.turns[-1].body["messages"])
