"""A client on trio with hooks, permissions, tools, controls, and an interrupt."""

import anyio
import anyio.lowlevel
import pytest
from turns import texts, turn

from claude_notebook import (
    ClaudeSDKClient,
    HookMatcher,
    PermissionResultAllow,
    ResultMessage,
    StreamEvent,
    create_sdk_mcp_server,
    tool,
)
from claude_notebook.testing import Step, Use, script

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["trio"])]

WORK = script(
    Use("Bash", {"command": "echo one > made"}), Use("mcp__nb__add", {"a": 1, "b": 2}), "Both done."
)


async def test_client_runs_all_features_on_trio(real_options, project, no_process_left):
    called = []

    @tool("add", "Add two numbers", {"a": int, "b": int})
    async def add(tool_input):
        await anyio.lowlevel.checkpoint()
        called.append(("tool", tool_input["a"] + tool_input["b"]))
        return {"content": [{"type": "text", "text": str(tool_input["a"] + tool_input["b"])}]}

    async def note(tool_input, tool_use_id, context):
        await anyio.lowlevel.checkpoint()
        called.append((tool_input["hook_event_name"], tool_input["tool_name"]))
        return {}

    async def allow(name, tool_input, context):
        await anyio.lowlevel.checkpoint()
        called.append(("asked", name))
        return PermissionResultAllow()

    options = real_options(
        hooks={
            "PreToolUse": [HookMatcher(None, [note])],
            "PostToolUse": [HookMatcher(None, [note])],
        },
        can_use_tool=allow,
        mcp_servers={"nb": create_sdk_mcp_server("nb", tools=[add])},
        include_partial_messages=True,
    )
    async with ClaudeSDKClient(options) as client:
        messages = await turn(client, WORK)
        assert texts(messages) == ["Both done."]
        assert (project / "made").read_text() == "one\n"

        await client.query(script(Step("x" * 20_000, chunk=1, delay=0.01)))
        async for message in client.receive_response():
            if isinstance(message, StreamEvent):
                await client.interrupt()
                break
        *_, last = [message async for message in client.receive_response()]
        assert isinstance(last, ResultMessage)

        await client.set_permission_mode("plan")
        assert texts(await turn(client, "and now?")) == ["You said: and now?"]

    assert called == [
        ("PreToolUse", "Bash"),
        ("asked", "Bash"),
        ("PostToolUse", "Bash"),
        ("PreToolUse", "mcp__nb__add"),
        ("asked", "mcp__nb__add"),
        ("tool", 3),
        ("PostToolUse", "mcp__nb__add"),
    ]
    assert await no_process_left()
