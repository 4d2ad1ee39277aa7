"""Claude Code's settings files: where they are, what they say together, and careful changes.

==========  ===================================================================
`user`      ``~/.claude/settings.json`` (or in CLAUDE_CONFIG_DIR): every project
`project`   ``.claude/settings.json``: this folder, shared with others
`local`     ``.claude/settings.local.json``: this folder, on this machine; and the
            one at the root of the git repository (its main working folder)
==========  ===================================================================

Later ones win; objects are merged, lists joined (measured with 2.1.330). A change keeps everything
else as it is: comments, order, indentation, unknown keys, file mode, and where a symbolic link
points. It is written whole or not at all, and a file that cannot be understood is reported and
never touched.
"""

from __future__ import annotations

import contextlib
import functools
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import OptionsError
from ...files import Replacement, make_folder
from ...logs import get_logger
from ...messages import JSON, JSONObject
from ..git_repository import find_repository
from . import jsonc

log = get_logger(__name__)

_ATTEMPTS = 5

COMMENTS_ADVICE = (
    "Note: {path} has comments or trailing commas. Claude Code 2.1 ignores such a file: what it "
    "says has no effect until they are taken out."
)

Edit = Callable[[jsonc.Document], str]


def config_folder(environ: Mapping[str, str]) -> Path:
    """The folder in which Claude Code keeps what is the user's: CLAUDE_CONFIG_DIR or ~/.claude."""
    if environ.get("CLAUDE_CONFIG_DIR"):
        return Path(environ["CLAUDE_CONFIG_DIR"]).expanduser()
    return Path(environ.get("HOME") or Path.home(), ".claude")


@dataclass(frozen=True)
class Settings:
    """The files of each scope; any of them may not exist, and in each scope later ones win."""

    user: tuple[Path, ...]
    project: tuple[Path, ...]
    local: tuple[Path, ...]

    @classmethod
    def locate(cls, cwd: str | os.PathLike[str] | None, environ: Mapping[str, str]) -> Settings:
        """The files that count in the folder `cwd` (this process's when None)."""
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
        """The files of a scope, or of all.

        :raises OptionsError: there is no such scope
        """
        by_name = {"user": self.user, "project": self.project, "local": self.local}
        if scope is None:
            return self.user + self.project + self.local
        if scope not in by_name:
            raise OptionsError(
                f"There is no scope {scope!r}: choose one of {', '.join(by_name)}.", field="scope"
            )
        return by_name[scope]

    def root_of(self, path: Path) -> Path | None:
        """The folder out of which a file may not be linked; None for the user's own files."""
        return None if path in self.user else path.parent.parent

    def read(self, scope: str | None = None) -> JSONObject:
        """What the files of a scope (or of all) say together.

        :raises OptionsError: a file cannot be read or understood
        """
        return functools.reduce(merge, (load(path).value for path in self.paths(scope)), {})

    def holders(self, scope: str, key: Sequence[str]) -> tuple[Path, ...]:
        """The files of a scope in which something stands at `key`, the one that counts first."""
        return tuple(path for path in reversed(self.paths(scope)) if jsonc.find(load(path), key))


def edit_file(path: Path, edit: Edit, root: Path | None = None) -> None:
    """Change a settings file by a function from its parsed text to its new text.

    :param root: a project's folder, out of which no link may lead; None for the user's own files
    :raises OptionsError: it cannot be read, understood, changed so, or written
    """
    for _ in range(_ATTEMPTS):
        raw, document = _load(path)
        new = _edited(path, document, edit)
        if new == document.text or _replace(path, raw, new, root):
            return
    raise OptionsError(f"{path} keeps changing while it is edited. Try again in a moment.")


def load(path: Path) -> jsonc.Document:
    """A file's parsed text; that of `{}` if it does not exist.

    :raises OptionsError: it cannot be read or understood
    """
    return _load(path)[1]


def merge(lower: JSON, higher: JSON) -> JSON:
    """Two settings as one: objects are merged, lists joined, for the rest `higher` counts."""
    if isinstance(lower, dict) and isinstance(higher, dict):
        both = {key: merge(lower[key], higher[key]) for key in lower.keys() & higher.keys()}
        return {**lower, **higher, **both}
    if isinstance(lower, list) and isinstance(higher, list):
        return lower + [item for item in higher if item not in lower]
    return higher


# --- files ----------------------------------------------------------------------------------------


def _load(path: Path) -> tuple[bytes | None, jsonc.Document]:
    """A file's bytes (None if it does not exist) and its parsed text."""
    raw = _read(path)
    try:
        document = jsonc.parse((raw or b"").decode())
    except (jsonc.JSONCError, UnicodeDecodeError) as error:
        raise OptionsError(
            f"{path} is not valid JSON: {error}. Correct it by hand; it was not changed."
        ) from error
    if not document.strict:
        log.warning(COMMENTS_ADVICE.format(path=path))
    return raw, document


def _read(path: Path) -> bytes | None:
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise OptionsError(f"{path} is not a file. Move it away, then try again.")
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise OptionsError(
            f"{path} cannot be read: {error.strerror}. Check who owns it."
        ) from error


def _edited(path: Path, document: jsonc.Document, edit: Edit) -> str:
    try:
        new = edit(document)
        jsonc.parse(new)
    except jsonc.JSONCError as error:
        raise OptionsError(f"{path} was not changed: {error}. Look at it with `list`.") from error
    # A file that is made now ends as files do.
    return new + "\n" if document.text == "{}" != new else new


def _replace(path: Path, before: bytes | None, new: str, root: Path | None) -> bool:
    """Write the new text in one step; False if another program has written in the meantime."""
    # People keep their settings in other folders and link to them.
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
