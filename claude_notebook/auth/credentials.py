"""The table that decides which credential applies, and the environment that carries it.

The CLI would send several secrets at once, or another one than the caller has named: variables of
the environment and entries of settings files override or join each other. `child_environment`
leaves exactly one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from ..messages import JSONObject


class CredentialKind(Enum):
    """The kind of a credential, which decides how it reaches the CLI."""

    API_KEY = "api_key"
    AUTH_TOKEN = "auth_token"
    OAUTH_TOKEN = "oauth_token"
    GATEWAY = "gateway"
    CLI_LOGIN = "cli_login"
    BEDROCK = "bedrock"
    VERTEX = "vertex"
    FOUNDRY = "foundry"


@dataclass(frozen=True)
class Credential:
    """A credential.

    :param kind: its kind.
    :param secret: the key or token; "" if the CLI or another service holds it.
    :param source: the place it was found in, such as "ANTHROPIC_API_KEY".
    :param helper: for a gateway, the command that prints the current token.
    :param expires_at: the end of its validity, if known.
    """

    kind: CredentialKind
    secret: str = field(default="", repr=False)
    source: str = "argument"
    helper: str = ""
    expires_at: datetime | None = None


def find_credential(environ: Mapping[str, str]) -> Credential | None:
    """Find the credential that applies to `query()`."""
    raise NotImplementedError


def child_environment(
    credential: Credential, environ: Mapping[str, str]
) -> tuple[dict[str, str], JSONObject]:
    """Build the environment and the settings with which the CLI sends this credential only."""
    raise NotImplementedError
