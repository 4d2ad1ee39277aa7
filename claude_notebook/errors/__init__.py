"""Every exception that claude_notebook raises.

::

    ClaudeSDKError                     catch this to catch them all
    ├── OptionsError                   an option is wrong; nothing was started (also a ValueError)
    ├── CLIConnectionError             the CLI could not be reached, or the connection to it ended
    │   ├── CLINotFoundError           no `claude` binary where we looked
    │   ├── CLINotUsableError          a binary is there, but it cannot be run, or is too old
    │   ├── SessionNotFoundError       there is no such conversation (also a FileNotFoundError)
    │   ├── WorkingDirectoryError      `cwd` does not exist or is not a folder
    │   ├── TransportClosedError       the connection was closed: by us, or because a pipe broke
    │   └── ControlTimeoutError        a control request got no answer in time (also a TimeoutError)
    ├── ProcessError                   the CLI ended unexpectedly: `.exit_code`, `.stderr`
    │   └── ResultError                a turn has failed: `.subtype`, `.errors`, `.result_message`
    │       └── APIError               the model's service refused or failed: `.status`
    │           ├── AuthenticationError      not signed in, or the key is not valid
    │           ├── PermissionDeniedError    signed in, but not allowed (403)
    │           ├── InvalidRequestError      not acceptable (400, 404, 413, unknown model)
    │           ├── RateLimitError           too many requests (429): `.retry_after`
    │           ├── OverloadedError          the service is overloaded (529)
    │           ├── ServerError              the service failed (5xx)
    │           └── APIConnectionError       no answer came, or it broke off
    ├── ProtocolError                  the CLI spoke, but not our language
    │   ├── CLIJSONDecodeError         a line is not JSON, or larger than the limit: `.line`
    │   └── ControlRequestError        the CLI refused a control request
    ├── SessionStoreError              a session store failed (also a RuntimeError)
    ├── ToolInputError                 a tool's arguments do not fit (also a ValueError)
    ├── CassetteError                  a recording cannot be read, or does not match
    ├── TurnTimeoutError               a turn was silent or busy for too long (a TimeoutError)
    └── TurnInterrupted                a turn in a notebook was stopped

Each message says what happened, and what to do next.
"""

from __future__ import annotations

from .api import (
    APIConnectionError,
    APIError,
    AuthenticationError,
    InvalidRequestError,
    OverloadedError,
    PermissionDeniedError,
    RateLimitError,
    ResultError,
    ServerError,
    api_error,
)
from .sdk import (
    CassetteError,
    ClaudeSDKError,
    CLIConnectionError,
    CLIJSONDecodeError,
    CLINotFoundError,
    CLINotUsableError,
    ControlRequestError,
    ControlTimeoutError,
    OptionsError,
    ProcessError,
    ProtocolError,
    SessionNotFoundError,
    SessionStoreError,
    ToolInputError,
    TransportClosedError,
    TurnInterrupted,
    TurnTimeoutError,
    WorkingDirectoryError,
)

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
    "ResultError",
    "ServerError",
    "SessionNotFoundError",
    "SessionStoreError",
    "ToolInputError",
    "TransportClosedError",
    "TurnInterrupted",
    "TurnTimeoutError",
    "WorkingDirectoryError",
    "api_error",
]
