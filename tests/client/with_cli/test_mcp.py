"""In-process tools, called by the real CLI."""

import base64
import contextvars
import json
import os
import subprocess
import sys
import threading
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from claude_notebook import (
    ClaudeCodeOptions,
    ClaudeSDKClient,
    OptionsError,
    PermissionResultAllow,
    PermissionResultDeny,
    ResultMessage,
    ToolAnnotations,
    ToolResultBlock,
    UserMessage,
    create_sdk_mcp_server,
    query,
    tool,
)
from claude_notebook.testing import Step, Use, script

pytestmark = pytest.mark.anyio

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR4nGM4ISeHFTEMLQkAkL9BAbKfPiIAAAAASUVO"
    "RK5CYII="
)
VARIABLE = contextvars.ContextVar("variable", default="unset")


@pytest.fixture
def options_of(claude_cli, claude_env, tmp_path):
    """Build options with `tools`, all of them allowed."""

    def make(*tools, allowed=("mcp__nb",), server=None, **more) -> ClaudeCodeOptions:
        servers = {"nb": server or create_sdk_mcp_server("nb", tools=tools)}
        return ClaudeCodeOptions(
            cli_path=claude_cli,
            env=claude_env,
            cwd=tmp_path,
            setting_sources=[],
            **{"mcp_servers": servers, "allowed_tools": list(allowed), **more},
        )

    return make


@pytest.fixture
def connected(options_of):
    """Connect a client with `tools`."""

    @asynccontextmanager
    async def connect(*tools, **options):
        async with ClaudeSDKClient(options_of(*tools, **options)) as client:
            yield client

    return connect


async def turn(client: ClaudeSDKClient, *steps: Any) -> list[ToolResultBlock]:
    """Return the tool results of one turn."""
    await client.query(script(*steps))
    return [block async for block in results(client)]


async def results(client: ClaudeSDKClient):
    async for message in client.receive_response():
        if isinstance(message, UserMessage) and isinstance(message.content, list):
            for block in message.content:
                if isinstance(block, ToolResultBlock):
                    yield block


def call(name: str, /, **arguments: Any) -> Use:
    return Use(f"mcp__nb__{name}", arguments)


def texts(blocks: list[ToolResultBlock]) -> list[str]:
    """Return the text of each result; the CLI writes errors as plain text."""
    return [
        block.content
        if isinstance(block.content, str)
        else "".join(item.get("text", "(picture)") for item in block.content)
        for block in blocks
    ]


@tool
def add(a: float, b: float = 1.0) -> float:
    """Add."""
    return a + b


@tool("greet", "Greets", {"name": str})
async def greet(args):
    return {"content": [{"type": "text", "text": f"Hällo {args['name']} \u2028"}]}


# --- calls and results ----------------------------------------------------------------------------


async def test_tools_of_both_forms_are_called(connected):
    async with connected(add, greet) as client:
        blocks = await turn(client, call("add", a=1), call("greet", name="ü"), "Done.")
    assert texts(blocks) == ["2.0", "Hällo ü \u2028"]
    assert [bool(block.is_error) for block in blocks] == [False, False]


async def test_tool_return_values_reach_the_model(connected, scripted_api):
    @tool
    def structure() -> Any:
        return {"a": [1, "ü"]}

    @tool
    async def nothing() -> None: ...

    @tool
    def picture() -> Any:
        return ["A picture:", PNG]

    async with connected(structure, nothing, picture) as client:
        await turn(client, call("structure"), call("nothing"), call("picture"), "Done.")
    sent = [
        block
        for message in scripted_api.turns[-1].body["messages"]
        if isinstance(message["content"], list)
        for block in message["content"]
        if block["type"] == "tool_result"
    ]
    assert sent[0]["content"] == [{"type": "text", "text": '{"a":[1,"ü"]}'}]
    assert "no output" in sent[1]["content"]
    assert sent[2]["content"][0] == {"type": "text", "text": "A picture:"}
    assert sent[2]["content"][1]["type"] == "image"
    assert sent[2]["content"][1]["source"]["media_type"] == "image/png"


async def test_tool_errors_reach_the_model(connected):
    @tool
    def fails() -> None:
        raise LookupError("no table 'x'")

    @tool
    async def leaves() -> None:
        sys.exit(3)

    @tool
    async def cancels_itself() -> None:
        raise anyio.get_cancelled_exc_class()

    # Trio cancellations cannot be raised by hand.
    tools = [fails, leaves, add]
    calls = [call("fails"), call("leaves"), call("add", a="x", c=1), call("nowhere")]
    is_asyncio = anyio.get_cancelled_exc_class().__name__ == "CancelledError"
    if is_asyncio:
        tools.append(cancels_itself)
        calls.append(call("cancels_itself"))
    async with connected(*tools) as client:
        blocks = await turn(client, *calls, "Done.")
        assert texts(await turn(client, call("add", a=1), "Done.")) == ["2.0"]
    assert all(block.is_error for block in blocks)
    lines = texts(blocks)
    assert lines[0] == "LookupError: no table 'x'"
    assert lines[1] == "SystemExit: 3"
    assert "a: expected `float`, got `str`\n- c: unknown argument" in lines[2]
    assert "nowhere" in lines[3]
    if is_asyncio:
        assert "cancelled by its own code" in lines[4]


async def test_tool_with_unsupported_content_is_an_error(connected):
    @tool
    def strange() -> Any:
        return {"content": [{"type": "resource", "resource": 5}]}

    async with connected(strange) as client:
        (block,) = await turn(client, call("strange"), "Done.")
    assert block.is_error
    assert "content that MCP does not support" in texts([block])[0]


async def test_large_tool_result_goes_to_a_file_unless_the_tool_opts_out(connected):
    @tool
    def large() -> str:
        return "x" * 1_000_000

    @tool(annotations=ToolAnnotations(maxResultSizeChars=200_000))
    def inline() -> str:
        return "y" * 150_000

    async with connected(large, inline) as client:
        saved, whole = texts(await turn(client, call("large"), call("inline"), "Done."))
    (path,) = (word.rstrip(".,") for word in saved.split() if word.endswith(".txt."))
    assert "x" * 1_000_000 in await anyio.Path(path).read_text()
    assert whole == "y" * 150_000


async def test_tool_arguments_are_validated_against_json_schemas(connected):
    schema = {"type": "object", "properties": {"a": {"type": "number", "minimum": 3}}}

    @tool("big", "Takes big numbers", schema)
    def big(args):
        return args["a"]

    async with connected(big) as client:
        low, high = await turn(client, call("big", a=1), call("big", a=5), "Done.")
    assert "a: 1 is less than the minimum of 3" in texts([low])[0]
    assert texts([high]) == ["5"]


# --- tools in requests to the model ---------------------------------------------------------------


def offered(scripted_api) -> dict[str, Any]:
    listed = scripted_api.turns[0].body["tools"]
    return {item["name"]: item for item in listed if item["name"].startswith("mcp__")}


@pytest.mark.parametrize("always_load", [True, False])
async def test_tools_are_in_the_first_request_if_always_loaded(
    connected, scripted_api, always_load
):
    server = create_sdk_mcp_server(
        "nb", tools=[add, greet], always_load=always_load, instructions="Add with care."
    )
    async with connected(server=server) as client:
        info = await client.get_server_info()
        assert texts(await turn(client, call("add", a=1), "Done.")) == ["2.0"]
    tools = offered(scripted_api)
    assert list(tools) == (["mcp__nb__add", "mcp__nb__greet"] if always_load else [])
    if always_load:
        assert tools["mcp__nb__add"]["description"] == "Add."
        assert tools["mcp__nb__add"]["input_schema"]["properties"] == add.schema["properties"]
    assert "Add with care." in json.dumps(scripted_api.turns[0].body)
    # The CLI had the handshake answers from the start, so the first turn did not wait.
    assert info["sdk_mcp_manifests_parked"] == {"nb": "parked"}


async def test_several_servers_with_many_tools_work_together(connected, scripted_api):
    def numbered(number: int):
        return tool(f"tool_{number}")(lambda: number)

    many = create_sdk_mcp_server("many", tools=[numbered(number) for number in range(100)])
    servers = {"nb": create_sdk_mcp_server("nb", tools=[add]), "other": many}
    allowed = ["mcp__nb", "mcp__other"]
    async with connected(mcp_servers=servers, allowed_tools=allowed) as client:
        uses = [call("add", a=1), Use("mcp__other__tool_7"), Use("mcp__other__tool_99")]
        assert texts(await turn(client, *uses, "Done.")) == ["2.0", "7", "99"]
    assert len(offered(scripted_api)) == 101


# --- permissions ----------------------------------------------------------------------------------


async def test_tool_calls_request_permission(options_of):
    names = []

    async def decide(name, tool_input, context):
        names.append(name)
        if name == "mcp__nb__add":
            return PermissionResultAllow(updated_input={"a": 10})
        return PermissionResultDeny(message="not today")

    options = options_of(add, greet, allowed=(), can_use_tool=decide)
    async with ClaudeSDKClient(options) as client:
        blocks = await turn(client, call("add", a=1), call("greet", name="x"), "Done.")
    assert texts(blocks) == ["11.0", "not today"]
    assert names == ["mcp__nb__add", "mcp__nb__greet"]


async def test_single_tool_is_allowed_by_its_name(options_of):
    async with ClaudeSDKClient(options_of(add, greet, allowed=["mcp__nb__add"])) as client:
        blocks = await turn(client, call("add", a=1), call("greet", name="x"), "Done.")
    assert texts(blocks)[0] == "2.0"
    assert blocks[1].is_error


# --- threads and runners --------------------------------------------------------------------------


async def test_tool_runs_in_the_context_of_its_caller(connected):
    @tool
    def look() -> str:
        return VARIABLE.get()

    @tool
    async def look_async() -> str:
        return VARIABLE.get()

    VARIABLE.set("ours")
    async with connected(look, look_async) as client:
        assert texts(await turn(client, call("look"), call("look_async"), "Done.")) == ["ours"] * 2


async def test_async_tools_run_in_the_loop_and_others_in_threads(connected):
    @tool
    def thread() -> int:
        return threading.get_ident()

    @tool
    async def thread_async() -> int:
        return threading.get_ident()

    async with connected(thread, thread_async) as client:
        other, ours = texts(await turn(client, call("thread"), call("thread_async"), "Done."))
    assert int(ours) == threading.get_ident()
    assert int(other) != threading.get_ident()


async def test_tool_runner_can_be_replaced(connected):
    ran = []

    async def run(job):
        result = job()
        ran.append(threading.get_ident())
        return result if not hasattr(result, "__await__") else await result

    server = create_sdk_mcp_server("nb", tools=[add, greet], run=run)
    async with connected(server=server) as client:
        blocks = await turn(client, call("add", a=1), call("greet", name="x"), "Done.")
    assert texts(blocks) == ["2.0", "Hällo x \u2028"]
    assert ran == [threading.get_ident()] * 2


async def test_failed_tool_runner_is_an_error_of_the_call(connected):
    async def run(job):
        raise RuntimeError("the kernel is gone")

    async with connected(server=create_sdk_mcp_server("nb", tools=[add], run=run)) as client:
        (block,) = await turn(client, call("add", a=1), "Done.")
    assert block.is_error
    assert "the kernel is gone" in texts([block])[0]


async def test_read_only_tools_run_concurrently(connected):
    meeting = threading.Barrier(3, timeout=30)

    @tool(annotations=ToolAnnotations(readOnlyHint=True))
    def meet() -> str:
        meeting.wait()
        return "met"

    async with connected(meet) as client:
        blocks = await turn(client, Step([call("meet")] * 3), "Done.")
    assert texts(blocks) == ["met"] * 3


# --- interrupts -----------------------------------------------------------------------------------


class EndlessTools:
    """A tool that waits forever, in both forms."""

    def __init__(self) -> None:
        self.began = anyio.Event()
        self.cancelled = anyio.Event()
        self.release = threading.Event()

        @tool
        async def wait() -> None:
            self.began.set()
            try:
                await anyio.sleep_forever()
            finally:
                self.cancelled.set()

        call_in_loop = _call_in_loop()

        @tool
        def block() -> None:
            call_in_loop(self.began.set)
            self.release.wait(60)

        self.tools = {"wait": wait, "block": block}


def _call_in_loop():
    import asyncio

    try:
        return asyncio.get_running_loop().call_soon_threadsafe
    except RuntimeError:
        import trio

        return trio.lowlevel.current_trio_token().run_sync_soon


@pytest.mark.parametrize("form", ["wait", "block"])
async def test_interrupt_ends_the_turn_and_the_tool(connected, form):
    waits = EndlessTools()
    try:
        async with connected(waits.tools[form], add) as client:
            await client.query(script(call(form), "Done."))
            await waits.began.wait()
            await client.interrupt()
            last = [message async for message in client.receive_response()][-1]
            assert isinstance(last, ResultMessage)
            assert last.subtype == "error_during_execution"
            if form == "wait":
                await waits.cancelled.wait()
            # The CLI accepts prompts again while the thread is still waiting.
            await client.query("Are you there?")
            last = [message async for message in client.receive_response()][-1]
            assert last.subtype == "success"
    finally:
        waits.release.set()


@pytest.mark.parametrize("form", ["wait", "block"])
async def test_client_left_during_a_call_cancels_the_tool(connected, form):
    waits = EndlessTools()
    try:
        async with connected(waits.tools[form]) as client:
            await client.query(script(call(form), "Done."))
            await waits.began.wait()
        if form == "wait":
            await waits.cancelled.wait()
        assert not client.alive
    finally:
        waits.release.set()


async def test_query_left_during_a_call_cancels_the_tool(options_of):
    waits = EndlessTools()
    async with anyio.create_task_group() as tasks:

        async def ask() -> None:
            prompt = script(call("wait"), "Done.")
            async for _ in query(prompt=prompt, options=options_of(waits.tools["wait"])):
                pass

        tasks.start_soon(ask)
        await waits.began.wait()
        tasks.cancel_scope.cancel()
    with anyio.move_on_after(30):
        await waits.cancelled.wait()
    assert waits.cancelled.is_set()


async def test_query_calls_in_process_tools(options_of):
    blocks = []
    async for message in query(prompt=script(call("add", a=1), "Done."), options=options_of(add)):
        blocks.append(message)
    assert blocks[-1].result == "Done."


# --- servers of the mcp package -------------------------------------------------------------------


def their_server(lifespan=None) -> Any:
    """Create a server with the installed version of the `mcp` package."""
    more = {} if lifespan is None else {"lifespan": lifespan}
    try:
        from mcp.server.mcpserver import MCPServer as HighLevel
    except ImportError:
        from mcp.server.fastmcp import FastMCP as HighLevel
    server = HighLevel("theirs", **more)

    @server.tool()
    async def double(a: int) -> str:
        """Double."""
        return str(2 * a)

    return server


async def test_servers_of_the_mcp_package_are_called(connected):
    config = {"type": "sdk", "name": "theirs", "instance": their_server()}
    async with connected(server=config) as client:
        (block,) = await turn(client, call("double", a=4), "Done.")
    assert "8" in texts([block])[0]
    assert not block.is_error


async def test_server_that_never_gets_ready_does_not_delay_the_turn(connected):
    @asynccontextmanager
    async def lifespan(server):
        await anyio.sleep_forever()
        yield {}

    config = {"type": "sdk", "name": "theirs", "instance": their_server(lifespan)}
    async with connected(server=config) as client:
        with anyio.fail_after(25):  # without our limit, the CLI would wait for a minute
            await client.query(script("Hello"))
            messages = [message async for message in client.receive_response()]
    assert messages[0].mcp_servers == [{"name": "nb", "status": "failed", "source": "sdk"}]
    assert messages[-1].result == "Hello"


# --- imports --------------------------------------------------------------------------------------

LOADED = """
import sys, anyio
from claude_notebook import ClaudeCodeOptions, ClaudeSDKClient, create_sdk_mcp_server, tool

@tool
def add(a: float) -> float:
    return a + 1

def loaded():
    return sorted({name.partition(".")[0] for name in sys.modules} & {"mcp", "jsonschema"})

async def main():
    print(loaded())
    options = ClaudeCodeOptions(mcp_servers={"x": {"type": "stdio", "command": "false"}})
    async with ClaudeSDKClient(options):
        print(loaded())
    options = ClaudeCodeOptions(mcp_servers={"x": create_sdk_mcp_server("x", tools=[add])})
    print(loaded())
    async with ClaudeSDKClient(options):
        while "mcp.server.lowlevel" not in sys.modules:
            await anyio.sleep(0.01)
        print("mcp" in loaded())

anyio.run(main)
"""


def test_mcp_package_is_loaded_only_for_conversations_with_tools(claude_cli, claude_env):
    env = {**os.environ, **claude_env, "CLAUDE_CLI_PATH": claude_cli}
    done = subprocess.run(
        [sys.executable, "-c", LOADED], env=env, capture_output=True, text=True, timeout=90
    )
    assert done.stdout.splitlines() == ["[]", "[]", "[]", "True"], done.stderr


@pytest.mark.parametrize(
    "config", [{"type": "sdk", "name": "x"}, {"type": "sdk", "instance": None}]
)
async def test_server_without_an_instance_is_rejected_before_the_start(config):
    client = ClaudeSDKClient(ClaudeCodeOptions(cli_path="no-such-cli", mcp_servers={"x": config}))
    with pytest.raises(OptionsError, match="create_sdk_mcp_server") as caught:
        await client.connect()
    assert caught.value.field == "mcp_servers"
