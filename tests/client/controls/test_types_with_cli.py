"""The real CLI's responses have the fields of their types."""

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
    """List the required fields of the TypedDict `kind` that `value` lacks."""
    hints = get_type_hints(kind, include_extras=True)
    optional = {name for name, hint in hints.items() if get_origin(hint) is NotRequired}
    return kind.__required_keys__ - optional - set(value)


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_cli_objects_have_the_fields_of_their_types(real_options):
    hook_inputs: list[dict] = []

    async def hook(hook_input, tool_use_id, context):
        hook_inputs.append(hook_input)
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
    assert not any(lacks(item, answers.McpToolInfo) for item in server["tools"])
    assert not lacks(usage, answers.ContextUsageResponse)
    assert not any(lacks(item, answers.ContextUsageCategory) for item in usage["categories"])
    assert {"commands", "models", "account", "pid"} <= set(info)
    assert {item["hook_event_name"] for item in hook_inputs} == set(EVENTS)
    for item in hook_inputs:
        assert not lacks(item, getattr(inputs, f"{item['hook_event_name']}HookInput")), item
    by_agent = {
        item.get("agent_type") for item in hook_inputs if item["hook_event_name"] == "PreToolUse"
    }
    assert by_agent == {None, "general-purpose"}
