"""The allow rules and additional folders granted by a trusted folder's own settings.

The CLI loads a folder's hooks and servers, but it ignores the folder's allow rules and additional
folders until the user has accepted the CLI's own trust dialog. That dialog exists only in a
terminal, so a program that has asked about trust itself has to pass these permissions on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .inspection import find_settings_powers, main_folders
from .power import Power
from .settings_powers import ALLOW_RULE, FURTHER_FOLDER
from .tables import LOCAL_SETTINGS, SHARED_SETTINGS


@dataclass(frozen=True)
class Grants:
    """Permissions in a folder's settings.

    :param rules: allow rules, as written.
    :param folders: additional folders, relative to the working directory.
    """

    rules: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


def find_grants(cwd: str, env: Mapping[str, str]) -> Grants:
    """Return the permissions that a folder's settings currently grant."""
    return grants_of(cwd, find_settings_powers(cwd, env))


def grants_of(cwd: str, powers: Iterable[Power]) -> Grants:
    """Return the permissions granted by a folder's settings, given everything an inspection found.

    A rule for a folder further up or down does not apply to the folder itself.
    """
    folder = os.path.realpath(cwd)
    places = {
        SHARED_SETTINGS: {folder},
        LOCAL_SETTINGS: {folder, *map(os.path.realpath, main_folders(Path(folder)))},
    }
    own = [power for power in powers if _holder(power) in places.get(_name(power), ())]
    return Grants(_texts(own, ALLOW_RULE), _texts(own, FURTHER_FOLDER))


def _name(power: Power) -> str:
    return os.path.basename(power.where).casefold()


def _holder(power: Power) -> str:
    """Return the folder whose `.claude` contains the file."""
    return os.path.realpath(Path(power.where).parent.parent)


def _texts(powers: Iterable[Power], kind: str) -> tuple[str, ...]:
    values = (json.loads(power.text) for power in powers if power.kind == kind)
    return tuple(value for value in values if isinstance(value, str) and "\0" not in value)
