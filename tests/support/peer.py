"""The other end of a conversation in memory: the test plays the CLI."""

import json
from collections import deque
from collections.abc import Callable

import anyio

from claude_notebook import ClaudeCodeOptions, ClaudeSDKClient
from claude_notebook.concurrency import tasks
from claude_notebook.errors import TransportClosedError
from claude_notebook.transport import Transport

INFO = {"commands": [], "pid": 1, "hook_on_failure_supported": True}


def connected(peer: "Peer", **options: object) -> ClaudeSDKClient:
    """Create a client connected to `peer`, as an async context manager."""
    return ClaudeSDKClient(ClaudeCodeOptions(**options), peer)


async def nothing_runs() -> bool:
    """Test for remaining tasks of ours in this event loop."""
    await anyio.wait_all_tasks_blocked()
    return all(task.done() for task in tasks._running)


class Peer(Transport):
    """A transport whose other end is the test. It answers `initialize` automatically.

    `heard` has the decoded lines that were sent.
    """

    def __init__(self, *, greets: bool = True, exit_code: int | None = 0, stderr: str = "") -> None:
        self.heard: list[dict] = []
        self.life: list[str] = []
        self.eof = False
        self._greets = greets
        self._pieces: deque[bytes] = deque()
        self._news = anyio.Event()
        self._closed = False
        self._exit_code = exit_code
        self._stderr = stderr
        self.on_line: Callable[[dict], None] = lambda line: None

    # --- methods for tests ---

    def say(self, *lines: dict | bytes) -> None:
        """Send lines from the CLI in one piece."""
        encoded = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
        self._pieces.append(b"".join(line + b"\n" for line in encoded))
        self._notify()

    def end(self) -> None:
        """End the CLI."""
        self._pieces.append(b"")
        self._notify()

    async def hear(self, kind: str, number: int = 1) -> dict:
        """Wait for the n-th line of a kind: a type, or the subtype of a control request."""
        while len(lines := [line for line in self.heard if kind in _kinds(line)]) < number:
            await self._news.wait()
        return lines[number - 1]

    def answer(self, request: dict, response: object = None, error: str | None = None) -> None:
        """Answer a control request."""
        body = {"request_id": request["request_id"], "response": response}
        body.update({"subtype": "success"} if error is None else {"subtype": "error"})
        self.say({"type": "control_response", "response": {**body, "error": error}})

    def ask(self, request_id: str, subtype: str, **fields: object) -> None:
        """Send a control request of the CLI."""
        request = {"subtype": subtype, **fields}
        self.say({"type": "control_request", "request_id": request_id, "request": request})

    def _notify(self) -> None:
        self._news.set()
        self._news = anyio.Event()

    # --- transport ---

    async def open(self) -> None:
        self.life.append("open")

    async def send(self, data: bytes) -> None:
        if self._closed or self.eof:
            raise TransportClosedError("closed")
        assert data.endswith(b"\n")
        assert data.count(b"\n") == 1
        line = json.loads(data)
        self.heard.append(line)
        if self._greets and "initialize" in _kinds(line):
            self.answer(line, INFO)
        self.on_line(line)
        self._notify()

    async def send_eof(self) -> None:
        self.eof = True
        self._notify()

    async def receive(self) -> bytes:
        while not self._pieces:
            if self._closed:
                raise TransportClosedError("closed")
            await self._news.wait()
        return self._pieces.popleft()

    async def aclose(self, grace: float = 2.0) -> None:
        self.life.append(f"aclose {grace:g}")
        self._closed = True
        self._notify()

    def kill(self) -> None:
        self.life.append("kill")
        self._closed = True
        self._notify()

    async def wait(self) -> int | None:
        return self._exit_code

    @property
    def exit_code(self) -> int | None:
        return self._exit_code

    @property
    def stderr(self) -> str:
        return self._stderr


def _kinds(line: dict) -> tuple[str, str]:
    return line["type"], line.get("request", {}).get("subtype", "")
