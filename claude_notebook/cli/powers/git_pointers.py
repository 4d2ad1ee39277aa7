"""The pointers from a working tree to its repository, with all possible interpretations.

A pointer is part of the folder's content and can name any location. Programs that read it differ in
how they treat whitespace, undecodable bytes, and the order of resolving `..` and links. All
interpretations are considered, because the CLI and git may each follow a different one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from .files import MAX_FILE_BYTES, read_regular

# The whitespace removed by JavaScript's `trim()`, which differs from `str.strip()`.
_JAVASCRIPT_BLANKS = (
    "\t\n\v\f\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_GIT_BLANKS = " \r\n"
_PREFIX = "gitdir:"


def find_repository_folders(mark: Path) -> list[Path]:
    """Return existing folders that may be taken for the root or main working tree of a repository.

    :param mark: a file or folder named `.git`
    :raises UninspectableError: if a pointer cannot be read completely
    """
    found: list[Path] = []
    for git in _git_folders(mark):
        for common in (git, *_targets(git, git / "commondir")):
            found += [common, common.parent]
    return [folder for folder in dict.fromkeys(found) if os.path.isdir(folder)]


def _git_folders(mark: Path) -> list[Path]:
    if not os.path.isfile(mark):
        return [mark, Path(os.path.realpath(mark))]
    bases = dict.fromkeys((mark.parent, Path(os.path.realpath(mark)).parent))
    return list(dict.fromkeys(git for base in bases for git in _targets(base, mark)))


def _targets(base: Path, pointer: Path) -> list[Path]:
    """Return the locations that a pointer may name, relative to the folder `base`."""
    if not os.path.lexists(pointer):
        return []
    names = dict.fromkeys(_readings(read_regular(pointer, MAX_FILE_BYTES) or b""))
    places = (place for name in names for place in _resolutions(os.path.join(base, name)))
    return [Path(place) for place in dict.fromkeys(places)]


def _readings(data: bytes) -> Iterator[str]:
    for text in (os.fsdecode(data), data.decode(errors="replace")):
        for blanks in (_JAVASCRIPT_BLANKS, _GIT_BLANKS):
            name = text.strip(blanks).removeprefix(_PREFIX).strip(blanks)
            if name and "\0" not in name:
                yield name


def _resolutions(path: str) -> Iterator[str]:
    """Yield a path with `..` resolved before its links, and also after them."""
    lexical = os.path.normpath(path)
    yield lexical
    yield os.path.realpath(lexical)
    yield os.path.realpath(path)
