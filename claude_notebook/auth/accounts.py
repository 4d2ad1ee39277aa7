"""Stored accounts: in the system's keyring, else in private files.

Each account has a file with mode 0600 in `~/.claude_code`. The file contains the secrets, or a flag
that the keyring contains them. The default account shares its file with `TokenStorage()`.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..errors import AuthenticationError, OptionsError
from ..files import StrPath
from .credentials import Credential, CredentialKind
from .gateway.config import OAuthConfig
from .storage import TokenStorage, default_path
from .token import AuthToken

if TYPE_CHECKING:
    from ..messages import JSONObject

DEFAULT = "default"
VARIABLE = "CLAUDE_NOTEBOOK_ACCOUNT"
SERVICE = "claude_notebook"
FOLDER = "accounts"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
SECRETS = ("token", "api_key", "gateway")


class Keyring(Protocol):
    """The functions of a keyring backend that are used."""

    def get_password(self, service: str, username: str) -> str | None:
        """Return an entry; None if there is none."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Store an entry."""

    def delete_password(self, service: str, username: str) -> None:
        """Remove an entry."""


@dataclass(frozen=True)
class Account:
    """A stored sign-in.

    :param name: the account's name; "default" unless the user chose one.
    :param token: the token of a gateway, or another OAuth token.
    :param api_key: an API key.
    :param gateway: the server that issued and renews the token.
    """

    name: str = DEFAULT
    token: AuthToken | None = None
    api_key: str = field(default="", repr=False)
    gateway: OAuthConfig | None = None

    def credential(self, path: Path) -> Credential | None:
        """Return the credential of this account.

        Without a gateway, the token is sent as a subscription token.

        :param path: the file of the account.
        """
        source = f"account {self.name!r}"
        if self.token is None:
            key = Credential(CredentialKind.API_KEY, self.api_key, source, account=self.name)
            return key if self.api_key else None
        gateway = self.gateway or OAuthConfig()
        is_gateway = gateway.is_configured
        return Credential(
            CredentialKind.GATEWAY if is_gateway else CredentialKind.OAUTH_TOKEN,
            "" if is_gateway else self.token.access_token,
            source,
            path if is_gateway else None,
            self.name,
            self.token.expires_at,
            is_gateway and bool(self.token.refresh_token),
        )


class AccountStorage(TokenStorage):
    """The token of an account, as a `Storage`.

    :param path: the file of the account.
    :param name: the name of the account.
    :param keyring: the keyring; None for the file alone.
    """

    def __init__(self, path: StrPath, name: str = DEFAULT, keyring: Keyring | None = None) -> None:
        super().__init__(path)
        self.name = name
        self._keyring = keyring

    def read(self) -> JSONObject:
        """Return the entries of the file and of the keyring.

        :raises AuthenticationError: other users can read the file, or the keyring is locked
        """
        content = super().read()
        if content.get("keyring") is not True:
            return content
        return {**content, **self._read_keyring()}

    def _read_keyring(self) -> JSONObject:
        keyring = self._keyring or find_keyring()
        if keyring is None:
            raise AuthenticationError(
                f"The sign-in {self.name!r} is in the system's keyring, which is not available in "
                "this session. Sign in here again"
            )
        try:
            content = json.loads(keyring.get_password(SERVICE, self.name) or "{}")
        except ValueError:
            return {}
        except Exception as error:  # noqa: BLE001  each backend has its own exceptions
            raise AuthenticationError(
                f"The system's keyring cannot be read: {error}. Unlock it"
            ) from None
        return content if isinstance(content, dict) else {}

    def remove(self, *names: str) -> None:
        """Remove entries from the file and the keyring."""
        content = self._read_file()
        if content.get("keyring") is not True:
            super().remove(*names)
            return
        entries = self._read_keyring()
        kept = {name: value for name, value in entries.items() if name not in names}
        if kept:
            self._write({**content, **kept})
            return
        self._clear_keyring()
        super().remove(*names, "keyring")

    def _write(self, content: JSONObject) -> None:
        """Write the secrets to the keyring and the rest to the file, or all to the file."""
        secret = {name: content[name] for name in SECRETS if content.get(name) is not None}
        content = {name: value for name, value in content.items() if name not in SECRETS}
        was_in_keyring = content.pop("keyring", None) is True
        if secret and self._to_keyring(secret, was_in_keyring):
            super()._write({**content, "keyring": True})
            return
        super()._write({**content, **secret})
        if was_in_keyring:
            self._clear_keyring()

    def _to_keyring(self, secret: JSONObject, is_there: bool) -> bool:
        keyring = self._keyring or (find_keyring() if is_there else None)
        if keyring is None:
            return False
        try:
            keyring.set_password(SERVICE, self.name, json.dumps(secret))
        except Exception:  # noqa: BLE001  locked, or too long: the file takes the secrets
            return False
        return True

    def _clear_keyring(self) -> None:
        keyring = self._keyring or find_keyring()
        if keyring is not None:
            with contextlib.suppress(Exception):  # the backends' exceptions have no common class
                keyring.delete_password(SERVICE, self.name)


def account_storage(path: Path) -> AccountStorage:
    """Return the storage in the file of an account."""
    return AccountStorage(path, path.stem if path.parent.name == FOLDER else DEFAULT)


def gateway_of(storage: TokenStorage) -> OAuthConfig:
    """Return the gateway that renews a stored token; by default, the one in `CLAUDE_OAUTH_*`."""
    gateway = storage.read().get("gateway")
    return OAuthConfig.from_dict(gateway) if isinstance(gateway, dict) else OAuthConfig()


class AccountStore:
    """All stored accounts of this user.

    :param folder: the folder of the files; `~/.claude_code` by default.
    :param keyring: True to use the system's keyring where there is one.
    """

    def __init__(self, folder: StrPath | None = None, *, keyring: bool = True) -> None:
        self.folder = Path(folder) if folder is not None else default_path().parent
        self._uses_keyring = keyring

    def path(self, name: str) -> Path:
        """Return the file of an account.

        :raises OptionsError: the name is not allowed
        """
        if not _NAME.fullmatch(name):
            raise OptionsError(
                f"{name!r} is not a name of an account. Use letters, digits and . _ @ -"
            )
        if name == DEFAULT:
            return self.folder / "tokens.json"
        return self.folder / FOLDER / f"{name}.json"

    def storage(self, name: str | None = None, *, writable: bool = False) -> AccountStorage:
        """Return the storage of an account's token.

        :param writable: True to look for a keyring, which takes time.
        """
        name = name or selected_account()
        keyring = find_keyring() if writable and self._uses_keyring else None
        return AccountStorage(self.path(name), name, keyring)

    def load(self, name: str | None = None) -> Account | None:
        """Return an account; None if there is none of that name.

        :raises AuthenticationError: other users can read its file, or the keyring is locked
        """
        storage = self.storage(name)
        content = storage.read()
        key, gateway = content.get("api_key"), content.get("gateway")
        account = Account(
            storage.name,
            storage.load_token(),
            key if isinstance(key, str) else "",
            OAuthConfig.from_dict(gateway) if isinstance(gateway, dict) else None,
        )
        return account if account.token or account.api_key else None

    def save(self, account: Account) -> None:
        """Store an account, replacing one of the same name.

        :raises AuthenticationError: it cannot be written
        """
        self.storage(account.name, writable=True).update(
            {
                "token": account.token.to_dict() if account.token else None,
                "api_key": account.api_key or None,
                "gateway": account.gateway.to_dict() if account.gateway else None,
            }
        )

    def delete(self, name: str | None = None) -> None:
        """Remove an account, if it exists.

        :raises AuthenticationError: it cannot be removed
        """
        self.storage(name).remove(*SECRETS)

    def names(self) -> list[str]:
        """List the stored accounts."""
        names = [path.stem for path in sorted((self.folder / FOLDER).glob("*.json"))]
        return [name for name in (DEFAULT, *names) if self.load(name) is not None]


def folder_of(environ: Mapping[str, str]) -> Path:
    """Return the folder of the accounts of the user with this environment."""
    home = environ.get("HOME")
    return Path(home, ".claude_code") if home else default_path().parent


def selected_account(environ: Mapping[str, str] | None = None) -> str:
    """Return the selected account's name, from `CLAUDE_NOTEBOOK_ACCOUNT` or the default."""
    return (os.environ if environ is None else environ).get(VARIABLE) or DEFAULT


def find_keyring() -> Keyring | None:
    """Return the system's keyring, or None if there is none, as on most servers."""
    import keyring
    from keyring.backends.fail import Keyring as NoKeyring
    from keyring.errors import KeyringError

    try:
        backend = keyring.get_keyring()
    except (KeyringError, RuntimeError, OSError):
        return None
    is_missing = isinstance(backend, NoKeyring) or backend.priority <= 0
    return None if is_missing else backend
