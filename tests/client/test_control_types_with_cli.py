"""The real CLI's objects have the fields that their types say."""

from typing import get_origin

import pytest
from turns import turn
from typing_extensions import NotRequired, get_type_hints

from claude_notebook import ClaudeSDKClient, HookMatcher, InitMessage, create_sdk_mcp_server, tool
from claude_notebook.client.controls import types as answers
from claude_notebook.hooks import inputs
from claude_notebook.messages import SystemInitData, SystemInitMcpServer
from claude_notebook.testing import Use, script

EVENTS = [
    "PreToolUse",
    "PostToolUse",
    "PostToolUseFailure",
    "UserPromptSubmit",
    "Stop",
    "SubagentStart",
    "SubagentStop",
]
DELEGATE = {
    "description": "a task",
    "prompt": script(Use("Bash", {"command": "echo hello"}), "I did it."),
    "subagent_type": "general-purpose",
    "run_in_background": False,
}
PROMPT = script(
    Use("Read", {"file_path": "/there/is/no/such/file"}), Use("Agent", DELEGATE), "Done."
)


def lacks(value: dict, kind: type) -> set[str]:
    """The fields of `kind` that `value` must have, and has not."""
    hints = get_type_hints(kind, include_extras=True)
    optional = {name for name, hint in hints.items() if get_origin(hint) is NotRequired}
    return kind.__required_keys__ - optional - set(value)


@tool
def add(a: int, b: int) -> int:
    """Adds."""
    return a + b


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_what_the_cli_sends_has_the_fields_of_its_type(real_options):
    told: list[dict] = []

    async def hook(given, tool_use_id, context):
        told.append(given)
        return {}

    options = real_options(
        hooks={event: [HookMatcher(hooks=[hook])] for event in EVENTS},
        allowed_tools=["Bash", "Agent", "Read"],
        mcp_servers={"nb": create_sdk_mcp_server("nb", tools=[add])},
    )
    async with ClaudeSDKClient(options) as client:
        messages = await turn(client, PROMPT)
        init = next(message for message in messages if isinstance(message, InitMessage)).data
        status = await client.get_mcp_status()
        usage = await client.get_context_usage()
        info = await client.get_server_info()

    assert not lacks(init, SystemInitData)
    assert not any(lacks(server, SystemInitMcpServer) for server in init["mcp_servers"])
    (server,) = status["mcpServers"]
    assert not lacks(server, answers.McpServerStatus)
    assert not lacks(server["serverInfo"], answers.McpServerInfo)
    assert not any(lacks(one, answers.McpToolInfo) for one in server["tools"])
    assert not lacks(usage, answers.ContextUsageResponse)
    assert not any(lacks(one, answers.ContextUsageCategory) for one in usage["categories"])
    assert {"commands", "models", "account", "pid"} <= set(info)
    assert {one["hook_event_name"] for one in told} == set(EVENTS)
    for one in told:
        assert not lacks(one, getattr(inputs, f"{one['hook_event_name']}HookInput")), one
    by_agent = {one.get("agent_type") for one in told if one["hook_event_name"] == "PreToolUse"}
    assert by_agent == {None, "general-purpose"}
