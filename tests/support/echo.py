"""In-memory CLI that answers every prompt with "You said: ...", and sends requests.

Special prompts: "ask" requests a permission, "call" calls the tool `add` of the server `sums`,
"hook" calls the first hook, "two" gives two answers, "die" ends the process in the middle.
"""

import json
from collections.abc import Callable
from itertools import count

import anyio

from claude_notebook.errors import TransportClosedError
from claude_notebook.transport import Transport


class Echo(Transport):
    """A simulated process. `asked` has the received prompts."""

    def __init__(self, session_id: str = "echo-1", asked: list | None = None) -> None:
        self.session_id = session_id
        self.asked = [] if asked is None else asked
        self._out: list[bytes] = []
        self._wake = anyio.Event()
        self._numbers = count(1)
        self._waiting: dict[str, Callable] = {}
        self._total = 0.0
        self._eof = self._closed = False
        self._code: int | None = None

    # --- transport -------------------------------------------------------------------------------

    async def open(self) -> None:
        pass

    async def send(self, data: bytes) -> None:
        for line in data.split(b"\n"):
            if line:
                message = json.loads(line)
                getattr(self, f"_{message['type']}")(message)

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

    # --- output ----------------------------------------------------------------------------------

    def say(self, kind: str, **fields: object) -> None:
        common = {"type": kind, "session_id": self.session_id, "uuid": f"u{next(self._numbers)}"}
        self._out.append(json.dumps({**common, **fields}, separators=(",", ":")).encode() + b"\n")
        self._wake.set()

    def _control_request(self, message: dict) -> None:
        usage = {"session": {"total_cost_usd": self._total}}
        responses = {"initialize": {"hook_on_failure_supported": True}, "get_usage": usage}
        response = responses.get(message["request"]["subtype"], {})
        body = {"subtype": "success", "request_id": message["request_id"], "response": response}
        self.say("control_response", response=body)

    def _control_response(self, message: dict) -> None:
        response = message["response"]
        self._waiting.pop(response["request_id"])(response.get("response") or response["error"])

    def _user(self, message: dict) -> None:
        prompt = message["message"]["content"]
        self.asked.append(prompt)
        self._uuid = message.get("uuid")
        self.say("system", subtype="init", model="echo", tools=[], cwd="/nowhere")
        getattr(self, f"_{prompt}", lambda: self._answer(f"You said: {prompt}"))()

    def _delta(self, text: str) -> None:
        delta = {"type": "text_delta", "text": text}
        event = {"type": "content_block_delta", "index": 0, "delta": delta}
        self.say("stream_event", event=event, parent_tool_use_id=None)

    def _answer(self, text: str) -> None:
        for start in range(0, len(text), 7):
            self._delta(text[start : start + 7])
        message = {"id": "m", "role": "assistant", "model": "echo", "type": "message"}
        message["content"] = [{"type": "text", "text": text}]
        self.say("assistant", message=message, parent_tool_use_id=None)
        self._total += 0.25
        self.say(
            "result",
            subtype="success",
            is_error=False,
            result=text,
            num_turns=1,
            duration_ms=7,
            duration_api_ms=5,
            total_cost_usd=self._total,
            user_message_uuid=self._uuid,
        )

    def _send_request(self, request: dict, then: Callable) -> None:
        request_id = f"q{next(self._numbers)}"
        self._waiting[request_id] = then
        self.say("control_request", request_id=request_id, request=request)

    def _ask(self) -> None:
        request = {"subtype": "can_use_tool", "tool_name": "Bash", "tool_use_id": "t1"}
        request["input"] = {"command": "ls"}
        self._send_request(request, lambda response: self._answer(f"Bash: {response['behavior']}"))

    def _call(self) -> None:
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
        call["params"] = {"name": "add", "arguments": {"a": 1, "b": 2}}
        request = {"subtype": "mcp_message", "server_name": "sums", "message": call}
        self._send_request(request, lambda response: self._answer(json.dumps(response)))

    def _hook(self) -> None:
        data = {"hook_event_name": "Stop", "session_id": self.session_id}
        request = {"subtype": "hook_callback", "callback_id": "Stop_0", "input": data}
        self._send_request(request, lambda response: self._answer(json.dumps(response)))

    def _die(self) -> None:
        self._delta("I am ")
        self._code = 3
        self._wake.set()
