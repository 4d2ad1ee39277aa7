"""Rows of `claude-notebook doctor` about credentials that conflict, and their repair."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from ..auth.conflicts import Conflict, find_conflicts, repair_mode
from ..cli.doctor.checks import Check
from ..cli.settings import jsonc
from ..cli.settings.files import edit_file
from ..client.sign_in.login import settings_files
from ..errors import ClaudeSDKError
from ..files import create_file, read_file

_NAME = "Credentials"
_FIX = "claude-notebook doctor --fix"
_MAX_BYTES = 4 * 1024 * 1024


def check(environ: Mapping[str, str]) -> list[Check]:
    """Return a row per conflict.

    :param environ: the environment to check.
    """
    found = find_conflicts(environ, settings_files(environ))
    return [
        Check(_NAME, not conflict.is_fatal, conflict.text, _advice(conflict)) for conflict in found
    ]


def _advice(conflict: Conflict) -> str:
    return f"{conflict.advice} (or: {_FIX})" if conflict.is_repairable else conflict.advice


def repair(environ: Mapping[str, str]) -> list[Check]:
    """Repair the conflicts that files cause, and return a row for each.

    :param environ: the environment to repair; variables cannot be changed from here.
    """
    conflicts = find_conflicts(environ, settings_files(environ))
    return [_repair(conflict) for conflict in conflicts if conflict.is_repairable]


def _drop(key: Sequence[str], document: jsonc.Document) -> str:
    return jsonc.drop(document, key)


def _repair(conflict: Conflict) -> Check:
    assert conflict.path is not None  # noqa: S101  it is repairable
    try:
        if not conflict.keys:
            repair_mode(conflict.path)
            return Check(_NAME, True, f"fixed: {conflict.text}")
        backup = _back_up(conflict.path)
        for key in conflict.keys:
            edit_file(conflict.path, partial(_drop, key))
    except (ClaudeSDKError, OSError) as error:
        return Check(_NAME, False, f"not fixed: {conflict.text}", str(error))
    removed = ", ".join(".".join(key) for key in conflict.keys)
    return Check(_NAME, True, f"fixed: removed {removed} from {conflict.path} (backup: {backup})")


def _back_up(path: Path) -> Path:
    """Copy a settings file, which may hold the only copy of a key, to a private file beside it.

    :returns: the copy.
    :raises OSError: if it cannot be written
    """
    content = read_file(path, _MAX_BYTES)
    for number in itertools.count(1):
        backup = path.with_name(f"{path.name}.backup-{number}")
        with contextlib.suppress(FileExistsError):
            create_file(backup, content)
            break
    return backup
