"""Tests of the typed control requests, their timeouts, and their refusals."""

import anyio
import pytest
import trio.testing
from peer import Peer, connected
from turns import turn

from claude_notebook import ClaudeSDKClient, ToolResultBlock, UserMessage, create_sdk_mcp_server
from claude_notebook.errors import ControlRequestError, ControlTimeoutError, OptionsError
from claude_notebook.testing import Use, script

ON_ASYNCIO = pytest.mark.parametrize("anyio_backend", ["asyncio"])

# subtype -> (call, other fields of the request, response of the CLI, return value)
CALLS = {
    "interrupt": (lambda c: c.interrupt(), {}, {}, None),
    "set_model": (lambda c: c.set_model("opus"), {"model": "opus"}, {}, None),
    "set_permission_mode": (lambda c: c.set_permission_mode("plan"), {"mode": "plan"}, {}, None),
    "set_max_thinking_tokens": (
        lambda c: c.set_max_thinking_tokens(0), {"max_thinking_tokens": 0}, {}, None,
    ),
    "mcp_status": (lambda c: c.get_mcp_status(), {}, {"mcpServers": []}, {"mcpServers": []}),
    "mcp_set_servers": (
        lambda c: c.set_mcp_servers({"a": {"command": "x"}}),
        {"servers": {"a": {"command": "x"}}}, {"added": ["a"]}, {"added": ["a"]},
    ),
    "mcp_reconnect": (lambda c: c.reconnect_mcp_server("a"), {"serverName": "a"}, None, None),
    "mcp_toggle": (
        lambda c: c.toggle_mcp_server("a", False), {"serverName": "a", "enabled": False}, {}, None,
    ),
    "get_context_usage": (lambda c: c.get_context_usage(), {}, {"totalTokens": 1},
                          {"totalTokens": 1}),
    "get_usage": (lambda c: c.get_usage(), {}, {"session": {}}, {"session": {}}),
    "get_settings": (lambda c: c.get_settings(), {}, {"effective": {}}, {"effective": {}}),
    "apply_flag_settings": (
        lambda c: c.apply_flag_settings({"model": "opus"}), {"settings": {"model": "opus"}}, {},
        None,
    ),
    "rewind_files": (
        lambda c: c.rewind_files("u1", dry_run=True), {"user_message_id": "u1", "dry_run": True},
        {"canRewind": True}, {"canRewind": True},
    ),
    "stop_task": (lambda c: c.stop_task("t1"), {"task_id": "t1"}, {}, None),
    "cancel_async_message": (
        lambda c: c.cancel_async_message("m1"), {"message_uuid": "m1"}, {"cancelled": True}, True,
    ),
    "end_session": (lambda c: c.end_session(), {}, {}, None),
}  # fmt: skip


@pytest.mark.anyio
@ON_ASYNCIO
@pytest.mark.parametrize("subtype", CALLS)
async def test_controls_send_and_decode_each_request(subtype):
    call, payload, answer, returned = CALLS[subtype]
    peer = Peer()

    async def reply() -> None:
        peer.answer(await peer.hear(subtype), answer)

    async with connected(peer) as client, anyio.create_task_group() as group:
        group.start_soon(reply)
        assert await call(client) == returned
    sent = (await peer.hear(subtype))["request"]
    assert {key: value for key, value in sent.items() if key != "subtype"} == payload


@pytest.mark.anyio
@ON_ASYNCIO
@pytest.mark.parametrize("subtype", CALLS)
async def test_controls_raise_a_refusal_with_its_reason(subtype):
    peer = Peer()

    async def refuse() -> None:
        peer.answer(await peer.hear(subtype), error="not today")

    async with connected(peer) as client, anyio.create_task_group() as group:
        group.start_soon(refuse)
        with pytest.raises(ControlRequestError, match="not today") as caught:
            await CALLS[subtype][0](client)
    assert caught.value.request == subtype


@pytest.mark.parametrize("subtype", CALLS)
def test_controls_raise_a_timeout_without_a_response(subtype):
    async def ask() -> ControlTimeoutError:
        async with connected(Peer()) as client:
            with pytest.raises(ControlTimeoutError, match="disconnect") as caught:
                await CALLS[subtype][0](client)
        return caught.value

    # The clock jumps to the next event.
    error = trio.run(ask, clock=trio.testing.MockClock(autojump_threshold=0))
    assert isinstance(error, TimeoutError)
    assert (error.request, 0 < error.seconds <= 60) == (subtype, True)


@pytest.mark.anyio
@ON_ASYNCIO
async def test_controls_return_an_empty_object_for_other_responses():
    peer = Peer()
    peer.on_line = lambda line: (
        line["type"] == "control_request"
        and line["request"]["subtype"] != "initialize"
        and peer.answer(line, "well")
    )

    async with connected(peer) as client:
        assert await client.get_usage() == {}
        assert await client.cancel_async_message("m1") is False


# --- MCP servers ----------------------------------------------------------------------------------


def add(a: int, b: int) -> str:
    """Add two numbers."""
    return f"{a} + {b} = {a + b}"


async def raised() -> str:
    """Return the name of this tool."""
    return "raised"


def results(messages: list) -> list:
    return [
        block.content[0]["text"] if isinstance(block.content, list) else block.content
        for message in messages
        if isinstance(message, UserMessage) and isinstance(message.content, list)
        for block in message.content
        if isinstance(block, ToolResultBlock)
    ]


@pytest.mark.anyio
@pytest.mark.parametrize(("before", "anyio_backend"), [(None, "trio"), ("a server", "asyncio")])
async def test_set_mcp_servers_exchanges_tools_in_a_running_conversation(before, real_options):
    servers = {"calc": create_sdk_mcp_server("calc", tools=[add])}
    rules = {"allowed_tools": ["mcp__calc", "mcp__more"]}
    options = real_options(**rules, mcp_servers=servers if before else {})

    async with ClaudeSDKClient(options) as client:
        if not before:
            assert (await client.set_mcp_servers(servers))["added"] == ["calc"]
        sum_up = Use("mcp__calc__add", {"a": 1, "b": 2})
        assert results(await turn(client, script(sum_up, "Done."))) == ["1 + 2 = 3"]

        more = {**servers, "more": create_sdk_mcp_server("more", tools=[raised])}
        assert (await client.set_mcp_servers(more))["added"] == ["more"]
        both = script([sum_up, Use("mcp__more__raised")], "Done.")
        assert results(await turn(client, both)) == ["1 + 2 = 3", "raised"]

        other = {"calc": create_sdk_mcp_server("calc", tools=[raised])}
        await client.set_mcp_servers({})
        await client.set_mcp_servers(other)
        result = results(await turn(client, script(Use("mcp__calc__raised"), "Done.")))
        assert result == ["raised"]
        assert [item["name"] for item in (await client.get_mcp_status())["mcpServers"]] == ["calc"]


@pytest.mark.anyio
@ON_ASYNCIO
async def test_set_mcp_servers_refused_by_the_cli_changes_nothing():
    peer = Peer()
    servers = {"calc": create_sdk_mcp_server("calc", tools=[add])}

    async def refuse() -> None:
        request = await peer.hear("mcp_set_servers")
        assert request["request"]["servers"] == {"more": {"type": "sdk", "name": "more"}}
        peer.answer(request, error="no")

    async def answered(server: str) -> str:
        peer.ask(server, "mcp_message", server_name=server, message=LIST)
        answers = [line for line in peer.heard if line["type"] == "control_response"]
        return str(await peer.hear("control_response", len(answers) + 1))

    async with connected(peer, mcp_servers=servers) as client:
        async with anyio.create_task_group() as group:
            group.start_soon(refuse)
            with pytest.raises(ControlRequestError):
                await client.set_mcp_servers({"more": create_sdk_mcp_server("more", tools=[add])})
        assert "Add two numbers" in await answered("calc")
        assert "no server is named 'more'" in await answered("more")


LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


@pytest.mark.anyio
@ON_ASYNCIO
@pytest.mark.parametrize(
    "servers", ["calc", {"a": "x"}, {7: {}}, {"a": {"type": "sdk"}}, {"a": {"command": {1}}}, None]
)
async def test_set_mcp_servers_rejects_malformed_servers(servers):
    peer = Peer()
    async with connected(peer) as client:
        with pytest.raises(OptionsError) as caught:
            await client.set_mcp_servers(servers)
    assert caught.value.field == "mcp_servers"
    assert not [line for line in peer.heard if "mcp_set_servers" in str(line)]
