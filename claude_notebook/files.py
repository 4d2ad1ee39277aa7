"""Writes files atomically, and never through a symbolic link. All writing is done here.

New content is written to a file with a random name in the target's folder, which is then renamed to
the target. At any moment, a reader sees either the old file or the new one, even after a crash. A
symbolic link at the target is replaced rather than followed, and a hard link keeps its old content
under its other names.

If a writer is killed, a file with a random name is left behind. The next writer in the folder
removes it after a week.

The caller passes a trusted root. Every folder below it is opened without following links, so that
links in a checkout cannot redirect a write to a place outside of it. Functions raise `OSError`,
whose `strerror` describes the cause, and each caller converts it to its own kind of error.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Union

try:
    import fcntl
except ImportError:  # pragma: no cover  no such module on Windows
    fcntl = None  # type: ignore[assignment]

StrPath = Union[str, "os.PathLike[str]"]

PRIVATE = 0o600
"""The mode of a new file that only its owner may read."""
SHARED = 0o666
"""The mode of a new file for everyone that the umask permits."""

STALE_SECONDS = 7 * 24 * 3600
"""The age at which a temporary file can no longer belong to a writer. A turn may wait for days."""

_TEMPORARY = re.compile(r"\..{1,40}\.[0-9a-f]{16}\.tmp", re.DOTALL)
_MAX_SWEPT = 20_000
_swept: set[tuple[int, int]] = set()

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_DIRECTORY = getattr(os, "O_DIRECTORY", 0)
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)
_HAS_HANDLES = os.open in os.supports_dir_fd and bool(_DIRECTORY)


@dataclass(frozen=True)
class _Folder:
    """An open folder. `handle` is None on platforms that have no folder handles."""

    path: str
    handle: int | None

    def close(self) -> None:
        if self.handle is not None:
            os.close(self.handle)

    def name(self, name: str) -> str:
        """The argument that identifies an entry in this folder in a call with `dir_fd=handle`."""
        return name if self.handle is not None else os.path.join(self.path, name)

    def status(self, name: str) -> os.stat_result | None:
        """The entry's own status, without following links; None if there is no such entry."""
        try:
            return os.stat(self.name(name), dir_fd=self.handle, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def open(self, name: str, flags: int, mode: int = PRIVATE) -> int:
        flags |= _NOFOLLOW | _BINARY
        return os.open(self.name(name), flags, mode, dir_fd=self.handle)

    def unlink(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.name(name), dir_fd=self.handle)


# --- folders --------------------------------------------------------------------------------------


def make_folder(folder: StrPath, root: StrPath | None = None, mode: int = 0o777) -> None:
    """Create a folder and any missing parents.

    :param root: the trusted folder. Nothing between it and `folder` may be a link.
    :raises OSError: if a part is a link or not a folder, or cannot be created
    """
    with _opened(folder, root, create=True, mode=mode):
        pass


@contextlib.contextmanager
def _opened(
    folder: StrPath, root: StrPath | None, *, create: bool = False, mode: int = 0o777
) -> Iterator[_Folder]:
    opened = _open_folder(folder, root, create=create, mode=mode)
    try:
        yield opened
    finally:
        opened.close()


def _open_folder(
    folder: StrPath, root: StrPath | None, *, create: bool = False, mode: int = 0o777
) -> _Folder:
    path = os.path.abspath(folder)
    start = path if root is None else os.path.abspath(root)
    if create:
        os.makedirs(start, mode, exist_ok=True)
    current = _Folder(start, os.open(start, os.O_RDONLY | _DIRECTORY) if _HAS_HANDLES else None)
    try:
        for part in _parts(path, start):
            inner = _enter(current, part, create=create, mode=mode)
            current.close()
            current = inner
    except BaseException:
        current.close()
        raise
    return current


def _parts(path: str, start: str) -> list[str]:
    if path == start:
        return []
    prefix = os.path.join(start, "")
    if not path.startswith(prefix):
        raise OSError(errno.EINVAL, f"{path} is not inside {start}", path)
    return path[len(prefix) :].split(os.sep)


def _enter(folder: _Folder, part: str, *, create: bool, mode: int) -> _Folder:
    path = os.path.join(folder.path, part)
    if create:
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder.name(part), mode, dir_fd=folder.handle)
    status = folder.status(part)
    if status is not None and stat.S_ISLNK(status.st_mode):
        raise OSError(
            errno.ELOOP, f"{path} is a symbolic link; name the folder that it points to", path
        )
    if not _HAS_HANDLES:
        return _Folder(path, None)
    return _Folder(path, folder.open(part, os.O_RDONLY | _DIRECTORY))


# --- replacing a file -----------------------------------------------------------------------------


class Replacement:
    """New content for a path, which is written to `file` and moved into place by `publish()`.

    As a context manager, it publishes on success, and otherwise keeps the old file.

    :param root: the trusted folder that contains the target; None uses the target's own folder
    :param mode: the mode of a new file. If a regular file is replaced, its mode and owner are kept.
    :raises OSError: if the folder is linked or cannot be written, or the target is not a regular
        file
    """

    def __init__(self, path: StrPath, *, root: StrPath | None = None, mode: int = PRIVATE) -> None:
        self.path = os.path.abspath(path)
        parent, self._name = os.path.split(self.path)
        self._folder = _open_folder(parent, root)
        self._temporary = f".{self._name[:40]}.{os.urandom(8).hex()}.tmp"
        self._published = self._closed = False
        try:
            before = self._check()
            descriptor = self._folder.open(
                self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode
            )
            self.file: IO[bytes] = os.fdopen(descriptor, "wb")
            if before is not None:
                _copy_ownership(descriptor, before)
        except BaseException:
            self._folder.close()
            raise

    def _check(self) -> os.stat_result | None:
        """The status of the regular file that is replaced; None if there is none."""
        status = self._folder.status(self._name)
        if status is None or stat.S_ISLNK(status.st_mode):
            return None
        if not stat.S_ISREG(status.st_mode):
            text = f"{self.path} is not a regular file; move it away"
            raise OSError(errno.EEXIST, text, self.path)
        return status

    def publish(self, *, durable: bool = False) -> None:
        """Give the file its name. It may still be written to afterwards.

        :param durable: return only once the content and the name are on the disk
        :raises OSError: if the content cannot be written, or the target cannot be replaced
        """
        self.file.flush()
        if durable:
            os.fsync(self.file.fileno())
        if not self._published:
            self._check()
            handle = self._folder.handle
            source, target = self._folder.name(self._temporary), self._folder.name(self._name)
            os.replace(source, target, src_dir_fd=handle, dst_dir_fd=handle)
            self._published = True
            _sweep_once(self._folder)
            if durable and handle is not None:
                os.fsync(handle)

    def close(self) -> None:
        """Close the file. Content that was not published is removed."""
        if self._closed:
            return
        self._closed = True
        try:
            self.file.close()
        finally:
            if not self._published:
                self._folder.unlink(self._temporary)
            self._folder.close()

    def detach(self) -> None:
        """Release the file in a forked child; the parent writes, publishes or removes it."""
        self._closed = True
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, self.file.fileno())  # unwritten lines are the parent's to write
        os.close(null)
        self._folder.close()

    def __enter__(self) -> Replacement:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self.publish(durable=True)
        finally:
            with contextlib.suppress(OSError):  # closing retries the write that failed
                self.close()


def _sweep_once(folder: _Folder) -> None:
    """Remove stale temporary files from a folder, once per process."""
    with contextlib.suppress(OSError):
        place: str | int = folder.path if folder.handle is None else folder.handle
        status = os.stat(place)
        if (status.st_dev, status.st_ino) in _swept:
            return
        _swept.add((status.st_dev, status.st_ino))
        with os.scandir(place) as entries:
            names = [entry.name for entry in itertools.islice(entries, _MAX_SWEPT)]
        for name in filter(_TEMPORARY.fullmatch, names):
            if _is_stale(folder.status(name)):
                folder.unlink(name)


def _is_stale(status: os.stat_result | None) -> bool:
    """Return whether this is an existing regular file of this user, without other names."""
    return (
        status is not None
        and stat.S_ISREG(status.st_mode)
        and status.st_nlink == 1
        and status.st_uid == getattr(os, "getuid", lambda: status.st_uid)()
        and time.time() - status.st_mtime > STALE_SECONDS
    )


def _copy_ownership(descriptor: int, before: os.stat_result) -> None:
    """Copy the mode and owner to the replacement."""
    if hasattr(os, "fchown"):
        # Only root may change a file's owner. For everyone else, both files have the same owner.
        with contextlib.suppress(PermissionError):
            os.fchown(descriptor, before.st_uid, before.st_gid)
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, stat.S_IMODE(before.st_mode) & 0o777)


def write_file(
    path: StrPath, data: str | bytes, *, root: StrPath | None = None, mode: int = PRIVATE
) -> None:
    """Write a whole file in one step, as `Replacement` does.

    :raises OSError: if it cannot be written, in which case the old file is unchanged
    """
    content = data.encode("utf-8", errors="surrogatepass") if isinstance(data, str) else data
    with Replacement(path, root=root, mode=mode) as replacement:
        replacement.file.write(content)


# --- other ways to write --------------------------------------------------------------------------


def create_file(path: StrPath, data: str | bytes, *, root: StrPath | None = None) -> None:
    """Write a file that must not exist yet, readable only by its owner.

    :raises OSError: if the path exists, or it cannot be written
    """
    content = data.encode("utf-8", errors="surrogatepass") if isinstance(data, str) else data
    parent, name = os.path.split(os.path.abspath(path))
    with _opened(parent, root) as folder:
        descriptor = folder.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)


def open_append(path: StrPath, *, root: StrPath | None = None) -> IO[bytes]:
    """Open an existing regular file for reading and appending, without buffering.

    :raises OSError: if it is a link or not a regular file, or cannot be opened
    """
    parent, name = os.path.split(os.path.abspath(path))
    with _opened(parent, root) as folder:
        descriptor = folder.open(name, os.O_RDWR | os.O_APPEND | _NONBLOCK)
    return os.fdopen(_regular(descriptor, path), "r+b", 0)


@contextlib.contextmanager
def changing(folder: StrPath, patience: float = 1.0) -> Iterator[None]:
    """Keep other processes that use this function from changing a folder's files in the meantime.

    A suspended process may hold the lock forever, and some file systems have no locks. Therefore,
    the change is made without the lock after `patience` seconds.
    """
    handle = None
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | _DIRECTORY | _NOFOLLOW | _BINARY)
    try:
        if handle is not None and fcntl is not None:
            _lock(handle, time.monotonic() + patience)
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _lock(handle: int, end: float) -> None:
    while not _is_settled(handle) and time.monotonic() < end:
        time.sleep(0.005)


def _is_settled(handle: int) -> bool:
    """Try to lock a folder. Return False while another process holds the lock."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # this file system has no locks
        return True
    return True


# --- reading --------------------------------------------------------------------------------------


def open_regular(path: StrPath) -> IO[bytes]:
    """Open a regular file for reading, following links. Never blocks.

    :raises OSError: if it is a device, a pipe or a folder, or cannot be opened
    """
    return os.fdopen(_regular(os.open(path, os.O_RDONLY | _NONBLOCK | _BINARY), path), "rb")


def read_file(path: StrPath, limit: int) -> bytes:
    """The content of a regular file of at most `limit` bytes.

    :raises OSError: if it is larger, is not a regular file, or cannot be read
    """
    with open_regular(path) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit} bytes", os.fspath(path))
    return data


def _regular(descriptor: int, path: StrPath) -> int:
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "it is not a regular file", os.fspath(path))
