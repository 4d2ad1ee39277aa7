"""Configuration of an OAuth 2.0 server, such as a company's gateway."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from ...errors import OptionsError

if TYPE_CHECKING:
    from ...messages import JSONObject

DEFAULT_PORT = 54545
PREFIX = "CLAUDE_OAUTH_"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass
class OAuthConfig:
    """Client and addresses of an OAuth 2.0 server. There is no default server or client.

    An argument takes precedence over the environment variable `CLAUDE_OAUTH_` + its name in
    capitals, such as `CLAUDE_OAUTH_CLIENT_ID`.

    :param client_id: the identifier that the server has given to this program.
    :param client_secret: the secret of a confidential client; most command-line clients have none.
    :param redirect_uri: the registered address of the callback, used exactly as written. Without
        one, the callback listens on a free port of 127.0.0.1.
    :param authorize_url: the page on which the user signs in.
    :param token_url: the endpoint that exchanges codes and refreshes tokens.
    :param revoke_url: the endpoint that revokes tokens.
    :param userinfo_url: the endpoint that describes the user.
    :param scopes: the requested permissions.
    :param use_pkce: protect the code with PKCE (S256).
    :param port: the port of the callback if `redirect_uri` is empty; 0 selects a free one.
    :param timeout: seconds to wait for the user.
    """

    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    redirect_uri: str | None = None
    authorize_url: str | None = None
    token_url: str | None = None
    revoke_url: str | None = None
    userinfo_url: str | None = None
    scopes: list[str] | None = None
    use_pkce: bool = True
    port: int = 0
    timeout: float = 300.0

    def __post_init__(self) -> None:
        self.fill_from(os.environ)

    def fill_from(self, environ: Mapping[str, str]) -> None:
        """Fill missing fields from `CLAUDE_OAUTH_*` variables."""
        for name in _FROM_ENVIRONMENT:
            if getattr(self, name) is None:
                setattr(self, name, environ.get(PREFIX + name.upper()) or None)
        if self.scopes is None:
            self.scopes = environ.get(f"{PREFIX}SCOPES", "").replace(",", " ").split()

    def check(self, *needed: str) -> None:
        """Check that the fields are set.

        :raises OptionsError: one is missing or is not an address to send secrets to
        """
        for name in needed:
            if not getattr(self, name):
                raise OptionsError(
                    f"{name} of the gateway is not set. Pass OAuthConfig({name}=...), or set "
                    f"{PREFIX}{name.upper()}; the operator of the gateway knows its value.",
                    field=name,
                )
            if name.endswith("_url"):
                check_address(name, getattr(self, name))

    @property
    def is_configured(self) -> bool:
        """True if the configuration names a gateway."""
        return bool(self.client_id and self.token_url)

    def to_dict(self) -> JSONObject:
        """Return the fields that a refresh needs as JSON values."""
        return {
            name: value
            for name in (*_FROM_ENVIRONMENT, "scopes", "use_pkce")
            if (value := getattr(self, name)) not in (None, [])
        }

    @classmethod
    def from_dict(cls, data: JSONObject) -> OAuthConfig:
        """Create a configuration from the result of `to_dict`, ignoring the environment."""
        config = cls()
        for name in _FROM_ENVIRONMENT:
            value = data.get(name)
            setattr(config, name, value if isinstance(value, str) else None)
        scopes = data.get("scopes")
        config.scopes = [str(scope) for scope in scopes] if isinstance(scopes, list) else []
        config.use_pkce = data.get("use_pkce") is not False
        return config


_FROM_ENVIRONMENT = (
    "client_id",
    "client_secret",
    "redirect_uri",
    "authorize_url",
    "token_url",
    "revoke_url",
    "userinfo_url",
)


def with_query(url: str, fields: Mapping[str, str]) -> str:
    """Return an address with further query fields."""
    separator = "&" if urlsplit(url).query else "?"
    return f"{url}{separator}{urlencode(fields)}"


def check_address(name: str, address: str) -> None:
    """Refuse an address that would send secrets in clear text over a network.

    :raises OptionsError: it is neither https nor http on this machine
    """
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return
    raise OptionsError(
        f"{name} is {address!r}, but must begin with https:// (or http://127.0.0.1 for tests). "
        "Correct it.",
        field=name,
    )
