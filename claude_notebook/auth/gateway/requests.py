"""Requests to the endpoints of an OAuth 2.0 server."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ..errors import AuthenticationError, GrantRefusedError
from ..token import AuthToken, token_from_response
from .config import OAuthConfig
from .http import Response, send

if TYPE_CHECKING:
    import httpx

    from ...messages import JSONObject


async def exchange_code(
    client: httpx.AsyncClient,
    config: OAuthConfig,
    code: str,
    *,
    redirect_uri: str,
    verifier: str | None,
) -> AuthToken:
    """Exchange a code for a token.

    :raises AuthenticationError: the server refuses, fails, or cannot be reached
    """
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    if verifier is not None:
        fields["code_verifier"] = verifier
    return await _request_token(client, config, fields)


async def refresh(client: httpx.AsyncClient, config: OAuthConfig, token: AuthToken) -> AuthToken:
    """Exchange a token's refresh token for a new token.

    :raises GrantRefusedError: the server does not accept the refresh token
    :raises AuthenticationError: the server fails, or cannot be reached
    """
    fields = {"grant_type": "refresh_token", "refresh_token": token.refresh_token or ""}
    return await _request_token(client, config, fields, token)


async def _request_token(
    client: httpx.AsyncClient,
    config: OAuthConfig,
    fields: Mapping[str, str],
    earlier: AuthToken | None = None,
) -> AuthToken:
    config.check("client_id", "token_url")
    sent = datetime.now(timezone.utc)
    response = await send(
        client, "POST", config.token_url or "", fields={**fields, **_client_fields(config)}
    )
    if response.error == "invalid_grant":
        raise GrantRefusedError(f"The gateway refused the sign-in ({response.reason})")
    if response.status != 200:
        raise AuthenticationError(f"The gateway refused to issue a token ({response.reason})")
    try:
        return token_from_response(response.data, earlier, now=sent)
    except (ValueError, OverflowError):
        raise AuthenticationError(_nonsense(response)) from None


def _client_fields(config: OAuthConfig) -> dict[str, str]:
    fields = {"client_id": config.client_id or ""}
    return fields | ({"client_secret": config.client_secret} if config.client_secret else {})


def _nonsense(response: Response) -> str:
    shape = "no access token" if response.is_json else "a response that is not JSON"
    return f"The gateway sent {shape}. Check CLAUDE_OAUTH_TOKEN_URL, or ask the gateway's operator"


async def revoke(
    client: httpx.AsyncClient, config: OAuthConfig, secret: str, hint: str = "access_token"
) -> bool:
    """Revoke an access token or a refresh token.

    :returns: True if the server confirms it.
    :raises AuthenticationError: the server cannot be reached
    """
    config.check("client_id", "revoke_url")
    fields = {"token": secret, "token_type_hint": hint, **_client_fields(config)}
    return (await send(client, "POST", config.revoke_url or "", fields=fields)).status == 200


async def fetch_user(client: httpx.AsyncClient, config: OAuthConfig, secret: str) -> JSONObject:
    """Fetch the server's description of the user.

    :raises GrantRefusedError: the server does not accept the token
    :raises AuthenticationError: the server fails, or cannot be reached
    """
    config.check("userinfo_url")
    headers = {"authorization": f"Bearer {secret}"}
    response = await send(client, "GET", config.userinfo_url or "", headers=headers)
    if response.status in (401, 403):
        raise GrantRefusedError(f"The gateway does not accept the token ({response.reason})")
    if response.status != 200 or not response.is_json:
        raise AuthenticationError(f"The gateway does not describe the user ({response.reason})")
    return response.data
