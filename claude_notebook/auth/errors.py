"""Errors of signing in. The class is that of the service's 401."""

from __future__ import annotations

from ..errors import AuthenticationError

__all__ = ["AuthenticationError", "GrantRefusedError"]


class GrantRefusedError(AuthenticationError):
    """The server does not accept a code or a token (any more)."""
