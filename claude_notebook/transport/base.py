"""The contract of a transport."""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod


class Origin(enum.Enum):
    """The source of the bytes that a transport hands out at the moment.

    LIVE is a CLI that runs. RECORDING is a file: nothing in it may call code of this program.
    TOOLS_RUN is a file too, and the user has opted in to run tools and hooks again.
    """

    LIVE = "live"
    RECORDING = "recording"
    TOOLS_RUN = "recording, tools run again"


class Transport(ABC):
    """A pipe to a CLI: bytes go in, bytes come out, and it ends.

    One task receives; any number may send. Life: `open()` once, then `send`, `receive` and
    `send_eof` in any order, then `aclose()` (any number of times).
    """

    @abstractmethod
    async def open(self) -> None:
        """Start.

        :raises CLINotFoundError: there is no such binary
        :raises CLINotUsableError: the binary cannot be run
        :raises WorkingDirectoryError: the working directory is not usable
        :raises CLIConnectionError: anything else that keeps it from starting
        """

    @abstractmethod
    async def send(self, data: bytes) -> None:
        """Write all of `data`; a cancelled call still writes it whole, so that no line is cut.

        :raises TransportClosedError: it was closed, or the other side does not read any more
        """

    @abstractmethod
    async def send_eof(self) -> None:
        """Say that nothing more will be sent. Does not raise."""

    @abstractmethod
    async def receive(self) -> bytes:
        """The next bytes, as they come; b"" at the end of the stream, and ever after.

        :raises TransportClosedError: `aclose()` was called by this side
        """

    @abstractmethod
    async def aclose(self, grace: float = 2.0) -> None:
        """End it within a bound: `grace` seconds to leave by itself, then force. Does not raise.

        Nothing of it is left behind, also when this call is cancelled.
        """

    @abstractmethod
    def kill(self) -> None:
        """End it now, by force. Synchronous, from any thread, at any time; does not raise."""

    @abstractmethod
    async def wait(self) -> int | None:
        """Wait for the end and return the exit code (negative: the signal), or None."""

    @property
    @abstractmethod
    def exit_code(self) -> int | None:
        """The exit code; None while it runs, or where there is none."""

    @property
    @abstractmethod
    def stderr(self) -> str:
        """The last part (64 KiB at most) of what came on standard error."""

    @property
    def pid(self) -> int | None:
        """The process id, where there is a process."""
        return None

    @property
    def executable(self) -> str | None:
        """The path of the binary that was started, where one was."""
        return None

    @property
    def origin(self) -> Origin:
        """The source of what `receive` has returned last."""
        return Origin.LIVE
