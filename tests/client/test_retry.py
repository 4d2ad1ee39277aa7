"""Tests of retries: rules, delays, notices, and continued answers."""

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
    """Create an exception of class `kind` without calling its constructor."""
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
def test_retry_config_delays_each_class_of_errors(kind, delays):
    config = RetryConfig(jitter=0)

    actual = [config.delay(failure(kind), attempt) for attempt in range(1, len(delays) + 1)]
    assert actual == delays


def test_retry_rule_exists_for_every_exception():
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
def test_retry_config_delay_respects_its_limits(config, fields, delay):
    assert config.delay(failure(RateLimitError, **fields), 1) == delay


def test_retry_notice_matches_the_messages_of_the_cli():
    message = retry_notice(failure(OverloadedError, status=529), 2, 3, 1.5)

    assert (message.attempt, message.max_retries, message.retry_delay_ms) == (2, 3, 1500)
    assert (message.error, message.error_status) == ("overloaded", 529)
    assert message.data["subtype"] == message.subtype == "api_retry"
    assert retry_notice(failure(TurnTimeoutError), 1, 3, 1).error == "TurnTimeoutError"


# --- query_with_retry ----------------------------------------------------------------------------


class FakeQuery:
    """Replaces `query`: raises each of `failures` in turn, then answers."""

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
async def test_query_with_retry_repeats_a_transient_failure():
    fake, slept = FakeQuery(failure(ServerError), failure(OverloadedError)), []
    messages = [m async for m in query_with_retry("x", None, config(slept), query_func=fake)]

    kinds = [m if isinstance(m, str) else type(m) for m in messages]
    again = ["partial", APIRetryMessage]
    assert kinds == [*again, *again, "partial", "answer"]
    assert slept == [2, 10]
    assert fake.prompts == ["x"] * 3
    assert fake.closed == 3


@pytest.mark.anyio
async def test_query_with_retry_raises_permanent_failures_at_once():
    async def prompts():
        yield {"type": "user"}

    for prompt, error in (("x", failure(AuthenticationError)), (prompts(), failure(ServerError))):
        fake, slept = FakeQuery(error), []
        with pytest.raises(type(error)):
            [m async for m in query_with_retry(prompt, None, config(slept), query_func=fake)]
        assert (slept, fake.closed) == ([], 1)


@pytest.mark.anyio
async def test_query_with_retry_raises_the_last_failure():
    errors = [failure(ServerError) for _ in range(3)]
    fake, slept = FakeQuery(*errors), []

    with pytest.raises(ServerError) as caught:
        [
            m
            async for m in query_with_retry(
                "x", None, config(slept, max_retries=2), query_func=fake
            )
        ]
    assert caught.value is errors[-1]
    assert slept == [2, 4]


# --- with the CLI --------------------------------------------------------------------------------


@pytest.mark.anyio
@ON_ASYNCIO
async def test_ask_continues_a_partial_answer(real_options, scripted_api):
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
    fake = str(scripted_api.turns[-1].body["messages"])
    assert "You were interrupted by a technical failure" in fake
    assert fake.count("'command': 'echo a'") == 1


@pytest.mark.anyio
@ON_ASYNCIO
async def test_ask_replaces_a_dead_process(real_options, scripted_api):
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
