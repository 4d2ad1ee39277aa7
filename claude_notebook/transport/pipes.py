"""The two ends of a pipe: what is still to be written, and the last part of what was read."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable

import anyio

from ..errors import TransportClosedError
from ..logs import get_logger, log_failure

log = get_logger(__name__)

STDERR_LIMIT = 64 * 1024
PIPE_ERRORS = (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError)


class Piece:
    """Bytes to write, and whether that is done."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.dealt_with = anyio.Event()
        self.is_written = False


class Outbox:
    """What is to be written. Once taken in, a piece is written whole, whoever stops waiting."""

    def __init__(self) -> None:
        self._waiting: deque[Piece] = deque()
        self._wake = anyio.Event()
        self._closed = False
        self._failure: str | None = None

    async def put(self, data: bytes) -> None:
        """Take `data` in and wait until it is written."""
        if self._closed or self._failure is not None:
            raise self._error()
        piece = Piece(data)
        self._waiting.append(piece)
        self._wake.set()
        await piece.dealt_with.wait()
        if not piece.is_written:
            raise self._error()

    def _error(self) -> TransportClosedError:
        reason = self._failure or "The connection to Claude Code is closed"
        return TransportClosedError(f"{reason}. Connect again.")

    async def next(self) -> Piece | None:
        """The next piece, which stays in until it is written; None when all is done."""
        while not self._waiting:
            if self._closed:
                return None
            self._wake = anyio.Event()
            await self._wake.wait()
        return self._waiting[0]

    def written(self, piece: Piece) -> None:
        """A piece has been written."""
        self._waiting.popleft()
        piece.is_written = True
        piece.dealt_with.set()

    def close(self) -> None:
        """Nothing more comes after what is there."""
        self._closed = True
        self._wake.set()

    def fail(self, reason: str) -> None:
        """Nothing will be written any more."""
        if self._failure is None:
            self._failure = reason
        for piece in self._waiting:
            piece.dealt_with.set()
        self._waiting.clear()


class StderrTail:
    """Keeps the end of standard error, and hands out its lines."""

    def __init__(self, on_line: Callable[[str], None] | None) -> None:
        self._kept = b""
        self._line = b""
        self._on_line = on_line

    @property
    def text(self) -> str:
        """What was kept."""
        return self._kept.decode("utf-8", errors="replace")

    def add(self, data: bytes) -> None:
        """Take in what came."""
        self._kept = (self._kept + data)[-STDERR_LIMIT:]
        if self._on_line is None and not log.isEnabledFor(logging.DEBUG):
            return
        *lines, rest = (self._line + data).split(b"\n")
        self._line = rest[-STDERR_LIMIT:]
        for line in lines:
            self._tell(line.decode("utf-8", errors="replace").rstrip("\r"))

    def _tell(self, line: str) -> None:
        log.debug("the CLI says: %s", line)
        try:
            self._on_line and self._on_line(line)
        except Exception as error:  # noqa: BLE001  a function of somebody else's
            log_failure(log, "The stderr callback", error)
