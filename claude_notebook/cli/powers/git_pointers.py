"""The pointers that lead from a working tree to its repository, in every reading.

A pointer is part of the folder's content and can name any place. Its readers differ in the blanks
that they strip, in undecodable bytes, and in the order of `..` and links. All readings count,
because the CLI and git may each follow another one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from .files import MAX_FILE_BYTES, read_regular

# The blanks of JavaScript's `trim()`; those of `str.strip()` are others.
_JAVASCRIPT_BLANKS = (
    "\t\n\v\f\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_GIT_BLANKS = " \r\n"
_PREFIX = "gitdir:"


def find_repository_folders(mark: Path) -> list[Path]:
    """Return the existing folders that can pass for the root or main working tree of a repository.

    :param mark: a file or folder `.git`
    :raises UninspectableError: a pointer cannot be read in full
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
    """Return the places that a pointer can name, seen from the folder `base`."""
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
    """Yield a path with `..` resolved before its links, and after them."""
    lexical = os.path.normpath(path)
    yield lexical
    yield os.path.realpath(lexical)
    yield os.path.realpath(path)
