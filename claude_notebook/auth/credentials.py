"""A credential, and the environment that carries it to the CLI.

Environment variables and settings files override or add to each other, so the CLI might send
several secrets, or one that the caller did not choose. `child_environment` leaves exactly one.
"""

from __future__ import annotations

import os
import shlex
import sys
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..messages import JSON, JSONObject


class CredentialKind(Enum):
    """The kind of a credential, which decides how it reaches the CLI."""

    API_KEY = "api_key"
    AUTH_TOKEN = "auth_token"  # noqa: S105  a name
    OAUTH_TOKEN = "oauth_token"  # noqa: S105  a name
    GATEWAY = "gateway"
    CLI_LOGIN = "cli_login"
    BEDROCK = "bedrock"
    VERTEX = "vertex"
    FOUNDRY = "foundry"


VARIABLES: Mapping[CredentialKind, str] = {
    CredentialKind.API_KEY: "ANTHROPIC_API_KEY",
    CredentialKind.AUTH_TOKEN: "ANTHROPIC_AUTH_TOKEN",
    CredentialKind.OAUTH_TOKEN: "CLAUDE_CODE_OAUTH_TOKEN",
}
"""The variables that carry a secret, in the CLI's own order."""

SERVICES: Mapping[CredentialKind, str] = {
    CredentialKind.BEDROCK: "CLAUDE_CODE_USE_BEDROCK",
    CredentialKind.VERTEX: "CLAUDE_CODE_USE_VERTEX",
    CredentialKind.FOUNDRY: "CLAUDE_CODE_USE_FOUNDRY",
}
"""The variables that select another service, which has credentials of its own."""

_OTHERS = (
    "ANTHROPIC_IDENTITY_TOKEN",
    "ANTHROPIC_IDENTITY_TOKEN_FILE",
    "CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR",
    "CLAUDE_CODE_GATEWAY_TOKEN",
    "CLAUDE_CODE_GATEWAY_TOKEN_FILE_DESCRIPTOR",
    "CLAUDE_CODE_OAUTH_REFRESH_TOKEN",
    "CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR",
)
"""Further variables from which the CLI takes a credential."""

SECRET_VARIABLES = (*VARIABLES.values(), *_OTHERS)

HELPER = "apiKeyHelper"
HELPER_MODULE = "claude_notebook.auth.helper"
TTL_VARIABLE = "CLAUDE_CODE_API_KEY_HELPER_TTL_MS"
TTL_MS = 30 * 60 * 1000
"""Interval at which the CLI calls the helper again, which renews tokens in long conversations."""

CUSTOM_HEADERS = "ANTHROPIC_CUSTOM_HEADERS"
_SECRET_HEADERS = ("authorization", "x-api-key")


@dataclass(frozen=True)
class Credential:
    """A credential.

    :param kind: its kind.
    :param secret: the key or token; "" if the CLI or another service holds it.
    :param source: the place it was found in, such as "ANTHROPIC_API_KEY".
    :param path: for a gateway, the file of the account whose current token is sent.
    :param account: the name of the stored account, or "".
    :param expires_at: the end of its validity, if known.
    :param refreshable: True if it is renewed without the user.
    """

    kind: CredentialKind
    secret: str = field(default="", repr=False)
    source: str = "argument"
    path: Path | None = None
    account: str = ""
    expires_at: datetime | None = None
    refreshable: bool = False

    @property
    def is_expired(self) -> bool:
        """True if the validity has ended, and is not renewed."""
        ended = self.expires_at is not None and datetime.now(timezone.utc) >= self.expires_at
        return ended and not self.refreshable


# --- handing over ---------------------------------------------------------------------------------


def child_environment(
    credential: Credential,
    environ: Mapping[str, str],
    *,
    in_settings: Collection[str] = (),
    keeps_service: bool = False,
) -> tuple[dict[str, str], JSONObject]:
    """Build the environment and the settings with which the CLI sends this credential only.

    :param environ: the environment to start from.
    :param in_settings: variables that the user's settings files set. If they include this
        credential's variable, the returned settings repeat the secret: write the settings to a
        private file, never to a command line.
    :param keeps_service: let the user's settings files select another service.
    :returns: the environment, and settings for `--settings` that blank what the user's settings
        would add.
    """
    own = VARIABLES.get(credential.kind, "")
    services = set(SERVICES.values()) - {SERVICES.get(credential.kind)}
    removed = services.union(SECRET_VARIABLES)
    env = {name: value for name, value in environ.items() if name not in removed}
    blanked = (removed - services if keeps_service else removed) - {own}
    blank: dict[str, JSON] = dict.fromkeys(sorted(blanked), "")
    _remove_secret_headers(env)
    if own:
        env[own] = credential.secret
        if own in in_settings:
            blank[own] = credential.secret
    settings: JSONObject = {HELPER: "", "env": blank}
    if credential.path is not None:
        settings[HELPER] = _helper(credential.path, env)
    return env, settings


def _helper(path: Path, env: dict[str, str]) -> str:
    """Return the command for `apiKeyHelper`, which contains no secret."""
    env[TTL_VARIABLE] = str(TTL_MS)
    words = [sys.executable, "-m", HELPER_MODULE, os.fspath(path), uuid.uuid4().hex]
    return shlex.join(words)


def _remove_secret_headers(env: dict[str, str]) -> None:
    """Remove headers that would carry a second secret."""
    lines = env.pop(CUSTOM_HEADERS, "").splitlines()
    kept = [line for line in lines if line.partition(":")[0].strip().lower() not in _SECRET_HEADERS]
    if kept:
        env[CUSTOM_HEADERS] = "\n".join(kept)


def merge_settings(settings: JSONObject, ours: JSONObject) -> JSONObject:
    """Merge the settings of `child_environment` into the user's own `--settings`."""
    merged = {
        name: value
        for source in (settings, ours)
        if isinstance(env := source.get("env"), dict)
        for name, value in env.items()
    }
    return {**settings, **ours, "env": merged}
