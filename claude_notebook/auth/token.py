"""An access token of an OAuth 2.0 server, with its expiry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..messages import JSON, JSONObject


REFRESH_MARGIN = timedelta(seconds=60)
"""Time before the expiry at which a token is refreshed. It covers clocks that differ."""


@dataclass
class AuthToken:
    """An access token.

    :param access_token: the secret that a request carries.
    :param token_type: the word before the token in the header `Authorization`.
    :param expires_at: the end of its validity; None if the server names none. A date without time
        zone counts as local time, and is converted.
    :param refresh_token: the secret to exchange for the next token.
    :param scope: the granted permissions, separated by spaces.
    """

    access_token: str = field(repr=False)
    token_type: str = "Bearer"  # noqa: S105  the name of a scheme
    expires_at: datetime | None = None
    refresh_token: str | None = field(default=None, repr=False)
    scope: str | None = None

    def __post_init__(self) -> None:
        if self.expires_at is not None:
            self.expires_at = self.expires_at.astimezone(timezone.utc)

    def is_expired(self, margin: timedelta = timedelta(), *, now: datetime | None = None) -> bool:
        """Test for a token that has expired, or expires within `margin`."""
        if self.expires_at is None:
            return False
        return (now or datetime.now(timezone.utc)) >= self.expires_at - margin

    def to_dict(self) -> JSONObject:
        """Return the fields as JSON values."""
        return {
            "access_token": self.access_token,
            "token_type": self.token_type,
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
            "refresh_token": self.refresh_token,
            "scope": self.scope,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, JSON]) -> AuthToken:
        """Create a token from the result of `to_dict`.

        :raises ValueError: a field is missing or malformed
        """
        access, expiry = data.get("access_token"), data.get("expires_at")
        if not isinstance(access, str) or not access:
            raise ValueError("access_token is missing")
        if expiry is not None and not isinstance(expiry, str):
            raise ValueError("expires_at is not a date")
        return cls(
            access,
            _text(data.get("token_type")) or "Bearer",
            datetime.fromisoformat(expiry.replace("Z", "+00:00")) if expiry else None,
            _text(data.get("refresh_token")),
            _text(data.get("scope")),
        )


def token_from_response(
    data: Mapping[str, JSON], earlier: AuthToken | None = None, *, now: datetime
) -> AuthToken:
    """Create a token from the response of a token endpoint.

    :param earlier: the refreshed token; its refresh token and scope remain valid if the response
        names no other ones.
    :raises ValueError: the response holds no access token
    """
    access = _text(data.get("access_token"))
    if not access:
        raise ValueError("the response contains no access_token")
    seconds = _number(data.get("expires_in"))
    return AuthToken(
        access,
        _text(data.get("token_type")) or "Bearer",
        now + timedelta(seconds=min(seconds, 1e9)) if seconds is not None else None,
        _text(data.get("refresh_token")) or (earlier.refresh_token if earlier else None),
        _text(data.get("scope")) or (earlier.scope if earlier else None),
    )


def _text(value: JSON) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: JSON) -> float | None:
    """Return a number; some servers send it as text."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except ValueError:
        return None
