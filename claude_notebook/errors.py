"""Every exception that claude_notebook raises.

::

    ClaudeSDKError                     catch this to catch them all
    ├── OptionsError                   an option is wrong; nothing was started (also a ValueError)
    ├── CLIConnectionError             the CLI could not be reached, or the connection to it ended
    │   ├── CLINotFoundError           no `claude` binary where we looked
    │   ├── CLINotUsableError          a binary is there, but it cannot be run, or is too old
    │   ├── SessionNotFoundError       there is no such conversation to resume
    │   ├── WorkingDirectoryError      `cwd` does not exist or is not a folder
    │   ├── TransportClosedError       the connection was closed: by us, or because a pipe broke
    │   └── ControlTimeoutError        a control request got no answer in time (also a TimeoutError)
    ├── ProcessError                   the CLI ended unexpectedly: `.exit_code`, `.stderr`
    ├── ProtocolError                  the CLI spoke, but not our language
    │   ├── CLIJSONDecodeError         a line is not JSON, or larger than the limit: `.line`
    │   └── ControlRequestError        the CLI refused a control request
    ├── APIError                       the model's service refused or failed: `.status`, `.result`
    │   ├── AuthenticationError        not signed in, or the key is not valid
    │   ├── PermissionDeniedError      signed in, but not allowed (403)
    │   ├── InvalidRequestError        the request is not acceptable (400, 404, 413, unknown model)
    │   ├── RateLimitError             too many requests (429): `.retry_after`
    │   ├── OverloadedError            the service is overloaded (529)
    │   ├── ServerError                the service failed (5xx)
    │   └── APIConnectionError         no answer came, or it broke off
    ├── ToolInputError                 a tool's arguments do not fit (also a ValueError)
    ├── CassetteError                  a recording cannot be read, or does not match
    ├── TurnTimeoutError               a turn was silent or busy for too long (a TimeoutError)
    └── TurnInterrupted                a turn in a notebook was stopped

Each message says what happened, and what to do next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .messages import ResultMessage

__all__ = [
    "APIConnectionError",
    "APIError",
    "AuthenticationError",
    "CLIConnectionError",
    "CLIJSONDecodeError",
    "CLINotFoundError",
    "CLINotUsableError",
    "CassetteError",
    "ClaudeSDKError",
    "ControlRequestError",
    "ControlTimeoutError",
    "InvalidRequestError",
    "OptionsError",
    "OverloadedError",
    "PermissionDeniedError",
    "ProcessError",
    "ProtocolError",
    "RateLimitError",
    "ServerError",
    "SessionNotFoundError",
    "ToolInputError",
    "TransportClosedError",
    "TurnInterrupted",
    "TurnTimeoutError",
    "WorkingDirectoryError",
    "api_error",
]


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

    Attributes:
        field: the name of the option, as in `ClaudeCodeOptions`; None where it is about several.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class CLIConnectionError(ClaudeSDKError):
    """The CLI could not be started, or the connection to it is gone."""


class CLINotFoundError(CLIConnectionError):
    """No `claude` binary was found.

    Attributes:
        searched: every place that was looked at, in order.
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

    Attributes:
        path: the binary.
    """

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class SessionNotFoundError(CLIConnectionError):
    """The conversation to resume does not exist (any more) on this machine."""


class WorkingDirectoryError(CLIConnectionError):
    """The working directory does not exist or is not a folder."""


class TransportClosedError(CLIConnectionError):
    """Bytes were sent to, or asked of, a transport that is closed or whose pipe broke."""


class ControlTimeoutError(CLIConnectionError, TimeoutError):
    """A control request (interrupt, set_model, ...) was not answered in time.

    Attributes:
        request: the subtype of the request, for example "interrupt".
        seconds: how long was waited.
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

    Attributes:
        exit_code: the process's exit code; negative is the number of the signal that ended it.
            None where it is unknown.
        stderr: the last part of what it wrote to standard error (64 KiB at most).
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

    Attributes:
        line: the line, or its beginning (200 characters).
        original_error: the decoder's own exception, if there was one.
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

    Attributes:
        request: the subtype of the request.
    """

    def __init__(self, request: str, error: str) -> None:
        super().__init__(f"Claude Code refused '{request}': {error}")
        self.request = request


class APIError(ClaudeSDKError):
    """The model's service refused the request or failed, after the CLI's own retries.

    Attributes:
        status: the HTTP status, None where no answer came.
        result: the `ResultMessage` of the failed turn, None outside a turn.
        retry_after: seconds to wait that the service asked for, if it did.
        retried: how often the CLI has tried again by itself before it gave up.
        exhausted: whether it has used up all its tries.
    """

    advice = "Try again; if it goes on, look at the service's status page."

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        result: ResultMessage | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{message.rstrip('. ')}. {self.advice}")
        self.status = status
        self.result = result
        self.retry_after = retry_after
        self.retried = 0
        self.exhausted = False


class AuthenticationError(APIError):
    """Nobody is signed in, or the key or token is not valid (401)."""

    advice = (
        "Sign in with `claude auth login` in a terminal, or set ANTHROPIC_API_KEY before the "
        "notebook's kernel starts, then run this again."
    )


class PermissionDeniedError(APIError):
    """The account is known but may not do this (403)."""

    advice = "Check that your account or key may use this model and this service."


class InvalidRequestError(APIError):
    """The service will not take this request as it is (400, 404, 413, an unknown model)."""

    advice = "Change the request (model, prompt or attachments): the same one will fail again."


class RateLimitError(APIError):
    """Too many requests or tokens, or the plan's limit is reached (429)."""

    advice = "Wait a little, then run it again."


class OverloadedError(APIError):
    """The service has too much to do at the moment (529)."""

    advice = "Wait a minute, then run it again, or choose another model."


class ServerError(APIError):
    """The service failed (5xx)."""


class APIConnectionError(APIError):
    """The service could not be reached, or its answer broke off."""

    advice = "Check the network, proxy and ANTHROPIC_BASE_URL, then run it again."


class ToolInputError(ClaudeSDKError, ValueError):
    """A tool that runs in this process was called with arguments that do not fit its schema.

    The model reads the message, and can call the tool again.

    Attributes:
        problems: one for each argument: its name, what is wrong, and what was expected.
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

    Attributes:
        option: which of the two bounds it was.
        seconds: the bound.
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


_BY_STATUS: dict[int, type[APIError]] = {
    400: InvalidRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: InvalidRequestError,
    413: InvalidRequestError,
    422: InvalidRequestError,
    429: RateLimitError,
    529: OverloadedError,
}

# The CLI's own words for failures that have no HTTP status (nothing was sent, or no answer came).
_BY_CODE: dict[str, type[APIError]] = {
    "connection_failed": APIConnectionError,
    "authentication_failed": AuthenticationError,
    "oauth_org_not_allowed": AuthenticationError,
    "billing_error": PermissionDeniedError,
    "invalid_request": InvalidRequestError,
    "model_not_found": InvalidRequestError,
    "rate_limit": RateLimitError,
    "overloaded": OverloadedError,
    "server_error": ServerError,
}


def api_error(
    message: str,
    *,
    status: int | None = None,
    code: str | None = None,
    result: ResultMessage | None = None,
    retry_after: float | None = None,
) -> APIError:
    """The right kind of `APIError` for an HTTP status or the CLI's error code.

    Args:
        message: what the CLI said.
        status: the HTTP status, if an answer came.
        code: the CLI's code, for example "authentication_failed".
        result: the result message of the failed turn.
        retry_after: seconds that the service asked us to wait.
    """
    kind = _BY_STATUS.get(status or 0) or _BY_CODE.get(code or "")
    if kind is None:
        kind = ServerError if status and status >= 500 else APIError
        if status is None and code in (None, "unknown"):
            kind = APIConnectionError
    return kind(message, status=status, result=result, retry_after=retry_after)
