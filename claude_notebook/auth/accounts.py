"""Stored accounts: in the system's keyring, else in private files."""

from __future__ import annotations

from dataclasses import dataclass, field

from .config import OAuthConfig
from .token import AuthToken


@dataclass(frozen=True)
class Account:
    """A stored sign-in.

    :param name: its name; the first one is "default".
    :param token: the token of a gateway, or another OAuth token.
    :param api_key: an API key.
    :param gateway: the server that issued and refreshes the token.
    """

    name: str
    token: AuthToken | None = None
    api_key: str = field(default="", repr=False)
    gateway: OAuthConfig | None = None


class AccountStore:
    """All stored accounts of this user."""

    def load(self, name: str | None = None) -> Account | None:
        """Return an account; None if there is none of that name."""
        raise NotImplementedError

    def save(self, account: Account) -> None:
        """Store an account, replacing one of the same name."""
        raise NotImplementedError

    def delete(self, name: str | None = None) -> None:
        """Remove an account, if it exists."""
        raise NotImplementedError

    def names(self) -> list[str]:
        """List the stored accounts."""
        raise NotImplementedError
