"""Files for arguments that must not appear in the process list, such as keys and tokens."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence

from ...files import create_file

JSON_FLAGS = ("--mcp-config", "--settings")
"""Flags whose value may be JSON, which may contain secrets and has no size limit."""


def move_to_files(argv: Sequence[str], user: str | None = None) -> tuple[list[str], str | None]:
    """Write a command line's JSON arguments to files that only one user can read.

    :param user: the user who owns the files; by default, the current user
    :returns: the command line with JSON replaced by paths, and the folder that contains the files.
        The caller removes the folder once the process has ended; it is None if there are no files.
    :raises OSError: if the files cannot be written, or their owner cannot be changed
    :raises LookupError: if `user` does not exist
    """
    parts = [argument.partition("=") for argument in argv]
    if not any(flag in JSON_FLAGS and _is_json(value) for flag, _, value in parts):
        return list(argv), None
    folder = tempfile.mkdtemp(prefix="claude-notebook-")
    try:
        if user is not None:
            shutil.chown(folder, user)
        moved = [
            f"{flag}={_write(folder, flag, value, user)}"
            if flag in JSON_FLAGS and _is_json(value)
            else argument
            for argument, (flag, _, value) in zip(argv, parts, strict=True)
        ]
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return moved, folder


def _is_json(value: str) -> bool:
    return value.lstrip().startswith("{")


def _write(folder: str, flag: str, text: str, user: str | None) -> str:
    path = os.path.join(folder, f"{flag.strip('-')}.json")
    create_file(path, text, root=folder)
    if user is not None:
        shutil.chown(path, user)
    return path
