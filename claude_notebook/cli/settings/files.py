"""Claude Code's settings files: their locations, merged values and careful edits.

==========  ====================================================================
`user`      ``~/.claude/settings.json`` (or in CLAUDE_CONFIG_DIR): every project
`project`   ``.claude/settings.json``: this folder, shared with others
`local`     ``.claude/settings.local.json``: this folder, on this machine; and the
            one at the root of the git repository (its main working folder)
==========  ====================================================================

Files later in the list take precedence; objects are merged and lists are joined (measured with
2.1.330). An edit preserves comments, order, indentation, unknown keys, the file mode, and the
target of a symbolic link. Writes are atomic. A file that cannot be parsed is reported and never
changed.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import OptionsError
from ...files import Replacement, make_folder, read_file
from ...logs import get_logger
from ...messages import JSON, JSONObject
from ..git_repository import find_repository
from . import jsonc

log = get_logger(__name__)

_ATTEMPTS = 5
_MAX_BYTES = 4 * 1024 * 1024

COMMENTS_ADVICE = (
    "Note: {path} has comments or trailing commas. Claude Code 2.1 ignores such a file; remove "
    "them to make its settings effective."
)

Edit = Callable[[jsonc.Document], str]


def config_folder(environ: Mapping[str, str]) -> Path:
    """Return Claude Code's folder for user data: CLAUDE_CONFIG_DIR or ~/.claude."""
    if environ.get("CLAUDE_CONFIG_DIR"):
        return Path(environ["CLAUDE_CONFIG_DIR"]).expanduser()
    return Path(environ.get("HOME") or Path.home(), ".claude")


@dataclass(frozen=True)
class Settings:
    """The settings files of each scope, which may not exist. Later files take precedence."""

    user: tuple[Path, ...]
    project: tuple[Path, ...]
    local: tuple[Path, ...]

    @classmethod
    def locate(cls, cwd: str | os.PathLike[str] | None, environ: Mapping[str, str]) -> Settings:
        """Locate the files that apply to the folder `cwd` (the current one if None)."""
        folder = Path(os.path.abspath(cwd or os.curdir))
        repository = find_repository(folder)
        folders = (folder, repository.main) if repository else (folder,)
        local = (place / ".claude" / "settings.local.json" for place in folders)
        return cls(
            (config_folder(environ) / "settings.json",),
            (folder / ".claude" / "settings.json",),
            tuple(dict.fromkeys(local)),
        )

    def paths(self, scope: str | None = None) -> tuple[Path, ...]:
        """Return the files of a scope, or of all scopes.

        :raises OptionsError: if the scope is unknown
        """
        by_name = {"user": self.user, "project": self.project, "local": self.local}
        if scope is None:
            return self.user + self.project + self.local
        if scope not in by_name:
            raise OptionsError(
                f"Unknown scope {scope!r}. Choose one of {', '.join(by_name)}.", field="scope"
            )
        return by_name[scope]

    def root_of(self, path: Path) -> Path | None:
        """Return the folder that links must not lead out of; None for the user's own files."""
        return None if path in self.user else path.parent.parent

    def read(self, scope: str | None = None) -> JSONObject:
        """Merge the files of a scope, or of all scopes.

        :raises OptionsError: if a file cannot be read or parsed
        """
        settings: JSONObject = {}
        for path in self.paths(scope):
            settings = merge_objects(settings, load(path).value)
        return settings

    def holders(self, scope: str, key: Sequence[str]) -> tuple[Path, ...]:
        """Return the files in a scope that set `key`, starting with the effective one."""
        return tuple(path for path in reversed(self.paths(scope)) if jsonc.find(load(path), key))


def edit_file(path: Path, edit: Edit, root: Path | None = None) -> None:
    """Edit a settings file.

    :param edit: a function that takes the parsed text and returns the new text.
    :param root: the project's folder, which no link may lead out of; None for the user's own files
    :raises OptionsError: if the file cannot be read, parsed, edited or written
    """
    for _ in range(_ATTEMPTS):
        raw, document = _load(path)
        new = _edited(path, document, edit)
        if new == document.text or _replace(path, raw, new, root):
            return
    raise OptionsError(f"{path} keeps changing while it is edited. Try again in a moment.")


def load(path: Path) -> jsonc.Document:
    """Parse a settings file. A missing file is treated as `{}`.

    :raises OptionsError: if the file cannot be read or parsed
    """
    return _load(path)[1]


def merge(lower: JSON, higher: JSON) -> JSON:
    """Merge two values. Objects are merged, lists are joined, and otherwise `higher` wins."""
    if isinstance(lower, dict) and isinstance(higher, dict):
        return merge_objects(lower, higher)
    if isinstance(lower, list) and isinstance(higher, list):
        return lower + [item for item in higher if item not in lower]
    return higher


def merge_objects(lower: JSONObject, higher: JSONObject) -> JSONObject:
    """Merge two objects: their common keys as `merge` does."""
    both = {key: merge(lower[key], higher[key]) for key in lower.keys() & higher.keys()}
    return {**lower, **higher, **both}


# --- files ----------------------------------------------------------------------------------------


def _load(path: Path) -> tuple[bytes | None, jsonc.Document]:
    """Read a file's bytes (None if it does not exist) and parse its text."""
    raw = _read(path)
    try:
        document = jsonc.parse((raw or b"").decode())
    except (jsonc.JSONCError, UnicodeDecodeError) as error:
        raise OptionsError(
            f"{path} is not valid JSON: {error}. Correct it by hand; nothing was changed."
        ) from error
    if not document.strict:
        log.warning(COMMENTS_ADVICE.format(path=path))
    return raw, document


def _read(path: Path) -> bytes | None:
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise OptionsError(f"{path} is not a file. Move it, then try again.")
        return read_file(path, _MAX_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise OptionsError(
            f"{path} cannot be read: {error.strerror}. Check its size, owner and permissions."
        ) from error


def _edited(path: Path, document: jsonc.Document, edit: Edit) -> str:
    try:
        new = edit(document)
        jsonc.parse(new)
    except jsonc.JSONCError as error:
        raise OptionsError(f"{path} was not changed: {error}. Inspect it with `list`.") from error
    # A new file ends with a newline.
    return new + "\n" if document.text == "{}" != new else new


def _replace(path: Path, before: bytes | None, new: str, root: Path | None) -> bool:
    """Write the new text atomically. Return False if the file changed in the meantime."""
    # Some people keep their settings in another folder and link to them.
    target = Path(os.path.realpath(path))
    inside = None if root is None else os.path.realpath(root)
    try:
        make_folder(target.parent, inside)
        with contextlib.closing(Replacement(target, root=inside)) as replacement:
            replacement.file.write(new.encode())
            if _read(target) != before:
                return False
            replacement.publish(durable=True)
    except OSError as error:
        raise OptionsError(
            f"{path} cannot be written: {error.strerror}. Check who owns its folder."
        ) from error
    return True
