"""Finds and repairs credentials that compete with the one in use."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import AuthenticationError
from .accounts import folder_of
from .credentials import HELPER, SERVICES, VARIABLES, Credential
from .sources import find_credential, is_selected, stored_credential

if TYPE_CHECKING:
    from ..messages import JSON, JSONObject

_WORDS = {
    "ANTHROPIC_API_KEY": "a key",
    "ANTHROPIC_AUTH_TOKEN": "a gateway's token",
    "CLAUDE_CODE_OAUTH_TOKEN": "a token",
    HELPER: "a command that prints a key",
    **dict.fromkeys(SERVICES.values(), "another service"),
}

SettingsFiles = Mapping[Path, "JSONObject"]


@dataclass(frozen=True)
class Conflict:
    """Two competing credentials, or a credential file that other users can read.

    :param text: the finding.
    :param advice: the next step, as a command where there is one.
    :param path: the file that a repair changes; None if the user has to act.
    :param keys: the entries that the repair removes from this settings file; empty to change the
        mode of the file.
    """

    text: str
    advice: str
    path: Path | None = None
    keys: tuple[tuple[str, ...], ...] = ()

    @property
    def is_fatal(self) -> bool:
        """True if a sign-in cannot be used."""
        return self.path is not None and not self.keys

    @property
    def is_repairable(self) -> bool:
        """True if `doctor --fix` can repair it."""
        return self.path is not None


def find_conflicts(
    environ: Mapping[str, str], settings: SettingsFiles | None = None
) -> list[Conflict]:
    """Find all conflicts.

    :param environ: the environment of the CLI.
    :param settings: the content of the user's settings files.
    """
    files = settings or {}
    found = list(_open_files(environ))
    if found:
        return found  # the stored sign-in cannot be read
    winner = find_credential(environ)
    found += _among_variables(environ)
    found += _with_services(environ, winner)
    found += _with_storage(environ, winner)
    for path, content in files.items():
        found += _with_settings(path, content, winner)
    return found


def _open_files(environ: Mapping[str, str]) -> Iterator[Conflict]:
    folder = folder_of(environ)
    for path in (folder / "tokens.json", *sorted((folder / "accounts").glob("*.json"))):
        if os.name == "posix" and path.exists() and path.stat().st_mode & 0o077:
            mode = stat.S_IMODE(path.stat().st_mode)
            yield Conflict(
                f"other users can read {path} (mode {mode:04o}), so it is not used",
                f"chmod 600 {shlex.quote(str(path))}",
                path,
            )


def _among_variables(environ: Mapping[str, str]) -> Iterator[Conflict]:
    names = [name for name in VARIABLES.values() if environ.get(name)]
    for other in names[1:]:
        yield _both(_WORDS[names[0]], _WORDS[other], names[0], f"unset {other}")


def _with_services(environ: Mapping[str, str], winner: Credential | None) -> Iterator[Conflict]:
    for name in SERVICES.values():
        if is_selected(name, environ) and winner is not None and winner.source != name:
            yield Conflict(
                f"both {name} and another credential are set: {winner.source} wins",
                f"unset {name} to keep {winner.source}, or remove {winner.source}",
            )


def _with_storage(environ: Mapping[str, str], winner: Credential | None) -> Iterator[Conflict]:
    if winner is None or winner.source not in VARIABLES.values():
        return
    try:
        stored = stored_credential(environ)
    except AuthenticationError:
        return
    if stored is not None:
        yield Conflict(
            f"both {_WORDS[winner.source]} and a stored sign-in exist: {winner.source} wins",
            f"unset {winner.source}",
        )


def _with_settings(
    path: Path, content: JSONObject, winner: Credential | None
) -> Iterator[Conflict]:
    """Find credentials in a settings file beside the winner, or beside each other."""
    keys = list(_credential_keys(content))
    if winner is not None and winner.source in (*VARIABLES.values(), f"account {winner.account!r}"):
        beaten, first = keys, _WORDS.get(winner.source, "a stored sign-in")
    elif len(keys) > 1:
        beaten, first = keys[1:], _WORDS[keys[0][-1]]
    else:
        return
    for key in beaten:
        yield Conflict(
            f"both {first} and {_WORDS[key[-1]]} in {path} exist: "
            f"{winner.source if winner is not None else keys[0][-1]} wins",
            f"remove {'.'.join(key)} from {path}",
            path,
            (key,),
        )


def _credential_keys(content: JSONObject) -> Iterator[tuple[str, ...]]:
    env: JSON = content.get("env")
    for name in VARIABLES.values():
        if isinstance(env, dict) and env.get(name):
            yield ("env", name)
    if content.get(HELPER):
        yield (HELPER,)


def _both(first: str, second: str, winner: str, advice: str) -> Conflict:
    name = "the key" if winner == "ANTHROPIC_API_KEY" else winner
    return Conflict(f"both {first} and {second} are set: {name} wins", advice)


def repair_mode(path: Path) -> None:
    """Make a file private.

    :raises AuthenticationError: its mode cannot be changed
    """
    try:
        path.chmod(0o600)
    except OSError as error:
        raise AuthenticationError(
            f"Cannot change the mode of {path}: {error.strerror or error}"
        ) from error
