"""The file that holds a token, readable by its owner alone."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import stat
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..errors import AuthenticationError
from ..files import StrPath, make_folder, read_file, write_file
from .token import AuthToken

if TYPE_CHECKING:
    from ..messages import JSON, JSONObject

_LIMIT = 1024 * 1024


class Storage(Protocol):
    """A place for one token."""

    def load_token(self) -> AuthToken | None:
        """Return the token; None if there is none."""

    def save_token(self, token: AuthToken) -> None:
        """Replace the token."""

    def delete_token(self) -> None:
        """Remove the token, if there is one."""

    @property
    def lock_path(self) -> Path:
        """The path of the lock that a refresh holds."""


def default_path() -> Path:
    """Return the default path of the token file."""
    return Path.home() / ".claude_code" / "tokens.json"


class TokenStorage:
    """A token in a file of its own, at mode 0600 in a folder at mode 0700.

    :param storage_path: the file; `~/.claude_code/tokens.json` by default.
    """

    def __init__(self, storage_path: StrPath | None = None) -> None:
        self.storage_path = Path(storage_path) if storage_path is not None else default_path()

    @property
    def lock_path(self) -> Path:
        """The path of the lock that a refresh holds."""
        return self.storage_path.with_name(f"{self.storage_path.name}.lock")

    def save_token(self, token: AuthToken) -> None:
        """Write the token, keeping unknown entries of the file.

        :raises AuthenticationError: the file cannot be written, or other users can read it
        """
        self.update({"token": token.to_dict()})

    def load_token(self) -> AuthToken | None:
        """Read the token; None if there is no file, or no token in it.

        :raises AuthenticationError: other users can read the file
        """
        token = self.read().get("token")
        if not isinstance(token, dict):
            return None
        try:
            return AuthToken.from_dict(token)
        except (TypeError, ValueError, OverflowError):
            return None

    def delete_token(self) -> None:
        """Remove the token, and the file if nothing else is in it.

        :raises AuthenticationError: the file cannot be changed
        """
        self.remove("token")

    def read(self) -> JSONObject:
        """Return the content of the file; empty if it is missing or corrupt.

        :raises AuthenticationError: other users can read the file, or it cannot be opened
        """
        with contextlib.suppress(FileNotFoundError):
            check_mode(self.storage_path)
        return self._read_file()

    def update(self, changes: Mapping[str, JSON]) -> None:
        """Merge entries into the file; the value None removes one.

        :raises AuthenticationError: the file cannot be written, or other users can read it
        """
        self._write({**self.read(), **changes})

    def remove(self, *names: str) -> None:
        """Remove entries, even from a file that other users can read.

        :raises AuthenticationError: the file cannot be changed
        """
        content = self._read_file()
        kept = {name: value for name, value in content.items() if name not in names}
        if kept.keys() - {"updated_at"}:
            self._write(kept)
            return
        try:
            self.storage_path.unlink(missing_ok=True)
        except (OSError, NotADirectoryError) as error:
            raise _cannot("remove", self.storage_path, error) from error

    def _read_file(self) -> JSONObject:
        try:
            content = json.loads(read_file(self.storage_path, _LIMIT))
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as error:
            raise _cannot("read", self.storage_path, error) from error
        except (ValueError, RecursionError):
            return {}
        return content if isinstance(content, dict) else {}

    def _write(self, content: JSONObject) -> None:
        content = {**content, "updated_at": datetime.now(timezone.utc).isoformat()}
        kept = {name: value for name, value in content.items() if value is not None}
        try:
            make_folder(self.storage_path.parent, mode=0o700)
            write_file(self.storage_path, json.dumps(kept, indent=2) + "\n")
        except OSError as error:
            raise _cannot("write", self.storage_path, error) from error


def check_mode(path: Path) -> None:
    """Refuse a file that other users can read.

    :raises AuthenticationError: its mode grants access to the group or to others
    :raises FileNotFoundError: it does not exist
    """
    try:
        mode = stat.S_IMODE(os.stat(path).st_mode)
    except NotADirectoryError as error:
        raise FileNotFoundError(str(path)) from error
    if os.name == "posix" and mode & 0o077:
        raise AuthenticationError(
            f"Other users can read {path} (mode {mode:04o}). Fix it: chmod 600 "
            f"{shlex.quote(str(path))}"
        )


def _cannot(verb: str, path: Path, error: OSError) -> AuthenticationError:
    return AuthenticationError(
        f"Cannot {verb} {path}: {error.strerror or error}. Check the file and its folder"
    )
