"""A CLI in memory that a test controls line by line."""

import json
import sys
from collections import deque
from collections.abc import Callable

import anyio

from claude_notebook import ClaudeCodeOptions, ClaudeSDKClient
from claude_notebook.concurrency import tasks
from claude_notebook.errors import TransportClosedError
from claude_notebook.protocol.codec.encoder import Encodable
from claude_notebook.protocol.connection import Connection, Role
from claude_notebook.transport import Transport

INFO = {"commands": [], "pid": 1, "hook_on_failure_supported": True}


def connected(peer: "Peer", **options: object) -> ClaudeSDKClient:
    """Return a client of `peer`, as an async context manager."""
    return ClaudeSDKClient(ClaudeCodeOptions(**options), peer)


async def has_no_running_tasks() -> bool:
    """Test that no task of the package is left in this event loop."""
    await anyio.wait_all_tasks_blocked()
    return all(task.done() for task in tasks._running)


class Peer(Transport):
    """A transport whose peer is the test. It answers `initialize` automatically.

    :ivar heard: the lines that the client sent, as JSON objects.
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
        self._request_id = ""
        self._connection = Connection(sys.maxsize, lambda: self._request_id, Role.CLI)

    # --- for the test ---

    def say(self, *items: Encodable | bytes) -> None:
        """Deliver messages in one chunk; bytes are lines that no CLI should write."""
        self._deliver(b"".join(map(self._line, items)))

    def _line(self, item: Encodable | bytes) -> bytes:
        return item + b"\n" if isinstance(item, bytes) else self._connection.send_message(item)

    def _deliver(self, data: bytes) -> None:
        """Add a chunk. A response to a request that is not open has no bytes."""
        if data:
            self._pieces.append(data)
            self._tell()

    def end(self) -> None:
        """End the stream."""
        self._pieces.append(b"")
        self._tell()

    async def hear(self, kind: str, number: int = 1) -> dict:
        """Wait for the n-th line of a type, or of a control request's subtype."""
        while len(result := [line for line in self.heard if kind in _kinds(line)]) < number:
            await self._news.wait()
        return result[number - 1]

    def answer(self, request: dict, response: object = None, error: str | None = None) -> None:
        """Answer a control request of the client."""
        request_id = request["request_id"]
        if error is None:
            self._deliver(self._connection.send_answer(request_id, response))
        else:
            self._deliver(self._connection.send_refusal(request_id, error))

    def ask(self, request_id: str, subtype: str, **fields: object) -> None:
        """Send a control request to the client."""
        self._request_id = request_id
        self._deliver(self._connection.send_request(subtype, fields)[1])

    def withdraw(self, request_id: str) -> None:
        """Withdraw a control request to the client."""
        self._deliver(self._connection.send_cancel(request_id))

    def _tell(self) -> None:
        self._news.set()
        self._news = anyio.Event()

    # --- the transport ---

    async def open(self) -> None:
        self.life.append("open")

    async def send(self, data: bytes) -> None:
        if self._closed or self.eof:
            raise TransportClosedError("closed")
        assert data.endswith(b"\n")
        assert data.count(b"\n") == 1
        line = json.loads(data)
        self.heard.append(line)
        self._connection.receive_data(data)
        while self._connection.next_event() is not None:
            pass
        if self._greets and "initialize" in _kinds(line):
            self.answer(line, INFO)
        self.on_line(line)
        self._tell()

    async def send_eof(self) -> None:
        self.eof = True
        self._tell()

    async def receive(self) -> bytes:
        while not self._pieces:
            if self._closed:
                raise TransportClosedError("closed")
            await self._news.wait()
        return self._pieces.popleft()

    async def aclose(self, grace: float = 2.0) -> None:
        self.life.append(f"aclose {grace:g}")
        self._closed = True
        self._tell()

    def kill(self) -> None:
        self.life.append("kill")
        self._closed = True
        self._tell()

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
