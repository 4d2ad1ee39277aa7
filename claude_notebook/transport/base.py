"""The contract of a transport."""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Callable

from ..replay import RecordedAnswer


class Origin(enum.Enum):
    """The source of the bytes that `receive` returned last.

    LIVE is a running CLI. RECORDING is a file; nothing in it may call code of this program.
    TOOLS_RUN is a file too, but the user has opted in to running tools and hooks again.
    """

    LIVE = "live"
    RECORDING = "recording"
    TOOLS_RUN = "recording, tools run again"


class Transport(ABC):
    """A byte stream to a CLI and back.

    One task receives; any number of tasks may send. Call `open()` once, then `send`, `receive` and
    `send_eof` in any order, then `aclose()`, as often as you like.

    A subclass may define the methods of the official SDK's class instead: `connect`, `write`,
    `read_messages`, `close`, `is_ready` and `end_input`.
    """

    def __init_subclass__(cls, **arguments: object) -> None:
        super().__init_subclass__(**arguments)
        if hasattr(cls, "read_messages"):
            # `as_transport` wraps the instances, so nothing calls the byte methods.
            for name in Transport.__abstractmethods__:
                if getattr(getattr(cls, name), "__isabstractmethod__", False):
                    setattr(cls, name, None)

    @abstractmethod
    async def open(self) -> None:
        """Start the CLI.

        :raises CLINotFoundError: the binary does not exist
        :raises CLINotUsableError: the binary cannot be run
        :raises WorkingDirectoryError: the working directory cannot be used
        :raises CLIConnectionError: the start failed for another reason
        """

    @abstractmethod
    async def send(self, data: bytes) -> None:
        """Write all of `data`. A cancelled call still writes all of it, so that no line is cut.

        :raises TransportClosedError: the transport was closed, or the peer no longer reads
        """

    @abstractmethod
    async def send_eof(self) -> None:
        """Signal the end of the input. Does not raise."""

    @abstractmethod
    async def receive(self) -> bytes:
        """Return the next bytes; b"" at the end of the stream and in every later call.

        :raises TransportClosedError: this side has called `aclose()`
        """

    def attach(self, take_answer: Callable[[RecordedAnswer], None]) -> None:  # noqa: B027  optional
        """Set the function that takes recorded answers. Only a transport that plays them needs it.

        An answer follows the bytes that `receive` has returned before the call of `take_answer`.
        """

    @abstractmethod
    async def aclose(self, grace: float = 2.0) -> None:
        """Close the transport and end the CLI. Does not raise.

        No process is left behind, even if this call is cancelled.

        :param grace: seconds that the CLI has to exit before it is killed.
        """

    @abstractmethod
    def kill(self) -> None:
        """End the CLI now, by force. Call it from any thread, at any time; does not raise."""

    @abstractmethod
    async def wait(self) -> int | None:
        """Wait for the end and return the exit code (negative: a signal), or None."""

    @property
    @abstractmethod
    def exit_code(self) -> int | None:
        """The exit code; None while the CLI runs, or without a process."""

    @property
    @abstractmethod
    def stderr(self) -> str:
        """The last 64 KiB, at most, of standard error."""

    @property
    def pid(self) -> int | None:
        """The process id; None without a process."""
        return None

    @property
    def executable(self) -> str | None:
        """The path of the binary that was started; None without a process."""
        return None

    @property
    def reports_exit(self) -> bool:
        """True if the end of the stream may be a failure, which `exit_code` explains.

        Otherwise `receive` raises at a failure.
        """
        return True

    @property
    def origin(self) -> Origin:
        """The source of the bytes that `receive` returned last."""
        return Origin.LIVE
