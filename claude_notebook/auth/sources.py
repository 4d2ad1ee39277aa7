"""The table that decides which credential applies to `query()`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from .accounts import AccountStore, folder_of, selected_account
from .credentials import SERVICES, VARIABLES, Credential, CredentialKind

_OFF = ("", "0", "false", "no", "off")


def find_credential(environ: Mapping[str, str]) -> Credential | None:
    """Find the credential that applies to `query()` without an explicit one.

    :param environ: the environment of the CLI.
    :returns: None if there is none; the CLI may still find one in its settings or in the system's
        keychain.
    :raises AuthenticationError: other users can read the file of a stored sign-in
    """
    first: Credential | None = None
    for find in SOURCES:
        credential = find(environ)
        if credential is not None and not credential.is_expired:
            return credential
        first = first or credential
    return first


def from_variables(environ: Mapping[str, str]) -> Credential | None:
    """Return the credential in the first variable that holds one, in the CLI's order."""
    found = ((kind, name) for kind, name in VARIABLES.items() if environ.get(name))
    return next((Credential(kind, environ[name], name) for kind, name in found), None)


def stored_credential(environ: Mapping[str, str]) -> Credential | None:
    """Find the credential of the selected stored account.

    :raises AuthenticationError: other users can read its file, or the keyring is locked
    """
    store = AccountStore(folder_of(environ))
    name = selected_account(environ)
    if not store.path(name).exists():
        return None
    account = store.load(name)
    return account.credential(store.path(name)) if account is not None else None


def _from_cli(environ: Mapping[str, str]) -> Credential | None:
    """Find the CLI's own login, which it ignores while another service is selected."""
    if any(is_selected(name, environ) for name in SERVICES.values()):
        return None
    folder = environ.get("CLAUDE_CONFIG_DIR") or Path(environ.get("HOME") or Path.home(), ".claude")
    path = Path(folder, ".credentials.json")
    return cli_login(str(path)) if path.exists() else None


def cli_login(source: str = "Claude Code's own login") -> Credential:
    """Return the CLI's own login, wherever it is."""
    return Credential(CredentialKind.CLI_LOGIN, source=source)


def is_selected(name: str, environ: Mapping[str, str]) -> bool:
    """Return whether a variable, such as `CLAUDE_CODE_USE_BEDROCK`, selects another service."""
    return environ.get(name, "").lower() not in _OFF


def _service(kind: CredentialKind) -> Callable[[Mapping[str, str]], Credential | None]:
    name = SERVICES[kind]

    def find(environ: Mapping[str, str]) -> Credential | None:
        return Credential(kind, source=name) if is_selected(name, environ) else None

    return find


SOURCES: tuple[Callable[[Mapping[str, str]], Credential | None], ...] = (
    from_variables,
    stored_credential,
    _from_cli,
    *map(_service, SERVICES),
)
"""The sources of credentials in their order; the first one that has any decides."""
