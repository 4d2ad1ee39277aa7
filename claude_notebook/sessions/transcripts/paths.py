"""Where the CLI keeps its transcripts: <config>/projects/<folder's name>/<session id>.jsonl.

Beside a transcript may lie a folder with the session's id as its name: the transcripts of its
sub-agents, and results that were too large for the conversation. Only names that are session ids
are ever turned into paths, and symbolic links are not followed from a project's folder.
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
    """Whether a text is a session id: a UUID in its usual spelling."""
    return isinstance(text, str) and _SESSION_ID.fullmatch(text) is not None


@dataclass(frozen=True)
class Transcript:
    """A transcript's file, as the folder's listing gave it; `size` is in bytes."""

    path: str
    session_id: str
    mtime_ns: int
    size: int

    @property
    def last_modified(self) -> int:
        """Milliseconds since the epoch."""
        return self.mtime_ns // 1_000_000


def projects_folder(config_dir: StrPath | None = None) -> Path:
    """The folder with a folder for each project; `config_dir` None: where this process has it."""
    return Path(config_dir or config_folder(os.environ), "projects")


def project_name(folder: str) -> str:
    """The name that the CLI gives to a folder's transcripts.

    Every character that is not an ASCII letter or digit becomes a dash (those beyond U+FFFF two);
    long names are cut and get a checksum.
    """
    units = folder.encode("utf-16-le", "surrogatepass")
    codes = [units[i] | units[i + 1] << 8 for i in range(0, len(units), 2)]
    name = "".join(chr(code) if code < 128 and chr(code).isalnum() else "-" for code in codes)
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[:_LONGEST_NAME]}-{_checksum(codes)}"


def _checksum(codes: list[int]) -> str:
    """The CLI's: a 32-bit sum as JavaScript would have it, without its sign, to the base 36."""
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
    """The folders with the transcripts of `directory`; those of every project when None.

    With `worktrees`, those of the other working folders of its git repository too.
    """
    root = projects_folder(config_dir)
    if directory is None:
        return sorted(Path(entry.path) for entry in _entries(root) if entry.is_dir())
    real = os.path.realpath(directory)
    # macOS may spell the same name composed or decomposed.
    names = [project_name(real), project_name(unicodedata.normalize("NFC", real))]
    if worktrees:
        names += [project_name(str(each)) for each in _worktrees(real)]
    return [folder for name in dict.fromkeys(names) if (folder := root / name).is_dir()]


def _worktrees(folder: str) -> tuple[Path, ...]:
    repository = find_repository(folder)
    return repository.worktrees if repository else ()


def transcripts(folder: Path) -> Iterator[Transcript]:
    """The transcripts in a project's folder, in no order: regular files with an id for a name."""
    for entry in _entries(folder):
        session_id, dot, ending = entry.name.partition(".")
        if dot + ending == ".jsonl" and is_session_id(session_id):
            found = _stat(entry, session_id)
            if found is not None:
                yield found


def _stat(entry: os.DirEntry[str], session_id: str) -> Transcript | None:
    try:
        if not entry.is_file(follow_symlinks=False):
            return None
        status = entry.stat(follow_symlinks=False)
    except OSError:
        # It vanished, or is not ours to see.
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
    """A session's transcript, None if there is none (or the id is none). The newest if several."""
    if not is_session_id(session_id):
        return None
    found = []
    for folder in project_folders(directory, config_dir, worktrees=True):
        path = folder / f"{session_id}.jsonl"
        try:
            status = path.lstat()
        except OSError:
            continue
        if path.is_file() and not path.is_symlink():
            found.append(Transcript(str(path), session_id, status.st_mtime_ns, status.st_size))
    return max(found, key=lambda each: each.mtime_ns, default=None)


def session_folder(transcript: Transcript) -> Path:
    """The folder with what belongs to a session beside its transcript; it may not exist."""
    return Path(transcript.path.removesuffix(".jsonl"))
