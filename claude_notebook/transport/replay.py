"""Recordings of what goes through a transport, and a transport that plays them back.

A cassette is a text file of JSON lines. The first is the header::

    {"cassette": 1, ...}

`1` is the version of this format; the other keys belong to whoever records. Then one line for each
line that went through, in order::

    {"ms": 12.5, "from": "cli", "json": {...}}     from the CLI; "us": to the CLI
    {"ms": 12.9, "from": "cli", "text": "..."}     the same, where the line is not a JSON object

`ms` is the time since the start. The last line tells how it ended; it is missing if the recording
broke off::

    {"ms": 99.0, "from": "end", "exit_code": 0, "stderr": ""}

Only lines and times are known here. What they mean - that request ids differ from run to run, what
is secret - is the business of a `Rewriter` that the caller gives.
"""

from __future__ import annotations

import json
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Protocol

import anyio

from ..errors import CassetteError, TransportClosedError
from ..messages import JSONObject
from .base import Transport

FORMAT = 1
_BATCH = 256 * 1024


class Rewriter(Protocol):
    """Maps a recorded conversation onto the one that goes on now."""

    def sent(self, recorded: bytes, actual: bytes) -> None:
        """`actual` was sent where `recorded` was. Raises CassetteError if it does not fit."""

    def received(self, recorded: bytes) -> bytes:
        """The line to hand out in place of a recorded one."""


class SameIds:
    """A rewriter for conversations that repeat themselves to the letter."""

    def sent(self, recorded: bytes, actual: bytes) -> None:
        """Take whatever comes."""

    def received(self, recorded: bytes) -> bytes:
        """Hand out what was recorded."""
        return recorded


@dataclass(frozen=True)
class Record:
    """One line of a cassette after the header. `source` is "cli", "us" or "end"."""

    ms: float
    source: str
    line: bytes = b""
    exit_code: int | None = None
    stderr: str = ""


class Cassette:
    """A cassette file, read line by line.

    :raises CassetteError: it cannot be read, has no header, or a newer format
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        with self._open() as file:
            self.header = self._parse(file.readline(), 1)
        version = self.header.get("cassette")
        if not isinstance(version, int):
            raise CassetteError(
                f"{self.path} is not a recording: its first line has no 'cassette'."
            )
        if version > FORMAT:
            raise CassetteError(
                f"{self.path} has format {version}; this version reads up to {FORMAT}. "
                "Update claude-notebook, or record it again."
            )

    def _open(self) -> IO[str]:
        try:
            # What is not UTF-8 is not JSON either: the parser says so, and where.
            return open(self.path, encoding="utf-8", errors="surrogateescape", newline="\n")
        except OSError as error:
            raise CassetteError(f"The recording {self.path} cannot be read: {error}") from error

    def _parse(self, text: str, number: int) -> JSONObject:
        try:
            value = json.loads(text)
        except ValueError as error:
            raise CassetteError(f"{self.path}, line {number}, is not JSON: {error}") from None
        if not isinstance(value, dict):
            raise CassetteError(f"{self.path}, line {number}, is not a JSON object.")
        return value

    def records(self) -> Iterator[Record]:
        """The records in order. A last line that was cut off while it was written is left out."""
        with self._open() as file:
            file.readline()
            for number, text in enumerate(file, start=2):
                if not text.endswith("\n"):
                    return
                yield self._record(text, number)

    def _record(self, text: str, number: int) -> Record:
        value = self._parse(text, number)
        try:
            return Record(
                ms=float(value["ms"]),
                source=str(value["from"]),
                line=_line(value),
                exit_code=value.get("exit_code"),
                stderr=value.get("stderr", ""),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CassetteError(f"{self.path}, line {number}, is not a record: {error!r}") from None


def _compact(value: object) -> str:
    """JSON without spaces, and with escapes only where it holds half a character."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, separators=(",", ":"))
    return text


def _line(value: JSONObject) -> bytes:
    if "text" in value:
        # The bytes of a line that are not UTF-8 stand there as lone surrogates.
        return bytes(value["text"].encode("utf-8", errors="surrogateescape"))
    return _compact(value.get("json")).encode("utf-8")


class RecordingTransport(Transport):
    """Passes everything through to `transport` and writes it down in a new cassette at `path`.

    Args:
        header: further keys of the header.
        redact: applied to every line before it is written.
        clock: seconds that go on, for the times.
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
        self._inner = transport
        self._path = os.fspath(path)
        self._header = header or {}
        self._redact = redact
        self._clock = clock
        self._start = clock()
        self._file: IO[str] | None = None
        self._partial = {"cli": b"", "us": b""}

    async def open(self) -> None:
        try:
            self._file = open(self._path, "w", encoding="utf-8", newline="\n")  # noqa: SIM115, ASYNC230
        except OSError as error:
            raise CassetteError(f"The recording {self._path} cannot be written: {error}") from error
        self._write({"cassette": FORMAT, **self._header})
        self._start = self._clock()
        await self._inner.open()

    async def send(self, data: bytes) -> None:
        self._note("us", data)
        await self._inner.send(data)

    async def send_eof(self) -> None:
        await self._inner.send_eof()

    async def receive(self) -> bytes:
        data = await self._inner.receive()
        self._note("cli", data)
        return data

    async def aclose(self, grace: float = 2.0) -> None:
        try:
            await self._inner.aclose(grace)
        finally:
            self._finish()

    def kill(self) -> None:
        self._inner.kill()

    async def wait(self) -> int | None:
        return await self._inner.wait()

    @property
    def exit_code(self) -> int | None:
        return self._inner.exit_code

    @property
    def stderr(self) -> str:
        return self._inner.stderr

    @property
    def pid(self) -> int | None:
        return self._inner.pid

    def _note(self, source: str, data: bytes) -> None:
        *lines, self._partial[source] = (self._partial[source] + data).split(b"\n")
        for line in lines:
            self._write(self._entry(source, line))

    def _entry(self, source: str, line: bytes) -> JSONObject:
        text = self._redact(line.decode("utf-8", errors="surrogateescape"))
        entry: JSONObject = {"ms": self._now(), "from": source}
        try:
            text.encode("utf-8")
            value = json.loads(text)
        except ValueError:
            value = None
        # Only what means the same when it comes back is written as JSON; the rest as it was.
        if isinstance(value, dict) and json.loads(_compact(value)) == value:
            return {**entry, "json": value}
        return {**entry, "text": text}

    def _now(self) -> float:
        return round((self._clock() - self._start) * 1000, 1)

    def _write(self, value: JSONObject) -> None:
        if self._file is None:
            return
        try:
            self._file.write(_compact(value) + "\n")
            self._file.flush()
        except OSError as error:
            self._file = None
            raise CassetteError(f"The recording {self._path} cannot be written: {error}") from error

    def _finish(self) -> None:
        if self._file is not None:
            end = {"exit_code": self._inner.exit_code, "stderr": self._redact(self._inner.stderr)}
            self._write({"ms": self._now(), "from": "end", **end})
        if self._file is not None:
            self._file.close()
            self._file = None


class ReplayTransport(Transport):
    """Plays a cassette: what the CLI said then comes again when we have said what we said then.

    Args:
        cassette: the recording, or its path.
        speed: 1.0 is as fast as recorded, 2.0 twice as fast; None does not wait at all.
        rewriter: maps recorded lines to those of now.
    """

    def __init__(
        self,
        cassette: Cassette | str | os.PathLike[str],
        *,
        speed: float | None = None,
        rewriter: Rewriter | None = None,
    ) -> None:
        self._cassette = cassette if isinstance(cassette, Cassette) else Cassette(cassette)
        self._speed = speed
        self._rewriter = rewriter or SameIds()
        self._records: Iterator[Record] = iter(())
        self._ahead: Record | None = None
        self._ms = 0.0
        self._sent: deque[bytes] = deque()
        self._partial = b""
        self._wake = anyio.Event()
        self._eof = False
        self._closed = False
        self._end: Record | None = None

    async def open(self) -> None:
        self._records = self._cassette.records()
        self._ahead = next(self._records, None)

    async def send(self, data: bytes) -> None:
        if self._closed or self._eof:
            raise TransportClosedError("The replayed connection is closed. Connect again.")
        *lines, self._partial = (self._partial + data).split(b"\n")
        self._sent.extend(lines)
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
                if not await self._wait_for_us(record):
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

    async def _wait_for_us(self, record: Record) -> bool:
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
            await anyio.sleep((record.ms - self._ms) / 1000 / self._speed)

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
