"""Sign-in errors. They derive from `AuthenticationError`, which also covers HTTP status 401."""

from __future__ import annotations

from ..errors import AuthenticationError

__all__ = ["AuthenticationError", "GrantRefusedError"]


class GrantRefusedError(AuthenticationError):
    """The server rejected a code or token, which may have expired or been revoked."""
