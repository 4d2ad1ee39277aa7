"""Paths of the CLI's transcripts: <config>/projects/<folder name>/<session id>.jsonl.

Next to a transcript, there may be a folder named after the session id, which contains subagent
transcripts and large results. Only valid session ids are turned into paths, and symbolic links in a
project's folder are not followed.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...cli.git_repository import find_repository
from ...cli.settings.files import config_folder

StrPath = str | os.PathLike[str]

_SESSION_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LONGEST_NAME = 200
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def is_session_id(text: str) -> bool:
    """Return whether the string is a session id, which is a UUID in its usual notation."""
    return isinstance(text, str) and _SESSION_ID.fullmatch(text) is not None


@dataclass(frozen=True)
class Transcript:
    """A transcript file found in a directory listing.

    :param size: the file size in bytes.
    """

    path: str
    session_id: str
    mtime_ns: int
    size: int

    @property
    def last_modified(self) -> int:
        """Milliseconds since the epoch."""
        return self.mtime_ns // 1_000_000


def projects_folder(config_dir: StrPath | None = None) -> Path:
    """Return the parent of the project folders in `config_dir`, or in the default one if None."""
    return Path(config_dir or config_folder(os.environ), "projects")


def project_name(folder: str) -> str:
    """Return the CLI's name for the folder that contains a directory's transcripts.

    A dash replaces every character that is not an ASCII letter or digit (two dashes replace one
    beyond U+FFFF). Long names are truncated, and a checksum is appended.
    """
    units = folder.encode("utf-16-le", "surrogatepass")
    codes = [units[i] | units[i + 1] << 8 for i in range(0, len(units), 2)]
    name = "".join(chr(code) if code < 128 and chr(code).isalnum() else "-" for code in codes)
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[:_LONGEST_NAME]}-{_checksum(codes)}"


def _checksum(codes: list[int]) -> str:
    """Compute the CLI's checksum: JavaScript's signed 32-bit hash without its sign, in base 36."""
    total = 0
    for code in codes:
        total = (total * 31 + code) & 0xFFFFFFFF
    total = abs(total - (1 << 32) if total & 0x80000000 else total)
    digits = ""
    while total:
        total, digit = divmod(total, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"


def project_folders(
    directory: StrPath | None, config_dir: StrPath | None, *, worktrees: bool = False
) -> list[Path]:
    """Return the folders that contain transcripts for `directory`, or for all projects if None.

    :param worktrees: include the other worktrees of its git repository.
    """
    root = projects_folder(config_dir)
    if directory is None:
        return sorted(Path(entry.path) for entry in _entries(root) if entry.is_dir())
    real = os.path.realpath(directory)
    # macOS may return the same name in composed or decomposed form.
    names = [project_name(real), project_name(unicodedata.normalize("NFC", real))]
    if worktrees:
        names += [project_name(str(worktree)) for worktree in _worktrees(real)]
    return [folder for name in dict.fromkeys(names) if (folder := root / name).is_dir()]


def _worktrees(folder: str) -> tuple[Path, ...]:
    repository = find_repository(folder)
    return repository.worktrees if repository else ()


def transcripts(folder: Path) -> Iterator[Transcript]:
    """Yield a project folder's transcripts in no particular order: regular files named by an id."""
    for entry in _entries(folder):
        session_id, dot, ending = entry.name.partition(".")
        if dot + ending == ".jsonl" and is_session_id(session_id):
            transcript = _stat(entry, session_id)
            if transcript is not None:
                yield transcript


def _stat(entry: os.DirEntry[str], session_id: str) -> Transcript | None:
    try:
        if not entry.is_file(follow_symlinks=False):
            return None
        status = entry.stat(follow_symlinks=False)
    except OSError:
        # The file has vanished or is not accessible.
        return None
    return Transcript(entry.path, session_id, status.st_mtime_ns, status.st_size)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError:
        return


def find_transcript(
    session_id: str, directory: StrPath | None, config_dir: StrPath | None
) -> Transcript | None:
    """Find a session's newest transcript, or return None."""
    if not is_session_id(session_id):
        return None
    candidates = []
    for folder in project_folders(directory, config_dir, worktrees=True):
        path = folder / f"{session_id}.jsonl"
        try:
            status = path.lstat()
        except OSError:
            continue
        if path.is_file() and not path.is_symlink():
            candidates.append(Transcript(str(path), session_id, status.st_mtime_ns, status.st_size))
    return max(candidates, key=lambda item: item.mtime_ns, default=None)


def session_folder(transcript: Transcript) -> Path:
    """Return the folder for a session's additional files, which may not exist."""
    return Path(transcript.path.removesuffix(".jsonl"))
