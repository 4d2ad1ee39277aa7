"""Git repositories and their worktrees, which are read from files without running git."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..files import open_regular

_MAX_BYTES = 4096


@dataclass(frozen=True)
class Repository:
    """A repository's working folders.

    :param root: the root of the working folder that was looked up.
    :param main: the root of the first working folder, where `.git` is a folder.
    :param worktrees: the roots of all working folders, starting with `main`.
    """

    root: Path
    main: Path
    worktrees: tuple[Path, ...]


def find_repository(folder: str | os.PathLike[str]) -> Repository | None:
    """Find the repository that contains `folder`.

    :returns: the repository; None if there is none or its files are malformed.
    """
    start = Path(os.path.realpath(folder))
    for root in (start, *start.parents):
        marker = root / ".git"
        if marker.is_dir():
            return _repository_with_worktrees(root, marker)
        if marker.is_file():
            return _linked_repository(root, marker)
    return None


def _linked_repository(root: Path, marker: Path) -> Repository | None:
    """Resolve a `.git` file, as found in linked worktrees and submodules."""
    target = _read(marker)
    if not target.startswith("gitdir:"):
        return None
    git_folder = _resolve(root, target.removeprefix("gitdir:").strip())
    common = _read(git_folder / "commondir")
    if not common:
        return Repository(root, root, (root,))
    return _repository_with_worktrees(root, _resolve(git_folder, common))


def _repository_with_worktrees(root: Path, common: Path) -> Repository:
    main = common.parent if common.name == ".git" else root
    pointers = sorted((common / "worktrees").glob("*/gitdir"))
    others = (_resolve(pointer.parent, _read(pointer)).parent for pointer in pointers)
    return Repository(root, main, tuple(dict.fromkeys((main, *others, root))))


def _resolve(base: Path, target: str) -> Path:
    return Path(os.path.realpath(base / target))


def _read(path: Path) -> str:
    try:
        with open_regular(path) as file:
            text = file.read(_MAX_BYTES).decode("utf-8", errors="replace").strip()
    except OSError:
        return ""
    return "" if "\0" in text else text
