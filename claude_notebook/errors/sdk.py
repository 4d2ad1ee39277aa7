"""Errors that occur between this package, the CLI and the code that uses the package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


class ClaudeSDKError(Exception):
    """The base class of all exceptions in this package. Instances can be copied and pickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Bypass __init__, because it would compose the finished message again.
        return _restore, (type(self), self.args), self.__dict__


def _restore(kind: type[ClaudeSDKError], args: tuple[Any, ...]) -> ClaudeSDKError:
    error = kind.__new__(kind, *args)
    error.args = args  # a TimeoutError drops these
    return error


class OptionsError(ClaudeSDKError, ValueError):
    """An option has the wrong type or value, or contradicts another one.

    This is raised before any process is started.

    :param field: the option's name in `ClaudeCodeOptions`; None if several options are involved.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class CLIConnectionError(ClaudeSDKError):
    """The CLI cannot be started, or the connection to it was lost."""


class CLINotFoundError(CLIConnectionError):
    """No `claude` binary was found.

    :param searched: the locations that were searched, in order.
    """

    def __init__(
        self,
        message: str = "Claude Code was not found. Install it: pip install claude-agent-sdk",
        cli_path: str | None = None,
        *,
        searched: tuple[str, ...] = (),
    ) -> None:
        super().__init__(f"{message}: {cli_path}" if cli_path else message)
        self.searched = searched


class CLINotUsableError(CLIConnectionError):
    """A `claude` binary cannot be used: it is not executable, for another architecture, or too old.

    :param path: the binary.
    """

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class SessionNotFoundError(CLIConnectionError, FileNotFoundError):
    """The conversation does not exist (anymore), so it cannot be resumed, read or changed."""


class WorkingDirectoryError(CLIConnectionError):
    """The working directory does not exist or is not a folder."""


class TransportClosedError(CLIConnectionError):
    """A transport was used after it was closed, or after its pipe broke."""


class ControlTimeoutError(CLIConnectionError, TimeoutError):
    """A control request (interrupt, set_model, ...) timed out.

    :param request: the request's subtype, such as "interrupt".
    :param seconds: the time limit.
    """

    def __init__(self, request: str, seconds: float) -> None:
        super().__init__(
            f"Claude Code did not answer '{request}' within {seconds:g} s. "
            "The process may hang. Call disconnect() to end it and connect() to start a new one."
        )
        self.request = request
        self.seconds = seconds


class ProcessError(ClaudeSDKError):
    """The CLI exited unexpectedly.

    :param exit_code: the process's exit code. A negative code is a signal number, and None means
        that it is unknown.
    :param stderr: the last part of standard error (at most 64 KiB).
    """

    def __init__(
        self, message: str, exit_code: int | None = None, stderr: str | None = None
    ) -> None:
        parts = [message]
        if exit_code is not None:
            parts.append(f"(exit code {exit_code})")
        if stderr:
            parts.append(f"\nStandard error:\n{stderr.rstrip()[-2000:]}")
        super().__init__(" ".join(parts))
        self.exit_code = exit_code
        self.stderr = stderr


class ProtocolError(ClaudeSDKError):
    """The CLI and this package do not understand each other."""


class CLIJSONDecodeError(ProtocolError):
    """A line from the CLI is not JSON, or exceeds `max_buffer_size`.

    :param line: the first 200 characters of the line.
    :param original_error: the decoder's exception, if there is one.
    """

    def __init__(self, line: str, original_error: Exception | None = None) -> None:
        reason = f" ({original_error})" if original_error else ""
        super().__init__(
            f"Claude Code sent a line that is not JSON{reason}: {line[:100]!r}. "
            "Update the CLI (claude update) and this package. If the error persists, report it."
        )
        self.line = line[:200]
        self.original_error = original_error


class LineTooLongError(CLIJSONDecodeError):
    """A line from the CLI exceeds the `max_buffer_size` option.

    :param line: the beginning of the line.
    :param limit: the limit in bytes.
    """

    def __init__(self, line: str, limit: int) -> None:
        ProtocolError.__init__(
            self,
            f"Claude Code sent a line longer than max_buffer_size, {limit} bytes: {line[:100]!r}. "
            "Increase max_buffer_size, or ask for smaller results.",
        )
        self.line = line[:200]
        self.original_error = None
        self.limit = limit


class ControlRequestError(ProtocolError):
    """The CLI rejected a control request.

    :param request: the request's subtype.
    """

    def __init__(self, request: str, error: str) -> None:
        super().__init__(f"Claude Code refused '{request}': {error}")
        self.request = request


class SessionStoreError(ClaudeSDKError, RuntimeError):
    """A session store failed or timed out before a conversation could start.

    Failures during a running conversation are reported by a `MirrorErrorMessage` instead.
    """


class ToolInputError(ClaudeSDKError, ValueError):
    """An in-process tool was called with arguments that do not match its schema.

    The model sees the message and can retry.

    :param problems: one entry per argument, with its name, the problem and the expected value.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        lines = "".join(f"\n- {problem}" for problem in problems)
        super().__init__(
            f"The arguments are invalid:{lines}\nCall the tool again with valid arguments."
        )
        self.problems = tuple(problems)


class CassetteError(ClaudeSDKError):
    """A recording is unreadable, or does not match the request."""


class TurnTimeoutError(ClaudeSDKError, TimeoutError):
    """A turn was silent for `idle_timeout` seconds, or took longer than `total_timeout` seconds.

    :param option: the name of the limit that was exceeded.
    :param seconds: the limit.
    """

    def __init__(self, option: str, seconds: float) -> None:
        state = "was silent" if option == "idle_timeout" else "was busy"
        super().__init__(
            f"Claude {state} for {seconds:g} s, which is the {option}. Try again, or "
            "increase the limit."
        )
        self.option = option
        self.seconds = seconds


class TurnInterrupted(ClaudeSDKError):
    """The turn was stopped before its end. The output up to that point is kept."""
