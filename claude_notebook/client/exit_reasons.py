"""Explains an unexpected exit of the CLI with an exception."""

from __future__ import annotations

import anyio.to_thread

from ..cli.discovery import MINIMUM_VERSION, is_too_old, read_version
from ..errors import (
    ClaudeSDKError,
    CLINotUsableError,
    ProcessError,
    ProtocolError,
    ResultError,
    SessionNotFoundError,
)
from ..messages import ResultMessage
from ..transport import Transport

_RERUN = "Run the prompt again; the conversation can be resumed."
_EXITS = {
    0: f"Claude Code exited before it had answered. {_RERUN}",
    -9: f"Claude Code was killed, possibly because memory ran out. {_RERUN}",
    -15: f"Claude Code was terminated by another process. {_RERUN}",
    143: f"Claude Code was terminated by another process. {_RERUN}",
    1: "Claude Code failed",
}


async def exit_error(
    transport: Transport,
    result: ResultMessage | None,
    *,
    is_expected: bool,
    is_initialized: bool,
    unreadable: ClaudeSDKError | None = None,
) -> ClaudeSDKError | None:
    """Return the exception for the CLI's exit, or None if it exited normally.

    :param transport: the transport to the CLI that has exited
    :param result: the conversation's last result
    :param is_expected: whether the CLI was informed that no more prompts would follow
    :param is_initialized: whether the CLI has answered the first request
    :param unreadable: the error about the last unreadable line
    """
    if result is not None:
        if _is_unknown_session(result):
            return _session_not_found(result)
        if is_expected or not transport.reports_exit:
            return None
    if not is_initialized:
        failure = await _start_failure(transport, result)
        if failure is not None:
            return failure
    from ..redact import redact  # most conversations end without an error

    code = transport.exit_code
    if code == 0 and unreadable is not None:
        return unreadable
    # The message will be printed, and possibly saved in a notebook.
    stderr = redact(transport.stderr)
    return ProcessError(_EXITS.get(code or 0, "Claude Code exited"), code, stderr)


def reading_error(cause: Exception) -> ProtocolError:
    """Return the exception for an internal error while the output of the CLI is read."""
    error = ProtocolError(
        f"Cannot read the output of Claude Code: {cause!r}. Report this as a bug."
    )
    error.__cause__ = cause
    return error


def _session_not_found(result: ResultMessage) -> SessionNotFoundError:
    reason = ". ".join(result.errors or [])
    return SessionNotFoundError(f"{reason}. Leave out `resume` to start a new conversation.")


async def _start_failure(
    transport: Transport, result: ResultMessage | None
) -> ClaudeSDKError | None:
    """Return the exception for an exit before the first response, if its reason is known."""
    if result is not None and result.errors:
        reason = ". ".join(result.errors)
        return ResultError(
            f"Claude Code could not start: {reason}",
            exit_code=transport.exit_code,
            result_message=result,
        )
    return await anyio.to_thread.run_sync(_outdated, transport)


def _is_unknown_session(result: ResultMessage) -> bool:
    return any("No conversation found" in error for error in result.errors or [])


def _outdated(transport: Transport) -> CLINotUsableError | None:
    path = transport.executable
    if path is None:
        return None
    version = read_version(path)
    if not is_too_old(version):
        return None
    least = ".".join(map(str, MINIMUM_VERSION))
    return CLINotUsableError(
        f"{path} is version {version}, but version {least} or later is required. "
        "Update it: claude update",
        path=path,
    )
