"""`ClaudeAuth`: headers and environment variables for programs that call the API directly."""

from __future__ import annotations

import os

from ..errors import AuthenticationError
from .accounts import AccountStore, account_storage, gateway_of
from .credentials import VARIABLES, Credential, CredentialKind
from .gateway.config import OAuthConfig
from .gateway.flow import OAuthFlow, OpenURL
from .sources import find_credential
from .storage import Storage, TokenStorage
from .token import AuthToken

NO_KEY = "No API key provided"
NOT_SIGNED_IN = "Not signed in"


class ClaudeAuth:
    """The user's sign-in: an async context manager::

        async with ClaudeAuth() as auth:
            headers = await auth.authenticate()

    :param use_oauth: use a token; False uses an API key.
    :param api_key: the API key; by default that of `ANTHROPIC_API_KEY`.
    :param oauth_config: the gateway; by default the one that issued the stored token, or that of
        `CLAUDE_OAUTH_*`.
    :param token_storage: the place of the token; by default that of `claude-auth login`.
    """

    def __init__(
        self,
        use_oauth: bool = True,
        api_key: str | None = None,
        oauth_config: OAuthConfig | None = None,
        token_storage: Storage | None = None,
    ) -> None:
        self.use_oauth = use_oauth
        self.api_key = api_key or os.environ.get("ANTHROPIC_API_KEY")
        self.token_storage: Storage = (
            AccountStore().storage(writable=True) if token_storage is None else token_storage
        )
        self.oauth_config = oauth_config
        self._flow: OAuthFlow | None = None

    async def __aenter__(self) -> ClaudeAuth:
        if self.use_oauth:
            config = self.oauth_config
            if config is None and isinstance(self.token_storage, TokenStorage):
                config = gateway_of(self.token_storage)
            self._flow = await OAuthFlow(config, self.token_storage).__aenter__()
        return self

    async def __aexit__(self, *exception: object) -> None:
        flow, self._flow = self._flow, None
        if flow is not None:
            await flow.__aexit__(*exception)

    async def authenticate(self) -> dict[str, str]:
        """Return the headers of a request; sign in if there is no token.

        :raises AuthenticationError: there is no key, or the sign-in failed
        :raises OptionsError: no gateway is configured
        :raises RuntimeError: with a token, outside the context
        """
        if not self.use_oauth:
            if not self.api_key:
                raise AuthenticationError(NO_KEY)
            return {"X-API-Key": self.api_key}
        flow = self._open_flow()
        token = await _valid(flow)
        return _bearer(token or await self.perform_oauth_flow())

    async def perform_oauth_flow(self, open_url: OpenURL | None = None) -> AuthToken:
        """Sign in at the gateway, in a browser on this machine.

        :raises AuthenticationError: the sign-in failed; nothing is stored
        :raises OptionsError: no gateway is configured
        """
        return await self._open_flow().sign_in(open_url)

    def get_env_vars(self) -> dict[str, str]:
        """Return the environment variable that passes the credential to the CLI, or no variable."""
        if not self.use_oauth:
            return {"ANTHROPIC_API_KEY": self.api_key} if self.api_key else {}
        token = self.token_storage.load_token()
        name = VARIABLES[CredentialKind.OAUTH_TOKEN]
        return {name: token.access_token} if token is not None else {}

    def _open_flow(self) -> OAuthFlow:
        if self._flow is None:
            raise RuntimeError("The sign-in is not open. Use ClaudeAuth in `async with`.")
        return self._flow


async def get_auth_headers() -> dict[str, str]:
    """Return the headers of a request with the credential that applies to `query()`.

    :raises AuthenticationError: there is no credential, or only the CLI can read it
    """
    credential = find_credential(os.environ)
    if credential is None:
        raise AuthenticationError(NOT_SIGNED_IN)
    if credential.kind is CredentialKind.GATEWAY and credential.path is not None:
        storage = account_storage(credential.path)
        async with OAuthFlow(gateway_of(storage), storage) as flow:
            token = await _valid(flow)
        if token is None:
            raise AuthenticationError(NOT_SIGNED_IN)
        return _bearer(token)
    return _headers(credential)


def _headers(credential: Credential) -> dict[str, str]:
    if not credential.secret:
        raise AuthenticationError(
            f"The credential ({credential.source}) stays with Claude Code and has no headers. Use "
            "query() instead"
        )
    if credential.kind is CredentialKind.API_KEY:
        return {"X-API-Key": credential.secret}
    return _bearer(AuthToken(credential.secret))


async def _valid(flow: OAuthFlow) -> AuthToken | None:
    """Return the stored token. Without a gateway it cannot be renewed."""
    if flow.config.is_configured:
        return await flow.get_valid_token()
    token = flow.storage.load_token()
    return None if token is None or token.is_expired() else token


def _bearer(token: AuthToken) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.access_token}"}
