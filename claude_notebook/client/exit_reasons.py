"""Why the CLI has ended although somebody still waited for it."""

from __future__ import annotations

import anyio.to_thread

from ..cli.discovery import MINIMUM_VERSION, is_too_old, read_version
from ..errors import (
    ClaudeSDKError,
    CLINotUsableError,
    ProcessError,
    ResultError,
    SessionNotFoundError,
)
from ..messages import ResultMessage
from ..transport import Transport

_HOW_ENDED = {
    0: "Claude Code ended before it had answered. Run it again; the conversation can be resumed.",
    -9: "Claude Code was killed (out of memory?). Run it again; the conversation can be resumed.",
    -15: "Claude Code was ended from outside. Run it again; the conversation can be resumed.",
    143: "Claude Code was ended from outside. Run it again; the conversation can be resumed.",
    1: "Claude Code failed",
}


async def why_ended(
    transport: Transport,
    result: ResultMessage | None,
    *,
    expected: bool,
    spoke: bool,
    unreadable: ClaudeSDKError | None = None,
) -> ClaudeSDKError | None:
    """The exception for an end; None for a good one.

    :param transport: whose other side has ended.
    :param result: the last one that came.
    :param expected: the CLI was told that no prompt follows.
    :param spoke: it has answered the first request.
    :param unreadable: the last line that could not be read.
    """
    if result is not None and _no_such_session(result):
        return SessionNotFoundError(
            f"{'. '.join(result.errors or [])}. Leave out `resume` to start a new conversation."
        )
    if expected and result is not None:
        return None
    if not spoke and result is not None and result.errors:
        said = ". ".join(result.errors)
        return ResultError(
            f"Claude Code could not begin: {said}",
            exit_code=transport.exit_code,
            result_message=result,
        )
    old = None if spoke else await anyio.to_thread.run_sync(_too_old, transport)
    if old is not None:
        return old
    from ..redact import redact  # most conversations end well

    code = transport.exit_code
    if code == 0 and unreadable is not None:
        return unreadable
    # It is going to be printed, and saved in a notebook.
    said = redact(transport.stderr)
    return ProcessError(_HOW_ENDED.get(code or 0, "Claude Code ended"), code, said)


def _no_such_session(result: ResultMessage) -> bool:
    return any("No conversation found" in error for error in result.errors or [])


def _too_old(transport: Transport) -> CLINotUsableError | None:
    path = transport.executable
    if path is None:
        return None
    version = read_version(path)
    if not is_too_old(version):
        return None
    least = ".".join(map(str, MINIMUM_VERSION))
    return CLINotUsableError(
        f"{path} is version {version}; at least {least} is needed. Update it: claude update",
        path=path,
    )
