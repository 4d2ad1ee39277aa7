"""A CLI in memory that answers every prompt with "You said: ...".

Some prompts are commands: "ask" asks for a permission, "call" calls the tool `add` of the server
`sums`, "hook" calls the first hook, "die" ends the process in the middle of an answer.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import count

import anyio

from claude_notebook.errors import TransportClosedError
from claude_notebook.messages import (
    AssistantMessage,
    InitMessage,
    Message,
    ResultMessage,
    StreamEvent,
    TextBlock,
    UserMessage,
)
from claude_notebook.protocol.connection import Connection, Role
from claude_notebook.protocol.control import ControlRequest, ControlResponse
from claude_notebook.transport import Transport


class Echo(Transport):
    """A transport that behaves like a process.

    :ivar asked: the prompts of the client.
    """

    def __init__(self, session_id: str = "echo-1", asked: list | None = None) -> None:
        self.session_id = session_id
        self.asked = [] if asked is None else asked
        self._out: list[bytes] = []
        self._wake = anyio.Event()
        self._numbers = count(1)
        new_id = lambda: f"q{next(self._numbers)}"  # noqa: E731
        self._connection = Connection(sys.maxsize, new_id, Role.CLI)
        self._waiting: dict[str, Callable] = {}
        self._total = 0.0
        self._eof = self._closed = False
        self._code: int | None = None

    # --- the transport ---------------------------------------------------------------------------

    async def open(self) -> None:
        pass

    async def send(self, data: bytes) -> None:
        self._connection.receive_data(data)
        while (event := self._connection.next_event()) is not None:
            if isinstance(event, UserMessage):
                self._take_prompt(event)
            elif isinstance(event, ControlRequest):
                self._answer_request(event)
            elif isinstance(event, ControlResponse):
                self._take_response(event)

    async def send_eof(self) -> None:
        self._eof = True
        self._wake.set()

    async def receive(self) -> bytes:
        while not self._out:
            if self._closed:
                raise TransportClosedError("closed")
            if self._eof or self._code is not None:
                self._code = self._code or 0
                return b""
            self._wake = anyio.Event()
            await self._wake.wait()
        data = b"".join(self._out)
        self._out.clear()
        return data

    async def aclose(self, grace: float = 2.0) -> None:
        self.kill()

    def kill(self) -> None:
        self._closed = True
        self._wake.set()

    async def wait(self) -> int | None:
        return self._code

    @property
    def exit_code(self) -> int | None:
        return self._code

    @property
    def stderr(self) -> str:
        return "it died" if self._code else ""

    # --- the CLI ---------------------------------------------------------------------------------

    def _write(self, data: bytes) -> None:
        self._out.append(data)
        self._wake.set()

    def _say(self, message: Message) -> None:
        ids = {"session_id": self.session_id, "uuid": f"u{next(self._numbers)}"}
        self._write(self._connection.send_message(replace(message, **ids)))

    def _answer_request(self, request: ControlRequest) -> None:
        usage = {"session": {"total_cost_usd": self._total}}
        responses = {"initialize": {"hook_on_failure_supported": True}, "get_usage": usage}
        response = responses.get(request.subtype, {})
        self._write(self._connection.send_answer(request.request_id, response))

    def _take_response(self, event: ControlResponse) -> None:
        self._waiting.pop(event.request_id)(event.response or event.error)

    def _take_prompt(self, message: UserMessage) -> None:
        prompt = message.content
        self.asked.append(prompt)
        self._uuid = message.uuid
        self._say(InitMessage(model="echo", cwd="/nowhere"))
        getattr(self, f"_{prompt}", lambda: self._answer(f"You said: {prompt}"))()

    def _delta(self, text: str) -> None:
        delta = {"type": "text_delta", "text": text}
        self._say(StreamEvent(event={"type": "content_block_delta", "index": 0, "delta": delta}))

    def _answer(self, text: str) -> None:
        for start in range(0, len(text), 7):
            self._delta(text[start : start + 7])
        self._say(AssistantMessage([TextBlock(text)], "echo", message_id="m"))
        self._total += 0.25
        self._say(
            ResultMessage(
                result=text,
                num_turns=1,
                duration_ms=7,
                duration_api_ms=5,
                total_cost_usd=self._total,
                user_message_uuid=self._uuid,
            )
        )

    def _request(self, subtype: str, then: Callable, **fields: object) -> None:
        request_id, data = self._connection.send_request(subtype, fields)
        self._waiting[request_id] = then
        self._write(data)

    def _ask(self) -> None:
        self._request(
            "can_use_tool",
            lambda response: self._answer(f"Bash: {response['behavior']}"),
            tool_name="Bash",
            tool_use_id="t1",
            input={"command": "ls"},
        )

    def _call(self) -> None:
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
        call["params"] = {"name": "add", "arguments": {"a": 1, "b": 2}}
        self._request("mcp_message", self._answer_json, server_name="sums", message=call)

    def _hook(self) -> None:
        hook_input = {"hook_event_name": "Stop", "session_id": self.session_id}
        self._request("hook_callback", self._answer_json, callback_id="Stop_0", input=hook_input)

    def _answer_json(self, response: object) -> None:
        self._answer(json.dumps(response))

    def _die(self) -> None:
        self._delta("I am ")
        self._code = 3
        self._wake.set()
