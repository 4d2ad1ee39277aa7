"""Arguments that others on the machine should not read in the list of processes, kept in files."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence

from ...files import create_file

JSON_FLAGS = ("--mcp-config", "--settings")
"""Flags whose value may be JSON: keys and tokens stand there, and there is no limit to its size."""


def move_to_files(argv: Sequence[str], user: str | None = None) -> tuple[list[str], str | None]:
    """The command line with the path of a file where JSON stood, and the folder of these files.

    Only this user, or `user`, can read them. The folder is None when there are none; otherwise
    somebody must remove it when the process has ended.

    :raises OSError: they cannot be written, or not be given to `user`
    :raises LookupError: there is no such user
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
