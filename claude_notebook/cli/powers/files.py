"""Bounded, fail-closed reads from a folder that is not trusted yet."""

from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from pathlib import Path

MAX_FILE_BYTES = 1 << 20
"""Larger files are not inspected. The CLI itself ignores Markdown files above this size."""

MAX_TOTAL_BYTES = 16 << 20
MAX_FILES = 2000
MAX_ENTRIES = 2_000_000
"""Data folders contain many files. Listing 300,000 takes 0.2 seconds of CPU time."""

MAX_YAML_CHARS = 256 << 10


class UninspectableError(Exception):
    """A file or folder whose content cannot be inspected.

    :param path: the file or folder
    :param cause: the reason, worded as the end of a sentence
    """

    def __init__(self, path: Path, cause: str) -> None:
        super().__init__(f"{path}: {cause}")
        self.path = path
        self.cause = cause


class TooLargeError(UninspectableError):
    """There are too many files and folders in a tree to visit them all."""


@dataclass
class Budget:
    """The remaining budget of one inspection."""

    files: int = MAX_FILES
    read_bytes: int = MAX_TOTAL_BYTES
    entries: int = MAX_ENTRIES
    yaml_chars: int = MAX_YAML_CHARS
    visited: set[tuple[str, int, int]] = field(default_factory=set)

    def allows_yaml(self, length: int) -> bool:
        """Reserve `length` characters of YAML. Return False if this exceeds the budget."""
        self.yaml_chars -= length
        return self.yaml_chars >= 0

    def read_text(self, path: Path) -> str | None:
        """Return a regular file's text, or None if there is no file.

        :raises UninspectableError: if the file is special, too large, unreadable, or not UTF-8
        """
        data = self.read(path)
        if data is None:
            return None
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            raise UninspectableError(path, "it is not UTF-8 text") from None
        if "\0" in text:
            raise UninspectableError(path, "it is not UTF-8 text")
        return text

    def read(self, path: Path) -> bytes | None:
        """Return a regular file's bytes, or None if there is no file.

        :raises UninspectableError: if the file is special, too large or unreadable
        """
        self.files -= 1
        if self.files < 0:
            raise UninspectableError(path, f"there are more than {MAX_FILES:,} files to read")
        data = read_regular(path, min(MAX_FILE_BYTES, self.read_bytes))
        self.read_bytes -= len(data or b"")
        return data

    def list_folder(self, folder: Path) -> list[str]:
        """Return the sorted names in a folder.

        The list is empty if the folder is missing or unreachable.

        :raises UninspectableError: if the folder cannot be listed
        :raises TooLargeError: if too many entries have been seen
        """
        names = sorted(entry.name for entry in self._scan(folder))
        self._require_entries(folder)
        return names

    def _scan(self, folder: str | Path) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                names = list(itertools.islice(entries, max(self.entries, 0) + 1))
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            # If a folder cannot be entered, the CLI cannot open anything below it.
            if isinstance(error, PermissionError) and not os.access(folder, os.X_OK):
                return []
            raise UninspectableError(Path(folder), _in_words(error)) from None
        self.entries -= len(names)
        return names

    def _require_entries(self, folder: Path) -> None:
        if self.entries < 0:
            cause = f"it contains more than {MAX_ENTRIES:,} files and folders"
            raise TooLargeError(folder, f"{cause}; use --cwd with a smaller folder")

    def find_below(self, top: Path, names: Container[str]) -> Iterator[str]:
        """Yield the paths in a tree whose lowercase names are in `names`.

        Links to folders are followed, but each target only once.

        :raises UninspectableError: if a folder cannot be listed
        :raises TooLargeError: if too many entries have been seen
        """
        waiting = [str(top)]
        while waiting:
            folder = waiting.pop()
            if not self.enters(folder, "below"):
                continue
            for entry in self._scan(folder):
                if entry.name.casefold() in names:
                    yield entry.path
                if _is_folder(entry):
                    waiting.append(entry.path)
            self._require_entries(top)

    def enters(self, folder: str | Path, purpose: str) -> bool:
        """Mark a folder as visited for a purpose.

        Return False if it was visited before, by any path.
        """
        try:
            status = os.stat(folder)
        except OSError:
            return True
        mark = (purpose, status.st_dev, status.st_ino)
        if mark in self.visited:
            return False
        self.visited.add(mark)
        return True


def read_regular(path: Path, limit: int) -> bytes | None:
    """Return a regular file's bytes, or None if there is no file.

    :raises UninspectableError: if the file is special, unreadable, or has more than `limit` bytes
    """
    try:
        # Opening a device has side effects, so check the type both before and after opening.
        _require_regular(path, os.stat(path))
        descriptor = os.open(path, os.O_RDONLY | _FLAGS)
        with os.fdopen(descriptor, "rb") as file:
            _require_regular(path, os.fstat(descriptor))
            data = file.read(limit + 1)
    except (FileNotFoundError, NotADirectoryError):
        # A dangling link can acquire a target after the inspection.
        if os.path.islink(path):
            raise UninspectableError(path, "it is a link without a target") from None
        return None
    except OSError as error:
        raise UninspectableError(path, _in_words(error)) from None
    if len(data) > limit:
        raise UninspectableError(path, "it is too large")
    return data


def is_within(path: str, folder: str) -> bool:
    """Return whether a real path is a real folder or lies below one."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


_FLAGS = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_CLOEXEC", 0)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _require_regular(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UninspectableError(path, "it is not a regular file")


def _in_words(error: OSError) -> str:
    return (error.strerror or "it cannot be read").lower()
