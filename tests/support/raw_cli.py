"""The real CLI driven by plain lines of JSON, for tests that must not trust our client."""

import json
import os
import selectors
import subprocess
import tempfile
import time
from pathlib import Path

_ARGUMENTS = ("--output-format", "stream-json", "--input-format", "stream-json", "--verbose")
_ANSWER_SECONDS = 30.0


class RawCLI:
    """A CLI process in its own session; a context manager that ends it.

    `messages` has all decoded lines that it has written.
    """

    def __init__(self, path: str, *arguments: str, env: dict[str, str], cwd: Path) -> None:
        cwd.mkdir(parents=True, exist_ok=True)
        self.messages: list[dict] = []
        self.cwd = cwd
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 (closed in close())
        self.process = subprocess.Popen(
            [path, *_ARGUMENTS, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env=env,
            cwd=cwd,
            start_new_session=True,
        )
        self._pending = b""
        self._ready = selectors.DefaultSelector()
        self._ready.register(self.process.stdout, selectors.EVENT_READ)

    def __enter__(self) -> "RawCLI":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> int:
        """Close the input, wait for the end and return the exit code."""
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, 9)
            return self.process.wait(10)
        finally:
            self._ready.close()
            self.process.stdout.close()
            self._stderr.close()

    # --- input ----------------------------------------------------------------------------------

    def send(self, message: dict) -> None:
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def prompt(self, content: str | list, **fields: object) -> None:
        self.send({"type": "user", "message": {"role": "user", "content": content}, **fields})

    def control(self, subtype: str, **fields: object) -> dict:
        """Send a control request and return its response."""
        request_id = f"request-{len(self.messages)}-{subtype}"
        request = {"subtype": subtype, **fields}
        self.send({"type": "control_request", "request_id": request_id, "request": request})
        received = self.until(
            lambda message: (
                message["type"] == "control_response"
                and message["response"]["request_id"] == request_id
            )
        )
        return received[-1]["response"]

    def turn(self, content: str | list) -> list[dict]:
        """Send a prompt and return all messages up to its result."""
        self.prompt(content)
        return self.until_result()

    # --- output ---------------------------------------------------------------------------------

    def until_result(self, seconds: float = _ANSWER_SECONDS) -> list[dict]:
        return self.until(lambda message: message["type"] == "result", seconds)

    def until(self, predicate, seconds: float = _ANSWER_SECONDS) -> list[dict]:
        """Return all messages up to and including the first that is `predicate`."""
        received = []
        deadline = time.monotonic() + seconds
        while True:
            message = json.loads(self._line(deadline))
            self.messages.append(message)
            received.append(message)
            if predicate(message):
                return received

    def _line(self, deadline: float) -> bytes:
        while b"\n" not in self._pending:
            if not self._ready.select(max(0.0, deadline - time.monotonic())):
                raise AssertionError(f"no answer in time: {self._situation()}")
            data = os.read(self.process.stdout.fileno(), 1 << 16)
            if not data:
                raise AssertionError(f"the CLI ended: {self._situation()}")
            self._pending += data
        line, _, self._pending = self._pending.partition(b"\n")
        return line

    def _situation(self) -> str:
        last = [json.dumps(message)[:300] for message in self.messages[-3:]]
        self._stderr.seek(0)
        stderr = self._stderr.read()[-500:]
        return f"exit code {self.process.poll()}, stderr {stderr!r}, last messages {last}"


def texts(messages: list[dict]) -> list[str]:
    """Return the assistant's texts block by block, without subagents."""
    return [
        block["text"]
        for message in messages
        if message["type"] == "assistant" and not message.get("parent_tool_use_id")
        for block in message["message"]["content"]
        if block["type"] == "text"
    ]


def deltas(messages: list[dict]) -> list[str]:
    """Return the text deltas of the stream."""
    return [
        message["event"]["delta"]["text"]
        for message in messages
        if message["type"] == "stream_event"
        and message["event"]["type"] == "content_block_delta"
        and message["event"]["delta"]["type"] == "text_delta"
    ]


def tool_results(messages: list[dict]) -> list[dict]:
    """Return the blocks with tool results."""
    return [
        block
        for message in messages
        if message["type"] == "user" and isinstance(message["message"]["content"], list)
        for block in message["message"]["content"]
        if block["type"] == "tool_result"
    ]


def systems(messages: list[dict], subtype: str) -> list[dict]:
    """Return the system messages of a subtype."""
    return [
        message
        for message in messages
        if message["type"] == "system" and message["subtype"] == subtype
    ]
