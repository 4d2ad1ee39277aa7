"""The exceptions raised by claude_notebook.

::

    ClaudeSDKError                     base class of all others
    ├── OptionsError                   an option is wrong; nothing was started (also a ValueError)
    ├── CLIConnectionError             the CLI cannot be reached, or the connection ended
    │   ├── CLINotFoundError           no `claude` binary in any searched location
    │   ├── CLINotUsableError          the binary cannot run or is too old
    │   ├── SessionNotFoundError       the conversation does not exist (also a FileNotFoundError)
    │   ├── WorkingDirectoryError      `cwd` does not exist or is not a folder
    │   ├── TransportClosedError       the connection was closed, or a pipe broke
    │   └── ControlTimeoutError        a control request timed out (also a TimeoutError)
    ├── ProcessError                   the CLI ended unexpectedly: `.exit_code`, `.stderr`
    │   └── ResultError                a turn failed: `.subtype`, `.errors`, `.result_message`
    │       └── APIError               the model's service rejected or failed: `.status`
    │           ├── AuthenticationError      not signed in, or the key is invalid
    │           ├── BillingError             no credit, or not in the plan
    │           ├── PermissionDeniedError    signed in, but not allowed (403)
    │           ├── InvalidRequestError      not acceptable (400, 404, 413, unknown model)
    │           ├── RateLimitError           too many requests (429): `.retry_after`
    │           ├── OverloadedError          the service is overloaded (529)
    │           ├── ServerError              the service failed (5xx)
    │           └── APIConnectionError       no response, or an incomplete one
    ├── ProtocolError                  the CLI violated the protocol
    │   ├── CLIJSONDecodeError         a line is not JSON: `.line`
    │   │   └── LineTooLongError       a line exceeds `max_buffer_size`: `.limit`
    │   └── ControlRequestError        the CLI rejected a control request
    ├── SessionStoreError              a session store failed (also a RuntimeError)
    ├── ToolInputError                 a tool's arguments are invalid (also a ValueError)
    ├── CassetteError                  a recording is unreadable or does not match
    ├── TurnTimeoutError               a turn was silent or busy for too long (a TimeoutError)
    └── TurnInterrupted                a turn in a notebook was stopped

Each message gives the cause, followed by the next step.
"""

from __future__ import annotations

from .api import (
    APIConnectionError,
    APIError,
    AuthenticationError,
    BillingError,
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
    LineTooLongError,
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
    "BillingError",
    "CLIConnectionError",
    "CLIJSONDecodeError",
    "CLINotFoundError",
    "CLINotUsableError",
    "CassetteError",
    "ClaudeSDKError",
    "ControlRequestError",
    "ControlTimeoutError",
    "InvalidRequestError",
    "LineTooLongError",
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
