"""Tests of the `mcp_message` requests, sent by the tests in place of the CLI."""

import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from claude_notebook import ClaudeCodeOptions, create_sdk_mcp_server, tool
from claude_notebook.client.mcp.compat import load_package
from claude_notebook.client.mcp.servers import McpServers

pytestmark = pytest.mark.anyio

HELLO = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "tests", "version": "1"},
}


async def until(happened: Callable[[], Any]) -> None:
    """Poll until `happened()` is true."""
    while not happened():  # noqa: ASYNC110
        await anyio.sleep(0.001)


class Peer:
    """The CLI's side of the connection."""

    def __init__(self, servers: McpServers) -> None:
        self.servers = servers
        self.number = 0

    async def send(self, message: dict, server: str = "nb") -> dict:
        request = {"server_name": server, "message": {"jsonrpc": "2.0", **message}}
        return (await self.servers.answer(request))["mcp_response"]

    async def ask(self, method: str, number: int | None = None, /, **params: Any) -> dict:
        self.number += 1
        number = self.number if number is None else number
        answer = await self.send({"id": number, "method": method, "params": params})
        assert answer["id"] == number
        return answer

    async def call(self, name: str, number: int | None = None, /, **arguments: Any) -> dict:
        return await self.ask("tools/call", number, name=name, arguments=arguments)

    async def text(self, name: str, /, **arguments: Any) -> str:
        (block,) = (await self.call(name, **arguments))["result"]["content"]
        return block["text"]

    async def cancel(self, number: int) -> None:
        params = {"requestId": number, "reason": "interrupt"}
        await self.send({"method": "notifications/cancelled", "params": params})


@asynccontextmanager
async def running(*tools: Any, server: Any = None, patience: float = 30.0, **more: Any):
    ours = create_sdk_mcp_server("nb", tools=tools, **more)["instance"]
    servers = McpServers({"nb": server or ours}, patience=patience)
    servers.start()
    try:
        yield Peer(servers)
    finally:
        servers.close()
        await anyio.lowlevel.checkpoint()


@tool
def add(a: float) -> float:
    """Add one."""
    return a + 1


# --- protocol -------------------------------------------------------------------------------------


async def test_server_completes_the_handshake_repeatedly():
    async with running(add, instructions="Be kind.") as peer:
        for _ in range(2):
            hello = (await peer.ask("initialize", **HELLO))["result"]
            assert hello["protocolVersion"] == "2025-11-25"
            assert hello["serverInfo"]["name"] == "nb"
            assert hello["instructions"] == "Be kind."
            response = await peer.send({"method": "notifications/initialized"})
            assert response == {"jsonrpc": "2.0", "result": {}}
            (listed,) = (await peer.ask("tools/list"))["result"]["tools"]
            assert listed == add.describe()
            assert await peer.text("add", a=1) == "2.0"


async def test_manifest_matches_the_server():
    server = create_sdk_mcp_server("nb", tools=[add], instructions="Be kind.")["instance"]
    manifest = server.manifest()
    async with running(server=server) as peer:
        result = (await peer.ask("initialize", **HELLO))["result"]
        listed = (await peer.ask("tools/list"))["result"]
    promised = manifest["initializeResult"]
    assert result == {**promised, "capabilities": result["capabilities"]}
    assert result["capabilities"]["tools"] == promised["capabilities"]["tools"]
    assert listed["tools"] == manifest["toolsListResult"]["tools"]


async def test_call_needs_no_handshake():
    async with running(add) as peer:
        assert await peer.text("add", a=1) == "2.0"
        assert (await peer.ask("ping"))["result"] == {}


async def test_server_answers_invalid_requests_with_errors():
    async with running(add) as peer:
        assert "error" in await peer.ask("resources/list")
        assert "available: add" in await peer.text("nowhere")
        answer = await peer.send({"id": 5, "method": "tools/list"}, server="other")
        assert answer["error"]["message"] == "no server is named 'other'; available: nb"
        assert await peer.text("add", a=1) == "2.0"


async def test_server_answers_many_calls_at_once():
    here = []

    @tool
    async def meet(number: int) -> int:
        here.append(number)
        while len(here) < 50:
            await anyio.lowlevel.checkpoint()
        return number

    answers = {}
    async with running(meet) as peer, anyio.create_task_group() as tasks:

        async def call(number: int) -> None:
            answers[number] = await peer.text("meet", number=number)

        for number in range(50):
            tasks.start_soon(call, number)
    assert answers == {number: str(number) for number in range(50)}


def test_servers_announce_nothing_without_servers():
    options = ClaudeCodeOptions(mcp_servers={"x": {"type": "stdio", "command": "x"}})
    assert McpServers.of(options).announce() == {}
    assert McpServers.of(ClaudeCodeOptions(mcp_servers="servers.json")).announce() == {}


async def test_failed_tool_is_logged_with_its_traceback(caplog):
    @tool
    def fails() -> None:
        raise LookupError("no such table")

    with caplog.at_level("DEBUG", "claude_notebook"):
        async with running(fails) as peer:
            assert await peer.text("fails") == "LookupError: no such table"
    warning, detail = (
        record for record in caplog.records if record.name == "claude_notebook.client.mcp.servers"
    )
    assert warning.getMessage().startswith("The tool fails failed: LookupError\n")
    assert "no such table" not in warning.getMessage().splitlines()[0]
    assert detail.levelname == "DEBUG"
    assert "in fails" in detail.exc_text
    assert detail.exc_text.endswith("LookupError: no such table")


# --- cancellation ---------------------------------------------------------------------------------


class Waits:
    """A tool that waits forever and records its start and end."""

    def __init__(self) -> None:
        self.began, self.ended = anyio.Event(), anyio.Event()
        self.release = threading.Event()

        @tool
        async def wait() -> None:
            self.began.set()
            try:
                await anyio.sleep_forever()
            finally:
                self.ended.set()

        @tool
        async def ignore() -> str:
            self.began.set()
            with anyio.CancelScope(shield=True):
                await self.ended.wait()
            return "I went on"

        @tool
        def block() -> None:
            self.release.wait(60)

        self.tools = [wait, ignore, block]


async def test_cancelled_call_is_answered_at_once_and_ends_its_tool():
    waits = Waits()
    answers = []
    async with running(*waits.tools, add) as peer, anyio.create_task_group() as tasks:

        async def call() -> None:
            answers.append(await peer.call("wait", 7))

        tasks.start_soon(call)
        await waits.began.wait()
        await peer.cancel(7)
        await waits.ended.wait()
        assert await peer.text("add", a=1) == "2.0"
    assert answers[0]["error"]["message"] == "cancelled"


@pytest.mark.parametrize("name", ["ignore", "block"])
async def test_tool_that_ignores_cancellation_blocks_nothing(name):
    waits = Waits()
    answers = []
    async with running(*waits.tools, add) as peer, anyio.create_task_group() as tasks:

        async def call() -> None:
            answers.append(await peer.call(name, 7))

        tasks.start_soon(call)
        await until(lambda: peer.servers._links["nb"]._calls)
        await peer.cancel(7)
        await until(lambda: answers)
        assert await peer.text("add", a=1) == "2.0"
        waits.ended.set()
        waits.release.set()
    assert answers[0]["error"]["message"] == "cancelled"


async def test_withdrawn_request_cancels_its_tool():
    waits = Waits()
    async with running(*waits.tools, add) as peer:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(peer.call, "wait", 7)
            await waits.began.wait()
            tasks.cancel_scope.cancel()
        await waits.ended.wait()
        # The id can be used again.
        assert (await peer.call("add", 7, a=1))["result"]["content"][0]["text"] == "2.0"


async def test_cancellation_of_an_unknown_request_does_nothing():
    async with running(add) as peer:
        await peer.cancel(99)
        assert await peer.text("add", a=1) == "2.0"


async def test_close_answers_pending_requests():
    waits = Waits()
    answers = []
    async with running(*waits.tools) as peer, anyio.create_task_group() as tasks:

        async def call() -> None:
            answers.append(await peer.call("wait"))

        tasks.start_soon(call)
        await waits.began.wait()
        peer.servers.close()
        await waits.ended.wait()
    assert "the server was closed" in answers[0]["error"]["message"]
    assert "the server was closed" in (await peer.ask("initialize", **HELLO))["error"]["message"]


# --- third-party servers --------------------------------------------------------------------------


class Theirs:
    """A server in the style of the `mcp` package that behaves as `behave` says."""

    def __init__(self, behave: Any) -> None:
        self.behave = behave
        self.runs = 0
        self.heard: list[dict] = []

    def create_initialization_options(self) -> None: ...

    async def run(self, inbox: Any, outbox: Any, options: None) -> None:
        self.runs += 1
        await self.behave(self, inbox, outbox)

    async def hear(self, inbox: Any) -> dict:
        message = await inbox.receive()
        self.heard.append(load_package().dump(message))
        return self.heard[-1]

    async def say(self, outbox: Any, **message: Any) -> None:
        await outbox.send(load_package().parse({"jsonrpc": "2.0", **message}))


async def test_failed_server_restarts_on_the_next_handshake():
    async def behave(server, inbox, outbox):
        if server.runs == 1:
            raise OSError("the database is locked")
        await server.say(outbox, id=(await server.hear(inbox))["id"], result={"fine": True})
        await anyio.sleep_forever()

    async with running(server=Theirs(behave)) as peer:
        await until(lambda: peer.servers._links["nb"]._end)
        error = (await peer.ask("tools/list"))["error"]
        assert "the database is locked" in error["message"]
        await peer.send({"method": "notifications/initialized"})  # ignored without harm
        assert (await peer.ask("initialize", **HELLO))["result"] == {"fine": True}


async def test_server_that_ends_during_a_call_answers_with_an_error():
    async def behave(server, inbox, outbox):
        await server.hear(inbox)

    async with running(server=Theirs(behave)) as peer:
        assert "the server has ended" in (await peer.call("anything"))["error"]["message"]
        assert "the server has ended" in (await peer.call("anything"))["error"]["message"]


async def test_late_server_has_less_time_until_it_answers():
    ready = anyio.Event()

    async def behave(server, inbox, outbox):
        while True:
            message = await server.hear(inbox)
            if ready.is_set() and "id" in message:
                await server.say(outbox, id=message["id"], result={})

    async with running(server=Theirs(behave), patience=0.5) as peer:
        link = peer.servers._links["nb"]
        assert "within 0.5 s" in (await peer.ask("initialize", **HELLO))["error"]["message"]
        assert "within 0.2 s" in (await peer.ask("initialize", **HELLO))["error"]["message"]
        ready.set()
        assert (await peer.ask("initialize", **HELLO))["result"] == {}
        assert link._patience == 0.5


async def test_requests_of_a_server_are_refused_and_its_notifications_ignored():
    async def behave(server, inbox, outbox):
        question = await server.hear(inbox)
        await server.say(
            outbox, method="notifications/message", params={"level": "info", "data": 1}
        )
        await server.say(outbox, id=99, method="roots/list")
        refused = await server.hear(inbox)
        await server.say(outbox, id=500, result={"nobody": "asked"})
        await server.say(outbox, id=question["id"], result={"refused": refused["error"]["code"]})
        await anyio.sleep_forever()

    async with running(server=Theirs(behave)) as peer:
        assert (await peer.call("anything"))["result"] == {"refused": -32601}


async def test_mcp_server_is_notified_of_a_cancellation_if_it_supports_it():
    begun = anyio.Event()
    answers = []

    async def behave(server, inbox, outbox):
        await server.hear(inbox)
        begun.set()
        await server.hear(inbox)
        await anyio.sleep_forever()

    theirs = Theirs(behave)
    async with running(server=theirs) as peer, anyio.create_task_group() as tasks:

        async def call() -> None:
            answers.append(await peer.call("anything", 7))

        tasks.start_soon(call)
        await begun.wait()
        await peer.cancel(7)
        if load_package().can_cancel:
            await until(lambda: len(theirs.heard) == 2)
            assert theirs.heard[1]["params"]["requestId"] == theirs.heard[0]["id"]
    assert answers[0]["error"]["message"] == "cancelled"


# --- missing package ------------------------------------------------------------------------------

PROGRAM = """
import sys
sys.modules["mcp.types"] = None  # simulates a missing package
import anyio
from claude_notebook import create_sdk_mcp_server
from claude_notebook.client.mcp.servers import McpServers

async def main():
    servers = McpServers({"nb": create_sdk_mcp_server("nb")["instance"]})
    servers.start()
    message = {"id": 1, "method": "tools/list"}
    answer = await servers.answer({"server_name": "nb", "message": message})
    print(answer["mcp_response"]["error"]["message"])

anyio.run(main)
"""


def test_missing_mcp_package_error_names_the_install_command():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60
    )
    assert "pip install 'mcp>=1.24,<3'" in done.stdout, done.stderr
