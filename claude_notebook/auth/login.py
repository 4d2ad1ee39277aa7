"""Sign in, sign out, and report the sign-in: the functions behind commands and panels."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from .config import OAuthConfig
from .storage import Storage
from .token import AuthToken


@dataclass(frozen=True)
class AuthStatus:
    """The sign-in that applies.

    :param signed_in: True if a credential exists and has not expired.
    :param kind: the kind of the credential (a value of `CredentialKind`), or "".
    :param source: the place of the credential, never its value.
    :param validated: True if a server has confirmed it, False if it was rejected, None if untested.
    :param expired: True if the credential has expired.
    :param expires_at: the end of its validity, if known.
    :param refreshable: True if it is renewed without the user.
    :param scope: the granted permissions.
    :param account: the name of the stored account.
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
    conflicts: tuple[str, ...] = ()


async def login_to_gateway(
    config: OAuthConfig | None = None,
    *,
    account: str | None = None,
    storage: Storage | None = None,
    open_url: Callable[[str], object] | None = None,
) -> AuthToken:
    """Sign in at a gateway in a browser: listen, open the page, exchange the code, store the token.

    For a pasted code use `OAuthFlow`: `get_authorization_url()`, then `submit_redirect(text)`.

    :param config: the gateway; by default the one of `CLAUDE_OAUTH_*`.
    :param account: the name to store the sign-in under.
    :param open_url: opens the page; the browser of this machine by default.
    :raises AuthenticationError: the sign-in failed; nothing is stored
    :raises OptionsError: the configuration is incomplete
    """
    raise NotImplementedError


def save_api_key(key: str, *, account: str | None = None) -> None:
    """Check the form of an API key, and store it.

    :raises AuthenticationError: it is empty or contains blanks
    """
    raise NotImplementedError


async def logout(
    *, account: str | None = None, cli_path: str | os.PathLike[str] | None = None
) -> bool:
    """Revoke and remove a stored sign-in; with `cli_path` also the CLI's own login.

    :returns: True if there was one.
    """
    raise NotImplementedError


async def status(
    *,
    environ: Mapping[str, str] | None = None,
    cli_path: str | os.PathLike[str] | None = None,
    validate: bool = True,
) -> AuthStatus:
    """Report the credential that applies to `query()`.

    :param environ: the environment; that of this process by default.
    :param cli_path: the CLI, which knows its own login.
    :param validate: ask the gateway whether it accepts the token.
    """
    raise NotImplementedError
