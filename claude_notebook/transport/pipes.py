"""Reads and writes pipes, and keeps the last part of standard error."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
from collections import deque
from collections.abc import Callable

import anyio

from ..concurrency.tasks import running_asyncio
from ..errors import TransportClosedError
from ..logs import get_logger, log_failure
from ..protocol.framing import LineSplitter

log = get_logger(__name__)

# Read sizes: small by default, because the C library allocates a large buffer each time, and large
# while a lot of data arrives.
SMALL_READ = 32 * 1024
LARGE_READ = 256 * 1024
PIPE_SIZE = 256 * 1024
STDERR_LIMIT = 64 * 1024
PIPE_ERRORS = (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError)
_NO_LOOP = (anyio.NoEventLoopError,)
_CLOSED = "The connection to Claude Code is closed"


class Pipe:
    """Two descriptors: the child's end, and our end, which is non-blocking."""

    child = ours = -1  # for `close`, in case os.pipe() fails

    def __init__(self, *, child_reads: bool) -> None:
        ends = os.pipe()
        self.child, self.ours = ends if child_reads else ends[::-1]
        os.set_blocking(self.ours, False)
        _widen(self.ours)

    def close(self) -> None:
        """Close our end and wake all waiting tasks. Calling it again has no effect."""
        self.close_child()
        ours, self.ours = self.ours, -1
        if ours >= 0:
            with contextlib.suppress(*_NO_LOOP):
                anyio.notify_closing(ours)
            os.close(ours)

    def close_child(self) -> None:
        """Close the child's end, once the child has inherited a copy."""
        child, self.child = self.child, -1
        if child >= 0:
            os.close(child)

    def detach(self) -> None:
        """Close our end in a fork without notifying the event loop, which is the parent's."""
        for end in (self.child, self.ours):
            if end >= 0:
                os.close(end)
        self.child = self.ours = -1

    def __del__(self) -> None:
        with contextlib.suppress(OSError):
            self.close()


def _widen(descriptor: int) -> None:
    """Enlarge the pipe's buffer, if possible, for data that arrives while we are busy."""
    with contextlib.suppress(AttributeError, OSError):  # not Linux, or the user limit is reached
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE_SIZE)


class PipeReader:
    """Reads a pipe, for one task at a time."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._watching: asyncio.AbstractEventLoop | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._data: bytes | None = None
        self._size = SMALL_READ

    async def receive(self) -> bytes:
        """Read at least one byte; b"" at the end.

        This waits at least once even if data is available, so that other tasks can run.

        :raises anyio.ClosedResourceError: the pipe was closed
        """
        on_asyncio = running_asyncio() is not None
        while self._data is None and self._pipe.ours >= 0:
            if on_asyncio:
                await self._arrival()
            else:
                await anyio.wait_readable(self._pipe.ours)
                self._read()
        data, self._data = self._data, None
        if data is None:
            raise anyio.ClosedResourceError
        return data

    def _read(self) -> None:
        try:
            self._data = os.read(self._pipe.ours, self._size)
            self._size = LARGE_READ if len(self._data) == self._size else SMALL_READ
        except BlockingIOError:
            return
        except OSError:
            self._data = b""

    async def _arrival(self) -> None:
        """Wait as `anyio.wait_readable` does, but register with the selector only once."""
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        if self._watching is None:
            self._watching = loop
            loop.add_reader(self._pipe.ours, self._ready)
        await self._waiter

    def _ready(self) -> None:
        if self._waiter is None or self._waiter.done():
            self._unregister()  # no task is reading at the moment
            return
        self._read()
        if self._data is None:
            return  # a spurious wakeup
        self._waiter.set_result(None)
        if not self._data:
            self._unregister()

    def _unregister(self) -> None:
        loop, self._watching = self._watching, None
        if loop is not None and not loop.is_closed() and self._pipe.ours >= 0:
            loop.remove_reader(self._pipe.ours)

    def close(self) -> None:
        """Close the pipe and wake the waiting task."""
        if self._pipe.ours >= 0:
            self._unregister()
        self._pipe.close()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class PendingWrite:
    """Bytes to write, and how far writing has progressed."""

    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.settled = anyio.Event()
        self.is_written = False


class PipeWriter:
    """Writes to a pipe. All data is written, even if the writing task is cancelled."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._waiting: deque[PendingWrite] = deque()
        self._wake = anyio.Event()
        self._closed = False
        self._failure: str | None = None

    async def put(self, data: bytes) -> None:
        """Write all of `data`.

        :raises TransportClosedError: if the data cannot be written
        """
        if self._closed or self._failure is not None:
            raise self._error()
        rest = memoryview(data)
        if not self._waiting:
            # Most of the time, the pipe has room for all of it.
            rest = rest[self._write(rest) :]
            if not rest:
                return
        piece = PendingWrite(rest)
        self._waiting.append(piece)
        self._wake.set()
        await piece.settled.wait()
        if not piece.is_written:
            raise self._error()

    def _error(self) -> TransportClosedError:
        reason = self._failure or _CLOSED
        return TransportClosedError(f"{reason}. Connect again.")

    def _write(self, data: memoryview) -> int:
        try:
            return os.write(self._pipe.ours, data)
        except BlockingIOError:
            return 0
        except OSError as error:
            self.fail(f"Claude Code has stopped reading its input ({error})")
            raise self._error() from error

    async def run(self) -> None:
        """Write pending data, until `close` has been called and everything is written."""
        try:
            while await self._has_pending():
                await anyio.wait_writable(self._pipe.ours)
                piece = self._waiting[0]
                piece.data = piece.data[self._write(piece.data) :]
                if not piece.data:
                    self._written(self._waiting.popleft())
        except (anyio.ClosedResourceError, TransportClosedError):
            pass
        finally:
            self.fail(_CLOSED)
            self._pipe.close()

    async def _has_pending(self) -> bool:
        while not self._waiting:
            if self._closed or self._failure is not None:
                return False
            self._wake = anyio.Event()
            await self._wake.wait()
        return True

    @staticmethod
    def _written(piece: PendingWrite) -> None:
        piece.is_written = True
        piece.settled.set()

    def close(self) -> None:
        """Stop accepting data. Pending data is still written."""
        self._closed = True
        self._wake.set()

    def fail(self, reason: str) -> None:
        """Discard pending data, and make subsequent writes fail."""
        if self._failure is None:
            self._failure = reason
        for piece in self._waiting:
            piece.settled.set()
        self._waiting.clear()
        self._wake.set()


class StderrTail:
    """Keeps the last part of standard error, and passes each line to a callback."""

    def __init__(self, on_line: Callable[[str], None] | None) -> None:
        self._kept = b""
        self._lines = LineSplitter(STDERR_LIMIT)
        self._on_line = on_line

    @property
    def text(self) -> str:
        """The part that has been kept."""
        return self._kept.decode("utf-8", errors="replace")

    def add(self, data: bytes) -> None:
        """Add received bytes."""
        self._kept = (self._kept + data)[-STDERR_LIMIT:]
        if self._on_line is None and not log.isEnabledFor(logging.DEBUG):
            return
        for line in self._lines.feed(data):
            self._report(line.decode("utf-8", errors="replace").rstrip("\r"))

    def _report(self, line: str) -> None:
        log.debug("the CLI says: %s", line)
        try:
            self._on_line and self._on_line(line)
        except Exception as error:  # noqa: BLE001  the caller's function
            log_failure(log, "The stderr callback", error)
