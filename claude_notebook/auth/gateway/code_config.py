"""`ClaudeCodeOAuthConfig`: a configuration with separate objects for endpoints and scopes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Union

from ..storage import Storage
from .config import DEFAULT_PORT, PREFIX, OAuthConfig, with_query
from .flow import OAuthFlow

_DEVELOPMENT = f"{PREFIX}DEV_"


@dataclass(frozen=True)
class OAuthEndpoints:
    """Addresses of an OAuth 2.0 server."""

    authorize: str = ""
    token: str = ""
    revoke: str = ""
    userinfo: str = ""

    @classmethod
    def from_environment(
        cls, use_dev: bool = False, environ: Mapping[str, str] | None = None
    ) -> OAuthEndpoints:
        """Read `CLAUDE_OAUTH_*_URL`, or with `use_dev` `CLAUDE_OAUTH_DEV_*_URL`."""
        environ = os.environ if environ is None else environ
        prefix = _DEVELOPMENT if use_dev else PREFIX
        names = ("AUTHORIZE", "TOKEN", "REVOKE", "USERINFO")
        return cls(*(environ.get(f"{prefix}{name}_URL", "") for name in names))


class OAuthScopes:
    """Names of permissions. A gateway decides which of them it knows."""

    PROFILE = "profile"
    EMAIL = "email"
    CODE_READ = "code:read"
    CODE_WRITE = "code:write"
    CODE_EXECUTE = "code:execute"
    TOOLS_READ = "tools:read"
    TOOLS_WRITE = "tools:write"
    TOOLS_EXECUTE = "tools:execute"
    WORKSPACE_READ = "workspace:read"
    WORKSPACE_WRITE = "workspace:write"

    @classmethod
    def default(cls) -> list[str]:
        """Return the permissions to read, and to run code and tools."""
        return [
            cls.PROFILE,
            cls.EMAIL,
            cls.CODE_READ,
            cls.CODE_WRITE,
            cls.CODE_EXECUTE,
            cls.TOOLS_READ,
            cls.TOOLS_EXECUTE,
        ]

    @classmethod
    def full_access(cls) -> list[str]:
        """Return all permissions."""
        return [value for name, value in vars(cls).items() if name.isupper()]


@dataclass
class ClaudeCodeOAuthConfig:
    """Client, addresses and permissions. Missing values come from `CLAUDE_OAUTH_*`.

    :param client_id: the identifier that the server has given to this program; there is no default.
    :param client_secret: the secret of a confidential client.
    :param redirect_uri: the registered address of the callback, used exactly as written.
    :param endpoints: the addresses of the server.
    :param scopes: the requested permissions; those of `CLAUDE_OAUTH_SCOPES` by default.
    :param use_pkce: protect the code with PKCE.
    :param state_length: the length of the random state.
    :param port: the port of the callback; the default port gives way to a free one.
    :param timeout: seconds to wait for the user.
    """

    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    redirect_uri: str | None = None
    endpoints: OAuthEndpoints = field(default_factory=OAuthEndpoints.from_environment)
    scopes: list[str] | None = None
    use_pkce: bool = True
    state_length: int = 32
    port: int = DEFAULT_PORT
    timeout: float = 300.0

    def __post_init__(self) -> None:
        config = self.to_config()
        self.client_id = config.client_id
        self.client_secret = config.client_secret
        self.redirect_uri = config.redirect_uri
        self.scopes = config.scopes

    @classmethod
    def for_claude_code_max(cls) -> ClaudeCodeOAuthConfig:
        """Return the configuration of `CLAUDE_OAUTH_*`.

        Claude Code signs in to a subscription itself: `claude-auth login`.
        """
        return cls()

    @classmethod
    def for_development(cls) -> ClaudeCodeOAuthConfig:
        """Return the configuration of `CLAUDE_OAUTH_DEV_*`."""
        return cls(
            client_id=os.environ.get(f"{_DEVELOPMENT}CLIENT_ID"),
            client_secret=os.environ.get(f"{_DEVELOPMENT}CLIENT_SECRET"),
            endpoints=OAuthEndpoints.from_environment(use_dev=True),
        )

    def to_config(self) -> OAuthConfig:
        """Return the first form of this configuration."""
        endpoints = self.endpoints
        return OAuthConfig(
            client_id=self.client_id,
            client_secret=self.client_secret,
            redirect_uri=self.redirect_uri,
            authorize_url=endpoints.authorize or None,
            token_url=endpoints.token or None,
            revoke_url=endpoints.revoke or None,
            userinfo_url=endpoints.userinfo or None,
            scopes=self.scopes,
            use_pkce=self.use_pkce,
            port=0 if self.port == DEFAULT_PORT else self.port,
            timeout=self.timeout,
        )

    def get_authorize_url(self, state: str, code_challenge: str | None = None) -> str:
        """Return the page to open.

        :raises OptionsError: the configuration is incomplete
        """
        config = self.to_config()
        config.check("client_id", "authorize_url")
        fields = {
            "response_type": "code",
            "client_id": self.client_id or "",
            "redirect_uri": self.redirect_uri or f"http://127.0.0.1:{self.port}/callback",
            "state": state,
        }
        if self.scopes:
            fields["scope"] = " ".join(self.scopes)
        if code_challenge:
            fields |= {"code_challenge": code_challenge, "code_challenge_method": "S256"}
        return with_query(config.authorize_url or "", fields)


class ClaudeCodeOAuthFlow(OAuthFlow):
    """`OAuthFlow` with either form of the configuration."""

    def __init__(
        self,
        config: Union[ClaudeCodeOAuthConfig, OAuthConfig, None] = None,
        storage: Storage | None = None,
    ) -> None:
        if isinstance(config, ClaudeCodeOAuthConfig):
            config = config.to_config()
        super().__init__(config, storage)
