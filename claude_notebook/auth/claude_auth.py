"""`ClaudeAuth`: headers and variables for programs that call the service themselves."""

from __future__ import annotations

from .config import OAuthConfig
from .storage import Storage
from .token import AuthToken


class ClaudeAuth:
    """A signed-in user: an async context manager."""

    def __init__(
        self,
        use_oauth: bool = True,
        api_key: str | None = None,
        oauth_config: OAuthConfig | None = None,
        token_storage: Storage | None = None,
    ) -> None:
        raise NotImplementedError

    async def authenticate(self) -> dict[str, str]:
        """Return the headers of a request."""
        raise NotImplementedError

    async def perform_oauth_flow(self) -> AuthToken:
        """Sign in at the configured gateway."""
        raise NotImplementedError


async def get_auth_headers() -> dict[str, str]:
    """Return the headers of a request with the current credential."""
    raise NotImplementedError
