"""Tests of transports that are written for the official SDK: text in, decoded messages out."""

import json
import math

import anyio
import pytest
from claude_agent_sdk import Transport as OfficialTransport

from claude_notebook import (
    AssistantMessage,
    ClaudeSDKClient,
    CLIConnectionError,
    OptionsError,
    ProcessError,
    RecordingTransport,
    ResultMessage,
    TextBlock,
    Transport,
    TransportClosedError,
    query,
)
from claude_notebook.transport.message_transport import MessageTransport, as_transport

pytestmark = pytest.mark.anyio

ANSWER = {"role": "assistant", "model": "m", "content": [{"type": "text", "text": "Hi"}]}
RESULT = {"type": "result", "subtype": "success", "result": "Hi", "session_id": "s"}


class Echo:
    """A peer that answers each prompt, with the official SDK's method names."""

    def __init__(self, *, ends: str = "at the end of the input") -> None:
        self.written: list[dict] = []
        self.life: list[str] = []
        self.ends = ends
        self._send, self._receive = anyio.create_memory_object_stream[dict](math.inf)

    async def connect(self) -> None:
        self.life.append("connect")

    async def write(self, data: str) -> None:
        line = json.loads(data)
        self.written.append(line)
        if line["type"] == "control_request":
            response = {"subtype": "success", "request_id": line["request_id"], "response": {}}
            self._send.send_nowait({"type": "control_response", "response": response})
        elif line["type"] == "user":
            self._send.send_nowait({"type": "assistant", "message": ANSWER})
            if self.ends != "before the result":
                self._send.send_nowait(RESULT)
            if self.ends != "at the end of the input":
                self._send.close()

    async def read_messages(self):
        async for message in self._receive:
            yield message
        if self.ends == "with an error":
            raise ConnectionError("the line is dead")

    async def end_input(self) -> None:
        self.life.append("end_input")
        self._send.close()

    async def close(self) -> None:
        self.life.append("close")

    def is_ready(self) -> bool:
        return True


class OfficialEcho(Echo, OfficialTransport):
    """The same, as a subclass of the official class."""


class OwnEcho(Echo, Transport):
    """The same, as a subclass of our class: only the import line has changed."""


class LaterSubclass(OwnEcho):
    """A subclass of such a class."""


ECHOES = (Echo, OfficialEcho, OwnEcho, LaterSubclass)


@pytest.mark.parametrize("echo", ECHOES)
async def test_query_accepts_transports_with_official_methods(echo):
    transport = echo()

    messages = [message async for message in query(prompt="Hello", transport=transport)]

    assert [type(message) for message in messages] == [AssistantMessage, ResultMessage]
    assert messages[0].content == [TextBlock("Hi")]
    assert transport.life == ["connect", "end_input", "close"]
    assert transport.written[-1]["message"]["content"] == "Hello"


@pytest.mark.parametrize("echo", ECHOES)
async def test_client_accepts_transports_with_official_methods(echo):
    transport = echo()

    async with ClaudeSDKClient(transport=transport) as client:
        for _ in range(2):
            await client.query("Hello")
            assert [type(m) async for m in client.receive_response()] == [
                AssistantMessage,
                ResultMessage,
            ]
        await client.interrupt()

    assert transport.life == ["connect", "close"]


async def test_recording_accepts_transports_with_official_methods(tmp_path):
    transport = RecordingTransport(Echo(), tmp_path / "talk.jsonl")

    messages = [message async for message in query(prompt="Hello", transport=transport)]

    assert type(messages[-1]) is ResultMessage
    assert '"Hi"' in (tmp_path / "talk.jsonl").read_text()


async def test_query_ends_when_an_official_transport_ends_after_the_result():
    transport = Echo(ends="after the result")

    messages = [message async for message in query(prompt="Hello", transport=transport)]

    assert type(messages[-1]) is ResultMessage


async def test_query_raises_when_an_official_transport_ends_before_the_result():
    with pytest.raises(ProcessError, match="before it had answered"):
        [_ async for _ in query(prompt="Hello", transport=Echo(ends="before the result"))]


async def test_client_raises_the_failure_of_an_official_transport():
    async with ClaudeSDKClient(transport=Echo(ends="with an error")) as client:
        await client.query("Hello")
        messages = client.receive_messages()
        with pytest.raises(CLIConnectionError, match="cannot read: ConnectionError") as caught:
            [_ async for _ in messages]

    assert isinstance(caught.value.__cause__, ConnectionError)


async def test_query_raises_a_failed_connect_of_an_official_transport():
    class Unreachable(Echo):
        async def connect(self) -> None:
            raise OSError("no route")

    with pytest.raises(CLIConnectionError, match="cannot connect: OSError"):
        [_ async for _ in query(prompt="Hello", transport=Unreachable())]


async def test_message_transport_close_is_bounded_and_runs_once(monkeypatch):
    class Stuck(Echo):
        async def close(self) -> None:
            self.life.append("close")
            await anyio.sleep_forever()

    monkeypatch.setattr("claude_notebook.transport.message_transport.CLOSE_SECONDS", 0.05)
    transport = MessageTransport(inner := Stuck())
    await transport.open()
    with anyio.fail_after(5):
        await transport.aclose(grace=0)
        await transport.aclose(grace=0)

    assert inner.life == ["connect", "close"]
    with pytest.raises(TransportClosedError):
        await transport.send(b"{}\n")
    with pytest.raises(TransportClosedError):
        await transport.receive()


async def test_message_transport_kill_from_another_thread_ends_a_wait():
    transport = MessageTransport(Echo())
    await transport.open()
    async with anyio.create_task_group() as tasks:
        with anyio.fail_after(5):
            tasks.start_soon(anyio.to_thread.run_sync, transport.kill)
            assert await transport.receive() == b""
    assert await transport.receive() == b""


async def test_message_transport_failures_of_write_and_eof_keep_their_contract():
    class Broken(Echo):
        async def write(self, data: str) -> None:
            raise BrokenPipeError("gone")

        async def end_input(self) -> None:
            raise BrokenPipeError("gone")

        async def close(self) -> None:
            raise BrokenPipeError("gone")

    transport = MessageTransport(Broken())
    await transport.open()
    await transport.send_eof()
    with pytest.raises(TransportClosedError, match="cannot write: BrokenPipeError"):
        await transport.send(b"{}\n")
    await transport.aclose()
    assert (await transport.wait(), transport.exit_code, transport.stderr) == (None, None, "")


def test_as_transport_refuses_other_objects():
    with pytest.raises(OptionsError, match="str is not a transport"):
        as_transport("tcp://localhost")


def test_transport_subclass_without_either_set_of_methods_is_abstract():
    class Half(Transport):
        async def open(self) -> None: ...

    with pytest.raises(TypeError, match="abstract"):
        Half()
