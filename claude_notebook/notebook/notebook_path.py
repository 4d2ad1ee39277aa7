"""What is remembered beyond the kernel's life: a notebook's conversation, and trusted folders.

One small JSON file per notebook, or per folder, in the platform's state folder.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

from ..files import read_file

_MOST_BYTES = 4 * 1024 * 1024
_Note = TypeVar("_Note")
# A conversation's id becomes an argument of the CLI: neither a flag nor the path of a file.
_ID = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,127}\Z"
_SessionId = Annotated[str, msgspec.Meta(pattern=_ID)]


class _Conversation(msgspec.Struct):
    session_id: _SessionId


class _Trusted(msgspec.Struct):
    folder: str
    trusted: list[str]


def notebook_path(environ: Mapping[str, str], namespace: Mapping[str, object]) -> str | None:
    """The path of the notebook that this kernel works for; None if the front end does not say."""
    vscode = namespace.get("__vsc_ipynb_file__")
    if isinstance(vscode, str) and vscode:
        return os.path.abspath(vscode)
    name = environ.get("JPY_SESSION_NAME")
    return os.path.abspath(name) if name and not _inherited(name, environ) else None


def _inherited(name: str, environ: Mapping[str, str]) -> bool:
    """Whether the name is that of another notebook, from which this kernel was started.

    A notebook that runs another one (`!jupyter execute`, papermill) passes its own name on. Who
    started the kernel then has the name too; a Jupyter server has not.
    """
    import psutil

    try:
        starter = psutil.Process(int(environ.get("JPY_PARENT_PID") or os.getppid()))
        return starter.environ().get("JPY_SESSION_NAME") == name
    except (psutil.Error, OSError, ValueError):
        return False


def is_conversation_id(text: str | None) -> bool:
    """True if a text has the form of a conversation's id. A recording may hold any text."""
    return text is not None and re.match(_ID, text) is not None


def _read(path: Path, kind: type[_Note]) -> _Note:
    return msgspec.convert(json.loads(read_file(path, _MOST_BYTES)), kind)
