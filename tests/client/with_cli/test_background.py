"""Background work with the real CLI: `query()` serves callbacks until the CLI is idle."""

import anyio
import pytest
from turns import texts, turn

from claude_notebook import (
    AssistantMessage,
    ClaudeSDKClient,
    HookMatcher,
    PermissionResultAllow,
    ResultMessage,
    SessionStateMessage,
    ToolResultBlock,
    TurnTimeoutError,
    UserMessage,
    create_sdk_mcp_server,
    query,
    query_with_retry,
    tool,
)
from claude_notebook.errors import APIError
from claude_notebook.replay import Replay
from claude_notebook.testing import Say, Status, Step, Use, script

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("anyio_backend", ["asyncio"]),
    pytest.mark.filterwarnings("ignore:can_use_tool will not be called"),
]

WORK = Use("Bash", {"command": "sleep 1; echo slept"})
TOUCH = Use("Bash", {"command": "touch done"})
COMMAND = Use("Bash", {"command": "sleep 1; echo slept", "run_in_background": True})
SERVER = Use("Bash", {"command": "tail -f /dev/null", "run_in_background": True})
ALLOWED = {"allowed_tools": ["Agent", "Bash(sleep*)", "Bash(tail*)"]}


def agent(*steps):
    """Build a call that starts a background subagent with its own script."""
    return Use(
        "Agent",
        {
            "description": "Work",
            "prompt": script(*steps),
            "subagent_type": "general-purpose",
            "run_in_background": True,
        },
    )


AGENT_ASKS = (agent(WORK, TOUCH, "sub"), "Started", "Back")
COMMAND_WAKES = (COMMAND, "Started", TOUCH, "Back")


def user(content):
    return {"type": "user", "message": {"role": "user", "content": content}}


async def stream_of(*prompts, pause=0.0):
    for prompt in prompts:
        yield user(prompt)
        await anyio.sleep(pause)


def results(messages):
    return [m for m in messages if isinstance(m, ResultMessage)]


def failed_tools(messages):
    return [
        block.content
        for message in messages
        if isinstance(message, UserMessage) and isinstance(message.content, list)
        for block in message.content
        if isinstance(block, ToolResultBlock) and block.is_error
    ]


class Permissions:
    """A `can_use_tool` that allows every call and records the commands."""

    def __init__(self):
        self.commands = []

    async def __call__(self, name, tool_input, context):
        self.commands.append(tool_input.get("command", name))
        return PermissionResultAllow()


@pytest.mark.parametrize("steps", [AGENT_ASKS, COMMAND_WAKES], ids=["agent", "command"])
async def test_query_requests_permissions_after_the_first_result(
    steps, real_options, project, no_process_left
):
    ask = Permissions()
    options = real_options(can_use_tool=ask, **ALLOWED)

    messages = [m async for m in query(prompt=script(*steps), options=options)]

    assert ask.commands == ["touch done"]
    assert (project / "done").exists()
    assert failed_tools(messages) == []
    assert len(results(messages)) == 2
    assert texts(messages)[-1] == "Back"
    assert not any(isinstance(m, SessionStateMessage) for m in messages)
    assert await no_process_left()


@pytest.mark.parametrize("steps", [AGENT_ASKS, COMMAND_WAKES], ids=["agent", "command"])
async def test_query_calls_hooks_after_the_first_result(steps, real_options, project):
    called = []

    async def note(data, tool_use_id, context):
        called.append(data["tool_input"].get("command", data["tool_name"]))
        return {}

    hooks = {"PreToolUse": [HookMatcher(hooks=[note])]}
    options = real_options(hooks=hooks, allowed_tools=["Agent", "Bash"])

    messages = [m async for m in query(prompt=script(*steps), options=options)]

    assert called[-1] == "touch done"
    assert (project / "done").exists()
    assert len(results(messages)) == 2


async def test_query_calls_in_process_tools_after_the_first_result(real_options):
    called = []

    @tool("mark", "Marks a place.", {"place": str})
    async def mark(args):
        called.append(args["place"])
        return {"content": [{"type": "text", "text": "marked"}]}

    use = Use("mcp__maps__mark", {"place": "here"})
    options = real_options(
        mcp_servers={"maps": create_sdk_mcp_server("maps", tools=[mark])},
        allowed_tools=["Agent", "Bash(sleep*)", "mcp__maps__mark"],
        env={"ENABLE_TOOL_SEARCH": "false"},
    )
    prompt = script(agent(WORK, use, "sub"), "Started", use, "Back")

    messages = [m async for m in query(prompt=prompt, options=options)]

    assert called == ["here", "here"]
    assert failed_tools(messages) == []
    assert len(results(messages)) == 2


async def test_query_without_callbacks_loses_no_turn(real_options, project):
    options = real_options(allowed_tools=["Agent", "Bash"])

    messages = [m async for m in query(prompt=script(*AGENT_ASKS), options=options)]

    assert (project / "done").exists()
    assert len(results(messages)) == 2


async def test_query_waits_for_nested_agents(real_options, project):
    ask = Permissions()
    options = real_options(can_use_tool=ask, **ALLOWED)
    prompt = script(agent(agent(WORK, TOUCH, "inner"), WORK, "sub", "more"), "Started", "Back")

    messages = [m async for m in query(prompt=prompt, options=options)]

    assert "touch done" in ask.commands
    assert failed_tools(messages) == []


@pytest.mark.parametrize("pause", [0.0, 2.5], ids=["ends before", "ends after"])
async def test_query_serves_background_work_of_a_prompt_stream(pause, real_options, project):
    ask = Permissions()
    options = real_options(can_use_tool=ask, **ALLOWED)
    prompts = stream_of(script(*AGENT_ASKS), "Say hello", pause=pause)

    messages = [m async for m in query(prompt=prompts, options=options)]

    assert ask.commands == ["touch done"]
    assert (project / "done").exists()
    assert failed_tools(messages) == []


async def test_query_ends_an_endless_command(real_options, no_process_left):
    options = real_options(
        can_use_tool=Permissions(), env={"CLAUDE_CODE_PRINT_BG_WAIT_CEILING_MS": "1500"}, **ALLOWED
    )

    messages = [m async for m in query(prompt=script(SERVER, "Started"), options=options)]

    assert len(results(messages)) == 1
    assert await no_process_left()


async def test_query_total_timeout_limits_background_work(real_options, no_process_left):
    options = real_options(total_timeout=2.5, allowed_tools=["Bash"])

    with pytest.raises(TurnTimeoutError):
        async for _ in query(prompt=script(SERVER, "Started"), options=options):
            pass
    assert await no_process_left()


async def test_query_idle_timeout_ignores_background_commands(real_options):
    options = real_options(idle_timeout=0.7, **ALLOWED)

    messages = [m async for m in query(prompt=script(COMMAND, "Started", "Back"), options=options)]

    assert texts(messages)[-1] == "Back"


async def test_query_loop_left_early_ends_background_work(real_options, no_process_left):
    options = real_options(allowed_tools=["Bash"])
    async with query(prompt=script(SERVER, "Started"), options=options) as stream:
        async for message in stream:
            if isinstance(message, ResultMessage):
                break
    assert await no_process_left()


async def test_query_raises_a_failure_after_its_agents_end(real_options, project):
    ask = Permissions()
    failing = Step(Say("never"), fails=Status(403))
    prompt = script(agent(WORK, TOUCH, "sub"), failing, "Back")
    options = real_options(can_use_tool=ask, **ALLOWED)

    with pytest.raises(APIError):
        async for _ in query(prompt=prompt, options=options):
            pass

    assert ask.commands == ["touch done"]
    assert (project / "done").exists()


async def test_query_with_retry_serves_background_work(real_options, project):
    ask = Permissions()
    options = real_options(can_use_tool=ask, **ALLOWED)

    messages = [m async for m in query_with_retry(script(*AGENT_ASKS), options)]

    assert ask.commands == ["touch done"]
    assert len(results(messages)) == 2


@pytest.mark.parametrize("steps", [AGENT_ASKS, COMMAND_WAKES], ids=["agent", "command"])
async def test_query_replays_background_work(steps, real_options, tmp_path):
    def options(mode):
        return real_options(
            can_use_tool=Permissions(), replay=Replay(tmp_path / "tapes", mode=mode), **ALLOWED
        )

    prompt = script(*steps)
    recorded = [m async for m in query(prompt=prompt, options=options("record"))]
    with anyio.fail_after(20):
        played = [m async for m in query(prompt=prompt, options=options("only"))]

    assert texts(played) == texts(recorded)
    assert len(results(played)) == len(results(recorded)) == 2
    assert [type(m) for m in played if isinstance(m, AssistantMessage)]


@pytest.mark.parametrize("start", [agent(WORK, WORK, "sub"), SERVER], ids=["agent", "command"])
async def test_query_replays_a_recording_that_ends_during_background_work(
    start, real_options, tmp_path
):
    def options(mode):
        replay = Replay(tmp_path / "tapes", mode=mode)
        return real_options(allowed_tools=["Agent", "Bash"], replay=replay)

    prompt = script(start, "Started", "Back")
    async with ClaudeSDKClient(options("record")) as client:
        recorded = await turn(client, prompt)
    with anyio.fail_after(20):
        played = [m async for m in query(prompt=prompt, options=options("only"))]

    assert [r.result for r in results(played)] == [r.result for r in results(recorded)]
    assert len(results(played)) == 1
