"""What goes wrong between this package, the CLI, and code that uses the package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


class ClaudeSDKError(Exception):
    """Base of every exception that this package raises. Can be copied and pickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Not through __init__, which makes the message out of its parts: it is made already.
        return _again, (type(self), self.args), self.__dict__


def _again(kind: type[ClaudeSDKError], args: tuple[Any, ...]) -> ClaudeSDKError:
    error = kind.__new__(kind, *args)
    error.args = args  # a TimeoutError leaves them out
    return error


class OptionsError(ClaudeSDKError, ValueError):
    """An option has a wrong type or value, or contradicts another one.

    Raised before any process starts.

    :param field: the name of the option, as in `ClaudeCodeOptions`; None where it is about several.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class CLIConnectionError(ClaudeSDKError):
    """The CLI could not be started, or the connection to it is gone."""


class CLINotFoundError(CLIConnectionError):
    """No `claude` binary was found.

    :param searched: every place that was looked at, in order.
    """

    def __init__(
        self,
        message: str = "Claude Code was not found. Install it: pip install claude-agent-sdk",
        *,
        searched: tuple[str, ...] = (),
        cli_path: str | None = None,
    ) -> None:
        super().__init__(f"{message}: {cli_path}" if cli_path else message)
        self.searched = searched


class CLINotUsableError(CLIConnectionError):
    """A `claude` binary was found but cannot be used: not executable, wrong architecture, too old.

    :param path: the binary.
    """

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class SessionNotFoundError(CLIConnectionError, FileNotFoundError):
    """There is no such conversation (any more): none to resume, to read or to change."""


class WorkingDirectoryError(CLIConnectionError):
    """The working directory does not exist or is not a folder."""


class TransportClosedError(CLIConnectionError):
    """Bytes were sent to, or asked of, a transport that is closed or whose pipe broke."""


class ControlTimeoutError(CLIConnectionError, TimeoutError):
    """A control request (interrupt, set_model, ...) was not answered in time.

    :param request: the subtype of the request, for example "interrupt".
    :param seconds: how long was waited.
    """

    def __init__(self, request: str, seconds: float) -> None:
        super().__init__(
            f"Claude Code did not answer '{request}' within {seconds:g} s. "
            "The process may hang: disconnect() ends it, and connect() starts a new one."
        )
        self.request = request
        self.seconds = seconds


class ProcessError(ClaudeSDKError):
    """The CLI ended although it was still needed.

    :param exit_code: the process's exit code; negative is the number of the signal that ended it.
        None where it is unknown.
    :param stderr: the last part of what it wrote to standard error (64 KiB at most).
    """

    def __init__(
        self, message: str, exit_code: int | None = None, stderr: str | None = None
    ) -> None:
        parts = [message]
        if exit_code is not None:
            parts.append(f"(exit code {exit_code})")
        if stderr:
            parts.append(f"\nIts last words:\n{stderr.rstrip()[-2000:]}")
        super().__init__(" ".join(parts))
        self.exit_code = exit_code
        self.stderr = stderr


class ProtocolError(ClaudeSDKError):
    """The CLI and this package do not understand each other."""


class CLIJSONDecodeError(ProtocolError):
    """A line from the CLI is not JSON, or is larger than `max_buffer_size`.

    :param line: the line, or its beginning (200 characters).
    :param original_error: the decoder's own exception, if there was one.
    """

    def __init__(self, line: str, original_error: Exception | None = None) -> None:
        reason = f" ({original_error})" if original_error else ""
        super().__init__(
            f"Claude Code sent something that is not JSON{reason}: {line[:100]!r}. "
            "Update the CLI (claude update) and this package; if it goes on, please report it."
        )
        self.line = line[:200]
        self.original_error = original_error


class ControlRequestError(ProtocolError):
    """The CLI answered a control request with an error.

    :param request: the subtype of the request.
    """

    def __init__(self, request: str, error: str) -> None:
        super().__init__(f"Claude Code refused '{request}': {error}")
        self.request = request


class SessionStoreError(ClaudeSDKError, RuntimeError):
    """A session store failed, or took too long, before a conversation could begin.

    Failures of a running conversation's store are told by `MirrorErrorMessage`.
    """


class ToolInputError(ClaudeSDKError, ValueError):
    """A tool that runs in this process was called with arguments that do not fit its schema.

    The model reads the message, and can call the tool again.

    :param problems: one for each argument: its name, what is wrong, and what was expected.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        lines = "".join(f"\n- {problem}" for problem in problems)
        super().__init__(
            f"The arguments do not fit:{lines}\nCall the tool again with arguments that do."
        )
        self.problems = tuple(problems)


class CassetteError(ClaudeSDKError):
    """A recorded conversation cannot be read, or is not the one that was asked for."""


class TurnTimeoutError(ClaudeSDKError, TimeoutError):
    """A turn was silent for `idle_timeout` seconds, or took `total_timeout` seconds.

    :param option: which of the two bounds it was.
    :param seconds: the bound.
    """

    def __init__(self, option: str, seconds: float) -> None:
        happened = "was silent" if option == "idle_timeout" else "was busy"
        super().__init__(
            f"Claude {happened} for {seconds:g} s, the {option} of the options. Run it again, or "
            "allow more time."
        )
        self.option = option
        self.seconds = seconds


class TurnInterrupted(ClaudeSDKError):
    """The turn was stopped before its end. What was said so far is kept."""
