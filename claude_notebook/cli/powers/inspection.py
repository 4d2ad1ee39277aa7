"""Inspects a project folder before the CLI is started with its settings.

The inspection visits every location from which the CLI loads something that acts: the folder, its
parent folders, added folders, the main working tree of a git worktree, and subfolders. Links are
followed, but each target only once. Anything that cannot be read or understood counts as a power.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from ..settings.files import config_folder
from .files import Budget, TooLargeError, UninspectableError, is_within
from .git_pointers import find_repository_folders
from .power import Power
from .settings_powers import (
    NOT_JSON,
    Reader,
    find_powers as find_json_powers,
    further_folders,
    plugin_parts,
    server_parts,
    settings_parts,
)
from .tables import (
    ACTIVE_FOLDERS,
    CLAUDE_FOLDER,
    MEMORY_FILES,
    PLUGIN_FILES,
    SETTINGS_FILES,
    TEXT_FOLDERS,
)
from .texts import find_memory_powers, find_outside_link, find_text_powers

CLAUDE = ".claude"
_PLUGIN = ".claude-plugin"
UNINSPECTABLE = "uninspectable file"
OVERSIZED = "oversized folder"


def find_powers(
    cwd: str, env: Mapping[str, str], add_dirs: Sequence[str] = ()
) -> tuple[Power, ...]:
    """Return everything that a folder can make the CLI do without asking.

    :param cwd: the folder in which the CLI is started
    :param env: the CLI's environment, which determines which settings are the user's own
    :param add_dirs: additional folders that the CLI may use
    """
    inspection = _Inspection(os.path.realpath(config_folder(env)))
    folder = Path(os.path.abspath(cwd))
    inspection.visit_project(folder)
    if (real := Path(os.path.realpath(cwd))) != folder:
        # The CLI resolves links before it looks at parent folders.
        inspection.visit_project(real)
    inspection.visit_added(folder, add_dirs)
    unique: dict[str, Power] = {}
    for power in inspection.found:
        # The folder's own files come before those in subfolders.
        unique.setdefault(power.digest, power)
    return tuple(unique.values())


def find_settings_powers(cwd: str, env: Mapping[str, str]) -> tuple[Power, ...]:
    """Return what the settings files alone, for this folder, can make the CLI do."""
    inspection = _Inspection(os.path.realpath(config_folder(env)))
    folder = Path(os.path.realpath(cwd))
    for place in dict.fromkeys((folder, *main_folders(folder))):
        inspection.visit_settings(place)
    return tuple(inspection.found)


class _Inspection:
    """One walk over all locations, which collects powers in `found`."""

    def __init__(self, own: str) -> None:
        self._own = own
        self._budget = Budget()
        self._real_roots: dict[Path, str] = {}
        self.found: list[Power] = []

    def visit_project(self, cwd: Path) -> None:
        """Visit a working directory and all locations that the CLI derives from it."""
        above = (cwd, *cwd.parents)
        main = self._main_folders(above)
        for folder in dict.fromkeys((*above, *main)):
            has_settings = folder == cwd or folder in main
            self._visit_folder(folder, settings_parts if has_settings else None)
            self._guard(folder / ".mcp.json", partial(self._json, read=server_parts, root=folder))
        self._visit_below(cwd)

    def _main_folders(self, above: Iterable[Path]) -> tuple[Path, ...]:
        """Return folders that may be taken for the root or main working tree of a repository."""
        found: list[Path] = []
        for folder in above:
            mark = folder / ".git"
            if os.path.lexists(mark):
                found.append(folder)
                self._guard(mark, lambda mark: found.extend(find_repository_folders(mark)))
        return tuple(dict.fromkeys(found))

    def visit_settings(self, folder: Path) -> None:
        """Visit a folder's settings files."""
        claude = folder / CLAUDE
        if os.path.realpath(claude) != self._own:
            for path in _look_up(claude, sorted(SETTINGS_FILES)):
                self._guard(path, partial(self._json, read=settings_parts, root=folder))

    def visit_added(self, cwd: Path, folders: Sequence[str]) -> None:
        """Visit added folders, and those added by the project's settings."""
        for name in (*folders, *further_folders(self.found)):
            self._visit_folder(Path(cwd, os.path.expanduser(name)), plugin_parts)

    # --- folders ------------------------------------------------------------------------------

    def _visit_folder(self, folder: Path, read: Reader | None) -> None:
        """Visit a folder's own `.claude` and instructions, but nothing further down."""
        for entry in _look_up(folder, (CLAUDE, *_MEMORY_NAMES)):
            if entry.name == CLAUDE:
                self._guard(entry, partial(self._claude_folder, root=folder, read=read))
            else:
                self._guard(entry, partial(self._memory, root=folder))

    def _visit_below(self, cwd: Path) -> None:
        """Visit files that the CLI discovers in subfolders."""
        visits = {CLAUDE: partial(self._claude_folder, root=cwd, read=settings_parts)}
        visits |= dict.fromkeys(MEMORY_FILES, partial(self._memory, root=cwd))
        paths: list[str] = []
        self._guard(cwd, lambda folder: paths.extend(self._budget.find_below(folder, visits)))
        for path in map(Path, sorted(paths)):
            self._guard(path, visits[path.name.casefold()])

    def _claude_folder(self, claude: Path, *, root: Path, read: Reader | None) -> None:
        if os.path.realpath(claude) == self._own or not self._budget.enters(
            claude, f"claude {getattr(read, '__name__', '')}"
        ):
            return
        for name in self._budget.list_folder(claude):
            self._claude_entry(claude / name, name.casefold(), root, read)

    def _claude_entry(self, path: Path, name: str, root: Path, read: Reader | None) -> None:
        if name in SETTINGS_FILES:
            if read is not None:
                self._guard(path, partial(self._json, read=read, root=root))
        elif name in TEXT_FOLDERS:
            kind = TEXT_FOLDERS[name]
            self._each_file(path, partial(self._text, kind=kind, root=root), plugins=True)
        elif name in MEMORY_FILES:
            self._guard(path, partial(self._memory, root=root))
        elif name not in CLAUDE_FOLDER:
            kind = ACTIVE_FOLDERS.get(name, "file")
            self._each_file(path, partial(self._active_file, kind=kind, root=root))

    def _each_file(self, path: Path, visit: partial[None], *, plugins: bool = False) -> None:
        """Visit every file at or below a path. All files of a plugin are powers."""
        waiting = [(path, visit)]
        while waiting:
            current, act = waiting.pop()
            if not os.path.isdir(current):
                self._guard(current, act)
            elif self._budget.enters(current, self._purpose(act)):
                self._guard(
                    current, partial(self._expand, act=act, waiting=waiting, plugins=plugins)
                )

    def _expand(
        self,
        folder: Path,
        *,
        act: partial[None],
        waiting: list[tuple[Path, partial[None]]],
        plugins: bool,
    ) -> None:
        names = self._budget.list_folder(folder)
        if plugins and _PLUGIN in map(str.casefold, names):
            act = partial(self._active_file, kind="plugin file", root=folder)
        waiting += [(folder / name, act) for name in reversed(names)]

    def _purpose(self, visit: partial[None]) -> str:
        """Return the key of a visit. A folder counts as visited only for the same check and root.

        Otherwise, a link from a folder of texts would let an active folder's files pass unchecked.
        """
        root = self._real_root(visit.keywords["root"])
        return f"{visit.func.__name__} {visit.keywords['kind']} {root}"

    def _real_root(self, root: Path) -> str:
        """Return a root's real path, which is resolved once because many files share few roots."""
        if root not in self._real_roots:
            self._real_roots[root] = os.path.realpath(root)
        return self._real_roots[root]

    # --- files --------------------------------------------------------------------------------

    def _json(self, path: Path, *, read: Reader, root: Path) -> None:
        text = self._budget.read_text(path)
        if text is None:
            return
        powers = find_json_powers(path, text, read)
        outside = not is_within(os.path.realpath(path), self._real_root(root))
        if outside and any(power.kind == NOT_JSON for power in powers):
            raise UninspectableError(path, "it is not JSON and is outside the folder")
        self.found += powers

    def _text(self, path: Path, *, kind: str, root: Path) -> None:
        name = path.name.casefold()
        if name in PLUGIN_FILES:
            self._active_file(path, kind="plugin file", root=root)
        elif name.endswith(".md"):
            real_root = self._real_root(root)
            self.found += find_text_powers(kind, path, real_root, self._budget)
            if kind == "rule":
                self.found += find_memory_powers(path, real_root, self._budget)

    def _active_file(self, path: Path, *, kind: str, root: Path) -> None:
        outside = list(find_outside_link(path, self._real_root(root), self._budget))
        if outside:
            raise UninspectableError(path, "it lies outside of the folder")
        text = self._budget.read_text(path)
        if text is not None:
            reason = "The CLI may run or follow it automatically."
            self.found.append(Power(kind, str(path), text, "text", reason))

    def _memory(self, path: Path, *, root: Path) -> None:
        if os.path.realpath(path.parent) != self._own:
            self.found += find_memory_powers(path, self._real_root(root), self._budget)

    def _guard(self, path: Path, visit: Callable[[Path], object]) -> None:
        """Visit a path, reporting a failure as a power."""
        try:
            visit(path)
        except TooLargeError as error:
            self._give_up(error.path, error.cause, OVERSIZED)
        except UninspectableError as error:
            self._give_up(error.path, error.cause)
        except (OSError, ValueError, RecursionError, MemoryError) as error:
            self._give_up(path, f"it cannot be read ({type(error).__name__})")

    def _give_up(self, path: Path, cause: str, kind: str = UNINSPECTABLE) -> None:
        reason = f"It cannot be inspected: {cause}."
        text = f"{path}: {cause}"
        self.found.append(Power(kind, str(path), text, "text", reason, complete=False))


_MEMORY_NAMES = ("CLAUDE.md", "CLAUDE.local.md", "AGENTS.md")


def _look_up(folder: Path, names: Sequence[str]) -> Iterator[Path]:
    """Yield those names that exist in a folder, including links without a target."""
    return (folder / name for name in names if os.path.lexists(folder / name))


def main_folders(cwd: Path) -> tuple[Path, ...]:
    """Return folders that may be taken for the root or main working tree of a repository.

    If a pointer cannot be read, it is ignored here, but the inspection reports it.
    """
    folders: list[Path] = []
    for folder in (cwd, *cwd.parents):
        mark = folder / ".git"
        if os.path.lexists(mark):
            folders.append(folder)
            with contextlib.suppress(UninspectableError, OSError, ValueError):
                folders += find_repository_folders(mark)
    return tuple(dict.fromkeys(folders))
