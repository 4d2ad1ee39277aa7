"""The git repository that a folder lies in, read from its files: no git needs to run for that."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Repository:
    """Where a repository's working folders are.

    :param root: the root of the working folder that was asked about.
    :param main: the root of the repository's first working folder, where `.git` is a folder.
    :param worktrees: the roots of all its working folders, `main` first.
    """

    root: Path
    main: Path
    worktrees: tuple[Path, ...]


def find_repository(folder: str | os.PathLike[str]) -> Repository | None:
    """The repository around `folder`, None outside of one (or if its files make no sense)."""
    start = Path(os.path.realpath(folder))
    for root in (start, *start.parents):
        mark = root / ".git"
        if mark.is_dir():
            return _with_worktrees(root, mark)
        if mark.is_file():
            return _linked(root, mark)
    return None


def _linked(root: Path, mark: Path) -> Repository | None:
    """`.git` is a file in a second working folder, and in a submodule."""
    target = _read(mark)
    if not target.startswith("gitdir:"):
        return None
    git_folder = _resolved(root, target.removeprefix("gitdir:").strip())
    common = _read(git_folder / "commondir")
    if not common:
        return Repository(root, root, (root,))
    return _with_worktrees(root, _resolved(git_folder, common))


def _with_worktrees(root: Path, common: Path) -> Repository:
    main = common.parent if common.name == ".git" else root
    pointers = sorted((common / "worktrees").glob("*/gitdir"))
    others = (_resolved(pointer.parent, _read(pointer)).parent for pointer in pointers)
    return Repository(root, main, tuple(dict.fromkeys((main, *others, root))))


def _resolved(base: Path, target: str) -> Path:
    return Path(os.path.realpath(base / target))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")[:4096].strip()
    except OSError:
        return ""
