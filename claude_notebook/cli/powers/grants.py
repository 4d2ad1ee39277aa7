"""The allow rules and further folders that a trusted folder's own settings grant.

The CLI loads the hooks and servers of a folder, but ignores its allow rules and further folders
until the person has answered the CLI's own dialog about trust. That dialog only exists in a
terminal. A program that has asked about trust itself has to pass these permissions on.
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
    """Permissions of a folder's settings.

    :param rules: allow rules, as written.
    :param folders: further folders, relative to the working directory.
    """

    rules: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


def find_grants(cwd: str, env: Mapping[str, str]) -> Grants:
    """Return what the settings of a folder grant at this moment."""
    return grants_of(cwd, find_settings_powers(cwd, env))


def grants_of(cwd: str, powers: Iterable[Power]) -> Grants:
    """Return what the settings of a folder grant, of all that an inspection has found.

    A rule for one of the folders below, or above, does not hold in the folder itself.
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
    """Return the folder whose `.claude` holds the file."""
    return os.path.realpath(Path(power.where).parent.parent)


def _texts(powers: Iterable[Power], kind: str) -> tuple[str, ...]:
    values = (json.loads(power.text) for power in powers if power.kind == kind)
    return tuple(value for value in values if isinstance(value, str) and "\0" not in value)
