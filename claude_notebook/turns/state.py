"""State that is kept when the kernel ends: a notebook's conversation, and trusted folders.

There is one small JSON file per notebook, or per folder, in the platform's state folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
import platformdirs

from ..files import changing, make_folder, read_file, write_file
from ..logs import get_logger
from ..messages import JSONObject

log = get_logger(__name__)

_MAX_BYTES = 4 * 1024 * 1024
_Record = TypeVar("_Record")
# A conversation's id is passed to the CLI as an argument, so it must not be a flag or a path.
_ID = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,127}\Z"
_SessionId = Annotated[str, msgspec.Meta(pattern=_ID)]


class _Conversation(msgspec.Struct):
    session_id: _SessionId


class _Trusted(msgspec.Struct):
    folder: str
    trusted: list[str]


@dataclass(frozen=True)
class ConversationStore:
    """Stores one notebook's conversation id. Without a path, nothing is stored.

    If writing fails, this is only logged, so that it does not end the turn.
    """

    path: str | None
    folder: Path

    @classmethod
    def of(cls, path: str | None) -> ConversationStore:
        """Return the store for the notebook at `path`, which is in the user's state folder."""
        return cls(path, Path(platformdirs.user_state_path("claude_notebook"), "notebooks"))

    @property
    def _file(self) -> Path | None:
        if self.path is None:
            return None
        return self.folder / f"{hashlib.sha256(self.path.encode()).hexdigest()[:32]}.json"

    def load(self) -> str | None:
        """Return the id of the notebook's conversation, or None if there is none."""
        if self._file is None:
            return None
        try:
            return _read(self._file, _Conversation).session_id or None
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError) as error:
            log.warning("the stored conversation of this notebook cannot be read: %s", error)
            return None

    def save(self, session_id: str) -> None:
        """Store the id atomically, so that a crash leaves either the old or the new file."""
        if self._file is None:
            return
        try:
            _write(self._file, {"session_id": session_id, "notebook": self.path})
        except OSError as error:
            log.warning("the conversation of this notebook cannot be stored: %s", error)

    def forget(self) -> None:
        """Delete the id, so that the next conversation is a new one."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.unlink(missing_ok=True)


@dataclass(frozen=True)
class TrustStore:
    """Stores digests of trusted content by folder.

    If a file cannot be read, nothing is trusted. If trust cannot be stored, the next kernel asks
    again.
    """

    folder: Path

    @classmethod
    def of_user(cls) -> TrustStore:
        """Return the store located in the user's state folder."""
        return cls(Path(platformdirs.user_state_path("claude_notebook"), "trusted"))

    def _file(self, cwd: str) -> Path:
        name = hashlib.sha256(os.path.realpath(cwd).encode()).hexdigest()[:32]
        return self.folder / f"{name}.json"

    def knows(self, cwd: str, digests: Iterable[str]) -> bool:
        """Return whether all digests are trusted in a folder. An empty set is always trusted."""
        wanted = set(digests)
        return not wanted or wanted <= self._load(cwd)

    def add(self, cwd: str, digests: Iterable[str]) -> None:
        """Store digests as trusted in a folder."""
        new = set(digests)
        if self._load(cwd) >= new:
            return
        try:
            make_folder(self.folder, self.folder.parent)
            with changing(self.folder):
                trusted = sorted(self._load(cwd) | new)
                _write(self._file(cwd), {"folder": os.path.realpath(cwd), "trusted": trusted})
        except OSError as error:
            log.warning("trust in this folder cannot be stored: %s", error)

    def _load(self, cwd: str) -> set[str]:
        try:
            note = _read(self._file(cwd), _Trusted)
            return set(note.trusted) if note.folder == os.path.realpath(cwd) else set()
        except FileNotFoundError:
            return set()
        except (OSError, ValueError, RecursionError) as error:
            log.warning("the stored trust in this folder cannot be read: %s", error)
            return set()


def _write(path: Path, value: JSONObject) -> None:
    root = path.parent.parent
    make_folder(path.parent, root)
    write_file(path, json.dumps(value), root=root)


def is_conversation_id(text: str | None) -> bool:
    """Return whether this is a valid conversation id, because a recording may contain any text."""
    return text is not None and re.match(_ID, text) is not None


def _read(path: Path, kind: type[_Record]) -> _Record:
    return msgspec.convert(json.loads(read_file(path, _MAX_BYTES)), kind)
