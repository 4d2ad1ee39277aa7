"""The interface of a transport."""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Callable

from ..replay import RecordedAnswer


class Origin(enum.Enum):
    """The source of the bytes most recently returned by `receive`.

    LIVE is a running CLI. RECORDING is a file, and nothing in it may call this program's code.
    TOOLS_RUN is also a file, but the user has opted in to running tools and hooks again.
    """

    LIVE = "live"
    RECORDING = "recording"
    TOOLS_RUN = "recording, tools run again"


class Transport(ABC):
    """A byte stream to and from a CLI.

    Only one task may receive, but any number of tasks may send. Call `open()` once, then `send`,
    `receive` and `send_eof` in any order, and finally `aclose()`, which may be called repeatedly.

    Instead, a subclass may define the methods of the official SDK's class: `connect`, `write`,
    `read_messages`, `close`, `is_ready` and `end_input`.
    """

    def __init_subclass__(cls, **arguments: object) -> None:
        super().__init_subclass__(**arguments)
        if hasattr(cls, "read_messages"):
            # `as_transport` wraps these instances, so nothing calls the byte methods.
            for name in Transport.__abstractmethods__:
                if getattr(getattr(cls, name), "__isabstractmethod__", False):
                    setattr(cls, name, None)

    @abstractmethod
    async def open(self) -> None:
        """Start the CLI.

        :raises CLINotFoundError: if the binary does not exist
        :raises CLINotUsableError: the binary cannot be run
        :raises WorkingDirectoryError: the working directory cannot be used
        :raises CLIConnectionError: if the start failed for another reason
        """

    @abstractmethod
    async def send(self, data: bytes) -> None:
        """Write all of `data`, even if the call is cancelled, so that no line is truncated.

        :raises TransportClosedError: if the transport was closed, or the peer has stopped reading
        """

    @abstractmethod
    async def send_eof(self) -> None:
        """Signal the end of input. Never raises."""

    @abstractmethod
    async def receive(self) -> bytes:
        """Return the next bytes; b"" at the end of the stream and in every call after that.

        :raises TransportClosedError: if this side has called `aclose()`
        """

    def attach(self, take_answer: Callable[[RecordedAnswer], None]) -> None:  # noqa: B027  optional
        """Set the function that receives recorded answers.

        Only a transport that plays back recorded answers needs to implement this.

        An answer comes after the bytes that `receive` returned before `take_answer` was called.
        """

    @abstractmethod
    async def aclose(self, grace: float = 2.0) -> None:
        """Close the transport and stop the CLI. Never raises.

        No process is left behind, even if this call is cancelled.

        :param grace: how many seconds the CLI has to exit before it is killed.
        """

    @abstractmethod
    def kill(self) -> None:
        """Kill the CLI immediately. May be called from any thread at any time; never raises."""

    @abstractmethod
    async def wait(self) -> int | None:
        """Wait for the CLI to exit and return its exit code (negative for a signal), or None."""

    @property
    @abstractmethod
    def exit_code(self) -> int | None:
        """The exit code; None while the CLI is running, or if there is no process."""

    @property
    @abstractmethod
    def stderr(self) -> str:
        """At most the last 64 KiB of standard error."""

    @property
    def pid(self) -> int | None:
        """The process id; None if there is no process."""
        return None

    @property
    def executable(self) -> str | None:
        """The path of the binary that was started; None if there is no process."""
        return None

    @property
    def reports_exit(self) -> bool:
        """True if the stream may end because of a failure, which `exit_code` then explains.

        If false, `receive` raises an exception when a failure occurs.
        """
        return True

    @property
    def origin(self) -> Origin:
        """The source of the bytes most recently returned by `receive`."""
        return Origin.LIVE
