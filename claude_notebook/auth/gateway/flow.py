"""The authorization code flow with PKCE, against a configured OAuth 2.0 server."""

from __future__ import annotations

import secrets
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import anyio
import anyio.to_thread

from ..errors import AuthenticationError, GrantRefusedError
from ..storage import Storage, TokenStorage
from ..token import AuthToken
from .callback_server import LocalCallbackServer, code_from_query
from .config import DEFAULT_PORT, OAuthConfig, with_query
from .http import open_client
from .pkce import PKCEChallenge
from .refresh import locked, valid_token
from .requests import exchange_code, fetch_user, refresh, revoke

if TYPE_CHECKING:
    import httpx

    from ...messages import JSONObject

OpenURL = Callable[[str], object]
Flow = TypeVar("Flow", bound="OAuthFlow")

NO_SIGN_IN = "No sign-in has begun. Open the address of get_authorization_url() first"


@dataclass(frozen=True)
class PendingSignIn:
    """A sign-in that waits for its code.

    :param state: the value that the redirect must carry.
    :param redirect_uri: the address of the redirect.
    :param pkce: the proof of this program; None without PKCE.
    """

    state: str = field(repr=False)
    redirect_uri: str
    pkce: PKCEChallenge | None


class OAuthFlow:
    """Sign-in at an OAuth 2.0 server: an async context manager::

        async with OAuthFlow(config) as flow:
            token = await flow.authenticate()

    A token is stored once the server has issued it, and never earlier.

    :param config: the server; by default that of `CLAUDE_OAUTH_*`.
    :param storage: the place for the token; `~/.claude_code/tokens.json` by default.
    """

    def __init__(self, config: OAuthConfig | None = None, storage: Storage | None = None) -> None:
        self.config = config if config is not None else OAuthConfig()
        self.storage: Storage = storage if storage is not None else TokenStorage()
        self._client: httpx.AsyncClient | None = None
        self._pending: PendingSignIn | None = None

    async def __aenter__(self: Flow) -> Flow:
        self._client = open_client()
        return self

    async def __aexit__(self, *exception: object) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    @property
    def client(self) -> httpx.AsyncClient:
        """The HTTP client.

        :raises RuntimeError: outside the context
        """
        if self._client is None:
            raise RuntimeError("The flow is not open. Use it in `async with`.")
        return self._client

    # --- signing in -------------------------------------------------------------------------------

    def get_authorization_url(
        self, state: str | None = None, *, redirect_uri: str | None = None
    ) -> str:
        """Begin a sign-in.

        :param state: a value that the redirect must carry; a random one by default.
        :param redirect_uri: the address of the redirect; that of the configuration by default.
        :returns: the page to open.
        :raises OptionsError: the configuration is incomplete
        """
        config = self.config
        config.check("client_id", "authorize_url", "token_url")
        default = f"http://127.0.0.1:{config.port or DEFAULT_PORT}/callback"
        self._pending = pending = PendingSignIn(
            state or secrets.token_urlsafe(32),
            redirect_uri or config.redirect_uri or default,
            PKCEChallenge.create() if config.use_pkce else None,
        )
        return with_query(config.authorize_url or "", self._page_fields(pending))

    def _page_fields(self, pending: PendingSignIn) -> dict[str, str]:
        """Return the query of the page that begins `pending`."""
        config = self.config
        fields = {
            "response_type": "code",
            "client_id": config.client_id or "",
            "redirect_uri": pending.redirect_uri,
            "state": pending.state,
        }
        if config.scopes:
            fields["scope"] = " ".join(config.scopes)
        if pending.pkce is not None:
            fields |= {"code_challenge": pending.pkce.challenge, "code_challenge_method": "S256"}
        return fields

    async def submit_redirect(self, text: str) -> AuthToken:
        """End the sign-in with pasted text.

        :param text: the address of the page after the redirect, or only the code.
        :raises AuthenticationError: it belongs to another sign-in, or the server refuses it
        """
        pending = self._begun()
        pasted = text.strip()
        query = urlsplit(pasted).query or (pasted.lstrip("?") if "code=" in pasted else "")
        return await self.exchange_code_for_token(
            code_from_query(query, pending.state) if query else pasted
        )

    async def exchange_code_for_token(self, code: str) -> AuthToken:
        """Exchange the code of the pending sign-in for a token, and store the token.

        :raises AuthenticationError: the server refuses the code; nothing is stored
        """
        pending = self._begun()
        if not code or code.split() != [code]:
            raise AuthenticationError("This is not a code. Copy the whole address of the last page")
        token = await exchange_code(
            self.client,
            self.config,
            code,
            redirect_uri=pending.redirect_uri,
            verifier=pending.pkce.verifier if pending.pkce else None,
        )
        self._pending = None
        await self._store(token)
        return token

    async def sign_in(
        self, open_url: OpenURL | None = None, *, timeout: float | None = None
    ) -> AuthToken:
        """Open the page in a browser, wait for its redirect to this machine, and store the token.

        :param open_url: opens the page; the browser of this machine by default.
        :param timeout: seconds to wait for the user; those of the configuration by default.
        :raises AuthenticationError: the sign-in failed; nothing is stored
        :raises OptionsError: the configuration is incomplete
        """
        state = secrets.token_urlsafe(32)
        self.config.check("client_id", "authorize_url", "token_url")
        with _callback_server(self.config, state) as server:
            uri = self.config.redirect_uri or server.redirect_uri
            url = self.get_authorization_url(state, redirect_uri=uri)
            await anyio.to_thread.run_sync(open_url or webbrowser.open, url)
            code = await server.wait_for_code(timeout or self.config.timeout)
        return await self.exchange_code_for_token(code)

    async def authenticate(self, open_url: OpenURL | None = None) -> AuthToken:
        """Return the stored token, renewed if it expires soon; otherwise sign in.

        :raises AuthenticationError: the sign-in failed
        :raises OptionsError: the configuration is incomplete
        """
        token = await self.get_valid_token()
        return token if token is not None else await self.sign_in(open_url)

    def _begun(self) -> PendingSignIn:
        if self._pending is None:
            raise AuthenticationError(NO_SIGN_IN)
        return self._pending

    async def _store(self, token: AuthToken) -> None:
        async with locked(self.storage):
            if isinstance(self.storage, TokenStorage):  # other programs renew it there
                gateway = self.config.to_dict()
                self.storage.update({"token": token.to_dict(), "gateway": gateway})
            else:
                self.storage.save_token(token)

    # --- the stored token -------------------------------------------------------------------------

    async def refresh_token(self, refresh_token: str) -> AuthToken:
        """Exchange a refresh token for a new token, and store it.

        The old refresh token remains valid if the server sends no new one.

        :raises AuthenticationError: the server refuses it, or cannot be reached
        """
        async with locked(self.storage):
            earlier = AuthToken("-", refresh_token=refresh_token)
            with anyio.CancelScope(shield=True):
                token = await refresh(self.client, self.config, earlier)
                self.storage.save_token(token)
        return token

    async def get_valid_token(self) -> AuthToken | None:
        """Return the stored token, renewed if it expires soon.

        :returns: None if nothing is stored, or the server no longer renews the token.
        :raises AuthenticationError: the token has expired, and cannot be renewed now; it is kept
        """
        token = self.storage.load_token()
        if token is None or not token.refresh_token:
            return None if token is None or token.is_expired() else token
        try:
            return await valid_token(self.client, self.config, self.storage)
        except GrantRefusedError:
            return None

    async def revoke_token(
        self,
        token: str,
        token_type: str = "access_token",  # noqa: S107  a hint
    ) -> bool:
        """Revoke a token at the server; the stored copy remains.

        :returns: True if the server confirms it.
        :raises AuthenticationError: the server cannot be reached
        """
        return await revoke(self.client, self.config, token, token_type)

    async def get_user_info(self, token: str) -> JSONObject:
        """Return the server's description of the user.

        :raises AuthenticationError: the server does not accept the token, or cannot be reached
        """
        return await fetch_user(self.client, self.config, token)


def _callback_server(config: OAuthConfig, state: str) -> LocalCallbackServer:
    """Create the server for a configured redirect address, or for a free port."""
    if not config.redirect_uri:
        return LocalCallbackServer(config.port, state=state)
    parts = urlsplit(config.redirect_uri)
    if parts.scheme != "http" or parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise AuthenticationError(
            f"This program cannot listen on {config.redirect_uri}. Use --no-browser and paste the "
            "address of the last page, or register http://127.0.0.1/callback at the gateway"
        )
    return LocalCallbackServer(
        parts.port or 80, host=parts.hostname, path=parts.path or "/", state=state
    )
