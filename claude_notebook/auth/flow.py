"""The authorization code flow with PKCE, against a configured OAuth 2.0 server."""

from __future__ import annotations

from .config import OAuthConfig
from .storage import Storage
from .token import AuthToken


class OAuthFlow:
    """Sign-in at an OAuth 2.0 server: an async context manager."""

    def __init__(self, config: OAuthConfig | None = None, storage: Storage | None = None) -> None:
        self.config = config or OAuthConfig()
        self.storage = storage

    async def __aenter__(self) -> OAuthFlow:
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Close the HTTP connections."""

    def get_authorization_url(self, state: str | None = None) -> str:
        """Begin a sign-in: return the page to open."""
        raise NotImplementedError

    async def submit_redirect(self, text: str) -> AuthToken:
        """End the sign-in with a pasted code or redirected address."""
        raise NotImplementedError

    async def exchange_code_for_token(self, code: str) -> AuthToken:
        """Exchange a code for a token, and store it."""
        raise NotImplementedError

    async def refresh_token(self, refresh_token: str) -> AuthToken:
        """Exchange a refresh token for a new token, and store it."""
        raise NotImplementedError

    async def get_valid_token(self) -> AuthToken | None:
        """Return the stored token, refreshed if needed; None if there is none."""
        raise NotImplementedError

    async def revoke_token(self, token: str, token_type: str = "access_token") -> bool:  # noqa: S107
        """Revoke a token at the server."""
        raise NotImplementedError

    async def get_user_info(self, token: str) -> dict[str, object]:
        """Return the server's description of the user."""
        raise NotImplementedError
