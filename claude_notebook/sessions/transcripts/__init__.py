"""The CLI's local transcripts: list, read, rename, tag, delete and fork conversations.

Names, parameters and fields match the official SDK. All functions are synchronous.
"""

from __future__ import annotations

from .edit import (
    ForkSessionResult,
    delete_session,
    fork_session,
    rename_session,
    tag_session,
)
from .listing import get_session_info, list_sessions
from .reading import (
    SessionMessage,
    get_session_messages,
    get_subagent_messages,
    list_subagents,
)
from .session_info import SDKSessionInfo

__all__ = [
    "ForkSessionResult",
    "SDKSessionInfo",
    "SessionMessage",
    "delete_session",
    "fork_session",
    "get_session_info",
    "get_session_messages",
    "get_subagent_messages",
    "list_sessions",
    "list_subagents",
    "rename_session",
    "tag_session",
]
