"""A transport that records another transport's lines, and a transport that plays a recording.

Both know only about lines and timing. The caller can pass a `Rewriter` to interpret lines, for
example to map the request ids in a recording to current ones.
"""

from __future__ import annotations

import json
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol

import anyio

from ..errors import TransportClosedError
from ..messages import JSONObject
from ..protocol.framing import LineSplitter
from ..transport.base import Origin, Transport
from ..transport.wrappers import PassingTransport
from .format import (
    Cassette,
    CassetteWriter,
    Record,
    entry_of,
)

_BATCH = 256 * 1024
MAX_PAUSE_MS = 3_000.0
"""Maximum pause during playback. Longer pauses, such as for a question, are shortened."""
_QUESTIONS = {
    "cli": ("control_request", "control_cancel_request"),
    "us": ("control_response",),
}

__all__ = ["Cassette", "Record", "RecordingTransport", "ReplayTransport", "Rewriter", "SameIds"]


class Rewriter(Protocol):
    """Maps a recorded conversation to the current one."""

    def sent(self, recorded: bytes, actual: bytes) -> None:
        """Compare a sent line with the recorded line at the same position.

        :raises CassetteError: if the lines do not match
        """

    def received(self, recorded: bytes) -> bytes:
        """Return the line to deliver in place of a recorded one."""


class SameIds:
    """A rewriter that changes nothing."""

    def sent(self, recorded: bytes, actual: bytes) -> None:
        """Accept any line."""

    def received(self, recorded: bytes) -> bytes:
        """Return the recorded line."""
        return recorded


class RecordingTransport(PassingTransport):
    """Forwards all calls to `transport`, and records its lines in a new cassette at `path`.

    :param header: additional header keys.
    :param redact: a function applied to every line before it is written.
    :param clock: a function that returns monotonic time in seconds.
    """

    def __init__(
        self,
        transport: Transport,
        path: str | os.PathLike[str],
        *,
        header: JSONObject | None = None,
        redact: Callable[[str], str] = lambda text: text,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(transport)
        self._lines = {"cli": LineSplitter(), "us": LineSplitter()}
        self._path = os.fspath(path)
        self._header = header or {}
        self._redact = redact
        self._clock = clock
        self._writer: CassetteWriter | None = None

    async def open(self) -> None:
        self._writer = CassetteWriter(self._path, self._header, self._clock)
        await super().open()

    async def aclose(self, grace: float = 2.0) -> None:
        try:
            await super().aclose(grace)
        finally:
            self._finish()

    async def send(self, data: bytes) -> None:
        self._write("us", data)
        await super().send(data)

    async def receive(self) -> bytes:
        data = await super().receive()
        self._write("cli", data)
        return data

    def _write(self, source: str, data: bytes) -> None:
        for line in self._lines[source].feed(data):
            if self._writer is None:
                return
            text = self._redact(line.decode("utf-8", errors="surrogateescape"))
            self._writer.write(entry_of(self._writer.now, source, text))

    def _finish(self) -> None:
        if self._writer is not None:
            self._writer.end(self._inner.exit_code, self._redact(self._inner.stderr))
            self._writer = None


def is_question(record: Record) -> bool:
    """Return whether this is a question from the CLI, its withdrawal, or a response to one."""
    if b"control_" not in record.line and b"\\" not in record.line:
        return False
    try:  # must be as lenient as the client
        text = record.line.decode("utf-8", errors="replace")
        kind = json.loads(text, strict=False).get("type")
    except (ValueError, AttributeError, RecursionError):
        return False
    return kind in _QUESTIONS.get(record.source, ())


class ReplayTransport(Transport):
    """A transport that plays back a cassette.

    It returns each of the CLI's lines once the client has sent the lines recorded before it.

    The CLI's questions (permissions, hooks, tool calls) are left out together with their responses,
    so a recording never calls any code of the program that plays it.

    :param cassette: the recording, or its path.
    :param speed: 1.0 plays at the recorded speed, 2.0 twice as fast, and None without any waiting.
        Pauses last at most three seconds.
    :param rewriter: maps recorded lines to current ones.
    :param run_tools: pass those questions to the client's own callbacks, hooks and tools. If there
        is a `can_use_tool` callback, a hook or tool runs only if the callback allows it.
    """

    def __init__(
        self,
        cassette: Cassette | str | os.PathLike[str],
        *,
        speed: float | None = None,
        rewriter: Rewriter | None = None,
        run_tools: bool = False,
    ) -> None:
        self._run_tools = run_tools
        self._cassette = cassette if isinstance(cassette, Cassette) else Cassette(cassette)
        self._speed = speed
        self._rewriter = rewriter or SameIds()
        self._records: Iterator[Record] = iter(())
        self._ahead: Record | None = None
        self._ms = 0.0
        self._sent: deque[bytes] = deque()
        self._lines = LineSplitter()
        self._wake = anyio.Event()
        self._eof = False
        self._closed = False
        self._end: Record | None = None

    async def open(self) -> None:
        records = self._cassette.records()
        self._records = (record for record in records if self._is_played(record))
        self._ahead = next(self._records, None)

    def _is_played(self, record: Record) -> bool:
        if record.source == "effect":
            return False
        return self._run_tools or not is_question(record)

    @property
    def origin(self) -> Origin:
        return Origin.TOOLS_RUN if self._run_tools else Origin.RECORDING

    async def send(self, data: bytes) -> None:
        if self._closed or self._eof:
            raise TransportClosedError("The replayed connection is closed. Connect again.")
        self._sent.extend(self._lines.feed(data))
        self._wake.set()

    async def send_eof(self) -> None:
        self._eof = True
        self._wake.set()

    async def receive(self) -> bytes:
        batch = bytearray()
        while not batch:
            record = self._ahead
            if self._closed:
                raise TransportClosedError("The replayed connection was closed.")
            if record is None or record.source == "end":
                self._end = record
                return b""
            if record.source == "us":
                if not await self._wait_for_client(record):
                    return b""
                continue
            await self._keep_pace(record)
            self._take_lines(batch)
        return bytes(batch)

    def _take_lines(self, batch: bytearray) -> None:
        while (
            (record := self._ahead) is not None and record.source == "cli" and len(batch) < _BATCH
        ):
            batch += self._rewriter.received(record.line) + b"\n"
            self._advance(record)
            if self._speed is not None:
                return

    async def _wait_for_client(self, record: Record) -> bool:
        while not self._sent:
            if self._eof or self._closed:
                return False
            self._wake = anyio.Event()
            await self._wake.wait()
        self._rewriter.sent(record.line, self._sent.popleft())
        self._advance(record)
        return True

    async def _keep_pace(self, record: Record) -> None:
        if self._speed is not None and record.ms > self._ms:
            pause = min(record.ms - self._ms, MAX_PAUSE_MS)
            await anyio.sleep(pause / 1000 / self._speed)

    def _advance(self, record: Record) -> None:
        self._ms = record.ms
        self._ahead = next(self._records, None)

    async def aclose(self, grace: float = 2.0) -> None:
        self._closed = True
        self._wake.set()

    def kill(self) -> None:
        self._closed = True
        self._wake.set()

    async def wait(self) -> int | None:
        return self.exit_code

    @property
    def exit_code(self) -> int | None:
        return self._end.exit_code if self._end else None

    @property
    def stderr(self) -> str:
        return self._end.stderr if self._end else ""
