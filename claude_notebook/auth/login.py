"""Sign in, sign out, and report the sign-in: the functions behind commands and panels."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .accounts import (
    Account,
    AccountStorage,
    AccountStore,
    account_storage,
    gateway_of,
    selected_account,
)
from .conflicts import SettingsFiles, find_conflicts
from .credentials import Credential, CredentialKind
from .errors import AuthenticationError, GrantRefusedError
from .gateway.config import OAuthConfig
from .gateway.flow import OAuthFlow, OpenURL
from .gateway.http import open_client
from .gateway.refresh import valid_token
from .gateway.requests import fetch_user, revoke
from .sources import find_credential
from .storage import Storage
from .token import AuthToken


@dataclass(frozen=True)
class AuthStatus:
    """The sign-in that applies.

    :param signed_in: True if a credential exists, has not expired, and was not rejected.
    :param kind: the kind of the credential (a value of `CredentialKind`), or "".
    :param source: the place of the credential, never its value.
    :param validated: True if a server has confirmed it, False if it was rejected, None if untested.
    :param expired: True if the credential has expired.
    :param expires_at: the end of its validity, if known.
    :param refreshable: True if it is renewed without the user.
    :param scope: the granted permissions.
    :param account: the name of the stored account.
    :param detail: the reason for a missing validation.
    :param conflicts: sentences about credentials that exist and do not apply.
    """

    signed_in: bool
    kind: str = ""
    source: str = ""
    validated: bool | None = None
    expired: bool = False
    expires_at: datetime | None = None
    refreshable: bool = False
    scope: str = ""
    account: str = ""
    detail: str = ""
    conflicts: tuple[str, ...] = ()


# --- signing in -----------------------------------------------------------------------------------


async def login_to_gateway(
    config: OAuthConfig | None = None,
    *,
    account: str | None = None,
    storage: Storage | None = None,
    open_url: OpenURL | None = None,
) -> AuthToken:
    """Sign in at a gateway in a browser: listen, open the page, exchange the code, store the token.

    For a pasted code use `gateway_flow`: `get_authorization_url()`, then `submit_redirect(text)`.

    :param config: the gateway; by default the one of `CLAUDE_OAUTH_*`.
    :param account: the name to store the sign-in under.
    :param storage: another place for the token.
    :param open_url: opens the page; the browser of this machine by default.
    :raises AuthenticationError: the sign-in failed; nothing is stored
    :raises OptionsError: the configuration is incomplete
    """
    async with gateway_flow(config, account=account, storage=storage) as flow:
        return await flow.sign_in(open_url)


def gateway_flow(
    config: OAuthConfig | None = None,
    *,
    account: str | None = None,
    storage: Storage | None = None,
) -> OAuthFlow:
    """Return the flow that stores its token as an account; use it in `async with`."""
    return OAuthFlow(config, storage or AccountStore().storage(account, writable=True))


def save_api_key(
    key: str, *, account: str | None = None, store: AccountStore | None = None
) -> None:
    """Check the form of an API key, and store it.

    :param account: the name to store it under.
    :param store: the stored accounts.
    :raises AuthenticationError: it is not a key, or cannot be stored
    """
    text = key.strip()
    if not text or not text.isascii() or not text.isprintable() or len(text.split()) != 1:
        raise AuthenticationError("This is not an API key. Copy the whole key, without blanks")
    (store or AccountStore()).save(Account(account or selected_account(), api_key=text))


# --- signing out ----------------------------------------------------------------------------------


async def logout(*, account: str | None = None, store: AccountStore | None = None) -> bool:
    """Revoke and remove a stored sign-in. The CLI's own login remains.

    :param account: its name.
    :param store: the stored accounts.
    :returns: True if there was one.
    :raises AuthenticationError: it cannot be removed
    """
    store = store or AccountStore()
    storage = store.storage(account)
    with contextlib.suppress(AuthenticationError):  # sign out without the server
        await _revoke(storage)
    existed = storage.storage_path.exists()
    store.delete(account)
    return existed


async def _revoke(storage: AccountStorage) -> None:
    token, gateway = storage.load_token(), gateway_of(storage)
    if token is None or not (gateway.client_id and gateway.revoke_url):
        return
    async with open_client() as client:
        if token.refresh_token:
            await revoke(client, gateway, token.refresh_token, "refresh_token")
        await revoke(client, gateway, token.access_token)


# --- renewal --------------------------------------------------------------------------------------


async def refresh_login(*, account: str | None = None) -> AuthToken:
    """Renew the stored token now.

    :raises AuthenticationError: there is no token, or the gateway does not renew it
    """
    storage = AccountStore().storage(account)
    token = storage.load_token()
    if token is None:
        raise AuthenticationError("No sign-in is stored")
    if not token.refresh_token:
        raise AuthenticationError("The stored sign-in cannot be renewed: it has no refresh token")
    async with open_client() as client:
        renewed = await valid_token(
            client, gateway_of(storage), storage, rejected=token.access_token
        )
    if renewed is None:
        raise AuthenticationError("The sign-in has been removed in the meantime")
    return renewed


# --- status ---------------------------------------------------------------------------------------


async def status(
    *,
    environ: Mapping[str, str] | None = None,
    settings: SettingsFiles | None = None,
    validate: bool = True,
) -> AuthStatus:
    """Report the credential that applies to `query()`, as far as this package knows it.

    :param environ: the environment; that of this process by default.
    :param settings: the content of the user's settings files, for conflicts.
    :param validate: ask the gateway whether it accepts the token.
    :raises AuthenticationError: other users can read the file of a stored sign-in
    """
    environ = os.environ if environ is None else environ
    credential = find_credential(environ)
    conflicts = tuple(found.text for found in find_conflicts(environ, settings))
    if credential is None:
        return AuthStatus(False, conflicts=conflicts)
    if credential.kind is CredentialKind.GATEWAY and credential.path is not None:
        return await _gateway_status(credential, conflicts, validate)
    return AuthStatus(
        not credential.is_expired,
        credential.kind.value,
        credential.source,
        expired=credential.is_expired,
        expires_at=credential.expires_at,
        account=credential.account,
        detail="not tested before the first request",
        conflicts=conflicts,
    )


async def _validated(storage: AccountStorage) -> tuple[AuthToken | None, bool | None]:
    """Renew a token that expires soon, and show it to the gateway.

    :returns: the token, and True if the gateway accepts it, or None if it cannot be asked.
    :raises AuthenticationError: the gateway refuses the token, or does not respond
    """
    gateway = gateway_of(storage)
    async with open_client() as client:
        token = await valid_token(client, gateway, storage)
        if token is None or not gateway.userinfo_url:
            return token, None
        await fetch_user(client, gateway, token.access_token)
    return token, True


async def _gateway_status(
    credential: Credential, conflicts: tuple[str, ...], validate: bool
) -> AuthStatus:
    """Report a gateway's token: renewed if it expires soon, and shown to the gateway."""
    storage = account_storage(credential.path or Path())
    token = storage.load_token()
    validated: bool | None = None
    detail = ""
    if validate and token is not None:
        try:
            token, validated = await _validated(storage)
        except GrantRefusedError as error:
            validated, detail = False, str(error)
        except AuthenticationError as error:
            detail = str(error)
    expired = token is None or token.is_expired()
    end, scope = (token.expires_at, token.scope) if token else (credential.expires_at, None)
    return AuthStatus(
        validated is not False and not expired,
        credential.kind.value,
        credential.source,
        validated,
        expired,
        end,
        credential.refreshable,
        scope or "",
        credential.account,
        detail,
        conflicts,
    )
