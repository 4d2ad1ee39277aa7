"""Conversations with the real CLI: tools, permissions, hooks, failures, and cleanup."""

import anyio
import psutil
import pytest
from processes import living_at, until
from turns import texts, turn

from claude_notebook import (
    ClaudeSDKClient,
    HookMatcher,
    InitMessage,
    PermissionResultAllow,
    PermissionResultDeny,
    ResultMessage,
    RetryConfig,
    StreamEvent,
    ToolResultBlock,
    UserMessage,
    query,
)
from claude_notebook.errors import (
    APIConnectionError,
    AuthenticationError,
    BillingError,
    InvalidRequestError,
    OverloadedError,
    PermissionDeniedError,
    RateLimitError,
    ResultError,
    ServerError,
    SessionNotFoundError,
)
from claude_notebook.testing import Cut, Hang, Say, Status, Step, Think, Use, script

pytestmark = pytest.mark.anyio
ASYNCIO = pytest.mark.parametrize("anyio_backend", ["asyncio"])
"""Marks tests that do not depend on the event loop, since a CLI takes 0.5 seconds to start."""


def on_both_loops(first: object, *others: object) -> list:
    """Return (case, anyio_backend) pairs: the first case on both event loops, the others on one."""
    return [(first, "asyncio"), (first, "trio"), *((other, "asyncio") for other in others)]


SLEEP = Use("Bash", {"command": "touch begun; sleep 61"})


async def of(*messages: dict):
    for message in messages:
        yield message


def user(content: object) -> dict:
    return {"type": "user", "message": {"role": "user", "content": content}}


def results(messages: list) -> list[ToolResultBlock]:
    return [
        block
        for message in messages
        if isinstance(message, UserMessage) and isinstance(message.content, list)
        for block in message.content
        if isinstance(block, ToolResultBlock)
    ]


def content_of(request: object) -> str:
    return str(request.body["messages"])


# --- query() --------------------------------------------------------------------------------------


@ASYNCIO
@pytest.mark.parametrize(
    ("prompt", "answers"),
    [
        (lambda: "What\u2028is {x}? 🎉", ["You said: What\u2028is {x}? 🎉"]),
        (lambda: "half a \ud800 character", ["You said: half a ? character"]),
        (lambda: [{"type": "text", "text": "blocks"}], ["You said: blocks"]),
        (lambda: of(user("one")), ["You said: one"]),
        (lambda: script([Think("Hm."), "Two."], "never"), ["Two."]),
    ],
    ids=["text", "surrogate", "blocks", "stream", "script"],
)
async def test_query_answers_each_kind_of_prompt(prompt, answers, real_options, no_process_left):
    messages = [m async for m in query(prompt=prompt(), options=real_options())]

    assert texts(messages) == answers
    assert isinstance(messages[0], InitMessage)
    assert isinstance(messages[-1], ResultMessage)
    assert messages[-1].cost_usd == messages[-1].total_cost_usd > 0
    assert await no_process_left()


@ASYNCIO
async def test_query_keeps_a_prompt_stream_in_one_conversation(real_options, scripted_api):
    stream = query(prompt=of(user("one"), user("two"), user("three")), options=real_options())

    messages = [m async for m in stream]

    text = " ".join(texts(messages))
    assert all(word in text for word in ("one", "two", "three"))
    assert "one" in content_of(scripted_api.turns[-1])
    assert len({m.session_id for m in messages if isinstance(m, ResultMessage)}) == 1


@ASYNCIO
async def test_query_sends_a_prompt_of_1_mb(real_options, scripted_api):
    prompt = "é'\"\\$(x)\n" * 100_000
    async for message in query(prompt=prompt, options=real_options()):
        last = message

    assert last.is_error is False
    sent = [
        block["text"]
        for message in scripted_api.turns[0].body["messages"]
        for block in message["content"]
        if message["role"] == "user" and block["type"] == "text"
    ]
    assert any(prompt.strip() in text for text in sent)


@ASYNCIO
async def test_client_runs_tools_on_real_files(real_options, project):
    prompt = script(
        Use("Write", {"file_path": f"{project}/a.txt", "content": "é\n"}),
        Use("Bash", {"command": "wc -c < a.txt"}),
        "Done.",
    )
    allowed = real_options(allowed_tools=["Write", "Bash(wc *)"], include_partial_messages=True)

    messages = [m async for m in query(prompt=prompt, options=allowed)]

    assert (project / "a.txt").read_text() == "é\n"
    assert results(messages)[1].content.strip() == "3"
    assert any(isinstance(m, StreamEvent) for m in messages)


# --- turns ----------------------------------------------------------------------------------------


async def test_client_reports_the_cost_of_each_turn(real_options, scripted_api, no_process_left):
    async with ClaudeSDKClient(real_options()) as client:
        first = (await turn(client, "one"))[-1]
        second = (await turn(client, "two"))[-1]
        assert client.alive
        assert living_at(real_options().env["HOME"])
        assert psutil.pid_exists(client.pid)
        assert (await client.get_server_info())["pid"] == client.pid

    assert first.session_id == second.session_id
    assert first.cost_usd == first.total_cost_usd > 0
    assert second.cost_usd == pytest.approx(second.total_cost_usd - first.total_cost_usd)
    assert client.total_cost_usd == second.total_cost_usd
    assert "one" in content_of(scripted_api.turns[-1])
    assert await no_process_left()


@ASYNCIO
async def test_client_changes_model_and_mode_between_turns(real_options, scripted_api, project):
    write = script(Use("Write", {"file_path": f"{project}/a.txt", "content": "a"}), "Done.")
    async with ClaudeSDKClient(real_options(permission_mode="plan")) as client:
        await client.set_model("claude-haiku-4-5")
        await turn(client, "hello")
        assert scripted_api.turns[-1].body["model"] == "claude-haiku-4-5"
        await client.set_model()
        await turn(client, "hello")
        assert scripted_api.turns[-1].body["model"] != "claude-haiku-4-5"

        await client.set_permission_mode("acceptEdits")
        await turn(client, write)

    assert (project / "a.txt").read_text() == "a"


STREAMS = Step("word " * 200, chunk=5, delay=0.05)


@pytest.mark.parametrize(
    ("step", "anyio_backend"),
    on_both_loops(STREAMS, SLEEP, Step("x", fails=Hang(after="start"))),
    ids=["streams", "streams on trio", "tool", "silent"],
)
async def test_interrupt_stops_the_turn_and_keeps_the_client_usable(
    step, real_options, project, scripted_api
):
    allowed = real_options(allowed_tools=["Bash"], include_partial_messages=True)
    async with ClaudeSDKClient(allowed) as client:
        await client.query(script(step, "never said"))
        await anyio.to_thread.run_sync(scripted_api.wait_for, lambda api: api.turns)
        if step is SLEEP:
            await anyio.to_thread.run_sync(until, (project / "begun").exists)
        await client.interrupt()
        messages = [m async for m in client.receive_response()]

        assert messages[-1].subtype == "error_during_execution"
        assert "never said" not in texts(messages)
        assert texts(await turn(client, "still there?")) == ["You said: still there?"]
        # An interrupt between turns has no effect.
        await client.interrupt()
        assert texts(await turn(client, "and now?")) == ["You said: and now?"]


@ASYNCIO
async def test_interrupt_works_with_thousands_of_unread_messages(real_options, project):
    allowed = real_options(allowed_tools=["Bash"], include_partial_messages=True)
    async with ClaudeSDKClient(allowed) as client:
        await client.query(script(Step(["x" * 5000, SLEEP], chunk=1), "never said"))
        await anyio.to_thread.run_sync(until, (project / "begun").exists, 30)

        await client.interrupt()

        messages = [m async for m in client.receive_response()]
    assert len([m for m in messages if isinstance(m, StreamEvent)]) > 5000
    assert messages[-1].subtype == "error_during_execution"


@ASYNCIO
async def test_clients_run_several_conversations_at_once(real_options, no_process_left):
    answers = {}

    async def talk(name: str) -> None:
        async with ClaudeSDKClient(real_options()) as client:
            for number in range(3):
                answers[name, number] = texts(await turn(client, f"{name} {number}"))

    async with anyio.create_task_group() as group:
        for name in "abc":
            group.start_soon(talk, name)

    assert answers == {(n, i): [f"You said: {n} {i}"] for n in "abc" for i in range(3)}
    assert await no_process_left()


# --- permissions and hooks ------------------------------------------------------------------------


def answering(*answers: object):
    """Return a handler that gives `answers` in turn, and the list of its calls."""
    calls, left = [], list(answers)

    async def handler(tool, tool_input, context):
        calls.append((tool, dict(tool_input), context))
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handler, calls


async def test_can_use_tool_allows_changes_and_denies_calls(real_options, project):
    handler, calls = answering(
        PermissionResultAllow(),
        PermissionResultAllow(updated_input={"command": "echo changed"}),
        PermissionResultDeny(message="Not that one."),
        RuntimeError("the dialog broke"),
        PermissionResultAllow(updated_input={"x": object()}),
    )
    steps = [Use("Bash", {"command": f"touch {n}"}) for n in "abcde"]

    async with ClaudeSDKClient(real_options(can_use_tool=handler)) as client:
        messages = await turn(client, script(*steps, "Done."))

    assert [(tool, tool_input["command"]) for tool, tool_input, _ in calls] == [
        ("Bash", f"touch {n}") for n in "abcde"
    ]
    assert all(context.tool_use_id for _, _, context in calls)
    allowed, changed, denied, broken, unsaid = results(messages)
    assert not allowed.is_error
    assert changed.content == "changed"
    assert (denied.is_error, denied.content) == (True, "Not that one.")
    assert "the dialog broke" in broken.content
    assert "cannot be sent as JSON" in unsaid.content
    assert [path.name for path in project.iterdir()] == ["a"]
    assert texts(messages) == ["Done."]


@ASYNCIO
async def test_can_use_tool_denial_can_end_the_turn(real_options):
    handler, _ = answering(PermissionResultDeny(message="Stop.", interrupt=True))

    async with ClaudeSDKClient(real_options(can_use_tool=handler)) as client:
        messages = await turn(client, script(Use("Bash", {"command": "touch a"}), "never said"))

        assert "never said" not in texts(messages)
        assert isinstance(messages[-1], ResultMessage)
        assert texts(await turn(client, "still there?")) == ["You said: still there?"]


@ASYNCIO
async def test_permission_update_prevents_repeated_requests(real_options):
    async def handler(tool, tool_input, context):
        paths.append(tool_input["file_path"])
        return PermissionResultAllow(updated_permissions=context.suggestions)

    paths = []
    steps = [Use("Write", {"file_path": f"{n}.txt", "content": n}) for n in "abc"]

    async with ClaudeSDKClient(real_options(can_use_tool=handler)) as client:
        messages = await turn(client, script(*steps, "Done."))

    assert len(paths) == 1
    assert [block.is_error for block in results(messages)] == [None] * 3


@ASYNCIO
async def test_interrupt_withdraws_an_open_permission_request(real_options):
    began, ended = anyio.Event(), anyio.Event()

    async def handler(tool, tool_input, context):
        began.set()
        try:
            await anyio.sleep_forever()
        finally:
            ended.set()

    async with ClaudeSDKClient(real_options(can_use_tool=handler)) as client:
        await client.query(script(Use("Bash", {"command": "touch a"}), "never said"))
        await began.wait()
        await client.interrupt()
        await ended.wait()
        messages = [m async for m in client.receive_response()]

        assert messages[-1].subtype == "error_during_execution"
        assert texts(await turn(client, "still there?")) == ["You said: still there?"]


@ASYNCIO
async def test_hooks_block_extend_and_survive_failures(real_options, project, scripted_api):
    calls = []

    async def before(hook_input, tool_use_id, context):
        calls.append(
            (hook_input["hook_event_name"], hook_input["tool_input"]["command"], bool(tool_use_id))
        )
        if "forbidden" not in hook_input["tool_input"]["command"]:
            return {}
        decision = {"permissionDecision": "deny", "permissionDecisionReason": "The hook says no."}
        return {"hookSpecificOutput": {"hookEventName": "PreToolUse", **decision}}

    async def prompted(hook_input, tool_use_id, context):
        added = {"hookEventName": "UserPromptSubmit", "additionalContext": "FROM THE HOOK"}
        return {"hookSpecificOutput": added}

    async def broken(hook_input, tool_use_id, context):
        calls.append((hook_input["hook_event_name"], hook_input["tool_response"]["stdout"], True))
        raise RuntimeError("the hook broke")

    hooks = {
        "PreToolUse": [HookMatcher("Bash", [before])],
        "UserPromptSubmit": [HookMatcher(hooks=[prompted])],
        "PostToolUse": [HookMatcher("Write|Bash", [broken], timeout=5)],
    }
    steps = [Use("Bash", {"command": f"echo {word}"}) for word in ("fine", "forbidden")]

    async with ClaudeSDKClient(real_options(hooks=hooks, allowed_tools=["Bash"])) as client:
        messages = await turn(client, script(*steps, "Done."))
        assert texts(await turn(client, "still there?")) == ["You said: still there?"]

    fine, forbidden = results(messages)
    assert fine.content == "fine"
    assert "The hook says no." in forbidden.content
    assert "FROM THE HOOK" in content_of(scripted_api.turns[0])
    assert calls == [
        ("PreToolUse", "echo fine", True),
        ("PostToolUse", "fine", True),
        ("PreToolUse", "echo forbidden", True),
    ]


# --- resume and fork ------------------------------------------------------------------------------


@ASYNCIO
async def test_options_resume_continue_and_fork_a_conversation(real_options, scripted_api):
    async def ask(prompt: str, **more: object) -> ResultMessage:
        *_, result = [m async for m in query(prompt=prompt, options=real_options(**more))]
        return result

    first = await ask("The word is plum.")
    second = await ask("Resumed?", resume=first.session_id)
    third = await ask("Continued?", continue_conversation=True)
    fork = await ask("Forked?", resume=first.session_id, fork_session=True)

    assert first.session_id == second.session_id == third.session_id != fork.session_id
    assert all("plum" in content_of(request) for request in scripted_api.turns)
    totals = [result.total_cost_usd for result in (first, second, third)]
    assert totals == sorted(totals)
    for result, before in ((second, first), (third, second)):
        expected = result.total_cost_usd - before.total_cost_usd
        assert result.cost_usd is None or result.cost_usd == pytest.approx(expected)


@ASYNCIO
async def test_session_id_is_used_and_an_unknown_one_is_rejected(real_options, no_process_left):
    mine = "0e0e0e0e-1111-4222-8333-444444444444"
    *_, result = [m async for m in query(prompt="x", options=real_options(session_id=mine))]
    assert result.session_id == mine

    unknown = real_options(resume="0f0f0f0f-1111-4222-8333-444444444444")
    with pytest.raises(SessionNotFoundError, match="Leave out `resume`"):
        await ClaudeSDKClient(unknown).connect()
    with pytest.raises(SessionNotFoundError, match="0f0f0f0f"):
        await anext(query(prompt="x", options=unknown))
    assert await no_process_left()


# --- API failures ---------------------------------------------------------------------------------

FAILURES = [
    (Status(400), InvalidRequestError, 400),
    (Status(400, message="Your credit balance is too low"), BillingError, 400),
    (Status(401), AuthenticationError, 401),
    (Status(403), PermissionDeniedError, 403),
    (Status(404), InvalidRequestError, 404),
    (Status(413), InvalidRequestError, 413),
    (Status(429, headers={"retry-after": "3600"}), RateLimitError, 429),
    (Status(500), ServerError, 500),
    (Status(529), OverloadedError, 529),
    (Cut(), APIConnectionError, None),
]


@ASYNCIO
async def test_receive_turn_raises_each_api_failure_and_stays_usable(real_options):
    no_retries = real_options(env={"CLAUDE_CODE_MAX_RETRIES": "0"})
    async with ClaudeSDKClient(no_retries) as client:
        for failure, kind, status in FAILURES:
            seen = []

            async def read(seen: list = seen) -> None:
                async for message in client.receive_turn():
                    seen.append(message)

            await client.query(script(Step("never said", fails=failure)))
            with pytest.raises(kind) as caught:
                await read()

            assert (type(caught.value), caught.value.status) == (kind, status)
            assert caught.value.result_message is seen[-1]
            assert caught.value.advice in str(caught.value)
            assert texts(await turn(client, "well?")) == ["You said: well?"]


@ASYNCIO
@pytest.mark.parametrize("failure", [failure for failure, _, _ in FAILURES[::3]], ids=repr)
async def test_receive_response_ends_after_a_failed_turn(failure, real_options):
    no_retries = real_options(env={"CLAUDE_CODE_MAX_RETRIES": "0"})
    async with ClaudeSDKClient(no_retries) as client:
        await client.query(script(Step("never said", fails=failure)))
        *_, result = [message async for message in client.receive_response()]

        assert (type(result), result.is_error) == (ResultMessage, True)
        assert texts(await turn(client, "well?")) == ["You said: well?"]


@ASYNCIO
async def test_receive_response_does_not_raise_failures_that_the_cli_retries(real_options):
    step = Step("At last.", fails=[Status(500, times=1), Cut(after="start", times=1)])

    messages = [m async for m in query(prompt=script(step), options=real_options())]

    assert texts(messages)[-1] == "At last."
    assert [type(m).__name__ for m in messages].count("APIRetryMessage") == 2


@ASYNCIO
async def test_query_without_login_raises_authentication_error(real_options, no_process_left):
    nobody = real_options(env={"ANTHROPIC_API_KEY": ""})
    messages = []

    async def read() -> None:
        async for message in query(prompt="hello", options=nobody):
            messages.append(message)

    with pytest.raises(AuthenticationError, match="ANTHROPIC_API_KEY"):
        await read()
    assert isinstance(messages[-1], ResultMessage)
    assert await no_process_left()


@ASYNCIO
@pytest.mark.parametrize(
    ("bound", "subtype"),
    [({"max_turns": 1}, "error_max_turns"), ({"max_budget_usd": 1e-9}, "error_max_budget_usd")],
)
async def test_query_raises_at_limits_after_the_result(bound, subtype, real_options):
    prompt = script(Use("Bash", {"command": "echo a"}), Say("never said"))
    messages = []

    async def read() -> None:
        async for message in query(prompt=prompt, options=real_options(**bound)):
            messages.append(message)

    with pytest.raises(ResultError, match=f"Increase `{next(iter(bound))}`") as caught:
        await read()

    assert caught.value.subtype == messages[-1].subtype == subtype
    assert caught.value.is_limit
    assert RetryConfig().delay(caught.value, 1) is None


@ASYNCIO
@pytest.mark.parametrize("bound", [{"max_turns": 1}, {"max_budget_usd": 1e-9}])
async def test_client_ends_a_turn_at_limits_without_an_exception(bound, real_options):
    prompt = script(Use("Bash", {"command": "echo a"}), Say("never said"))
    async with ClaudeSDKClient(real_options(**bound)) as client:
        await client.query(prompt)
        *_, result = [message async for message in client.receive_turn()]

    assert result.is_error


@ASYNCIO
async def test_prompt_without_a_turn_becomes_context_of_the_next(real_options, scripted_api):
    async def prompts():
        for content, fields in [("The word is plum.", {"shouldQuery": False}), ("And now?", {})]:
            yield {"type": "user", "message": {"role": "user", "content": content}, **fields}

    with anyio.fail_after(60):
        messages = [m async for m in query(prompt=prompts(), options=real_options())]

    assert [m.num_turns for m in messages if isinstance(m, ResultMessage)] == [0, 1]
    assert len(scripted_api.turns) == 1
    sent = str(scripted_api.turns[-1].body["messages"])
    assert "The word is plum." in sent
    assert "And now?" in sent


REJECTED = [
    (Status(401), AuthenticationError),
    (Status(401, message="OAuth token has expired"), AuthenticationError),
    (Status(402, message="Payment required"), BillingError),
]


@ASYNCIO
@pytest.mark.parametrize(("failure", "kind"), REJECTED)
@pytest.mark.parametrize("front", ["query", "client"])
async def test_rejected_key_fails_at_once(front, failure, kind, real_options, no_process_left):
    prompt = script(Step("never said", fails=failure))
    with anyio.fail_after(15):
        if front == "query":
            with pytest.raises(kind):
                [_ async for _ in query(prompt=prompt, options=real_options())]
        else:
            async with ClaudeSDKClient(real_options()) as client:
                with pytest.raises(kind):
                    [_ async for _ in client.ask(prompt)]
                assert texts(await turn(client, "well?")) == ["You said: well?"]
    assert await no_process_left()
