"""The changes of the tools of a recorded turn: described while recording, repeated on request.

Only Write and Edit are repeated, only in a folder that the user has chosen, never outside of it,
and never in files that make programs act (`protected.py`). A command is not run again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from ..files import (
    SHARED,
    make_folder,
    read_file,
    write_file,
)
from ..messages import JSON, JSONObject
from ..render.html.sanitize import one_line
from ..replay import ReplayNote
from .id_mapping import parse
from .keys import Places
from .protected_paths import is_executable, reason_to_skip

Tell = Callable[[ReplayNote], None]

# Tools that look, and change nothing.
_LOOKING = frozenset(
    {"AskUserQuestion", "BashOutput", "EnterPlanMode", "ExitPlanMode", "Glob", "Grep", "LS"}
    | {"ListAgents", "Read", "ReportFindings", "Skill", "TaskOutput", "TodoWrite", "ToolSearch"}
    | {"WebFetch", "WebSearch", "TaskCreate", "TaskUpdate", "TaskList", "TaskGet"}
)
_MOST_BYTES = 64 * 1024 * 1024
_MOST_PATH = 4096
_SHOWN = ("file_path", "notebook_path", "command", "description")


class Calls:
    """The tool calls of a turn, as they come by."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[str, JSONObject]] = {}

    def see(self, message: JSONObject) -> Iterator[tuple[str, str, JSONObject]]:
        """Take in a message; gives id, tool and input of each call that has now gone well."""
        for block in _blocks(message):
            if block.get("type") == "tool_use":
                given = block.get("input")
                call = (str(block.get("name")), given if isinstance(given, dict) else {})
                self._open[str(block.get("id"))] = call
            elif block.get("type") == "tool_result":
                tool_use_id = str(block.get("tool_use_id"))
                done = self._open.pop(tool_use_id, None)
                if done is not None and not block.get("is_error"):
                    yield tool_use_id, *done

    def effects(self, message: JSONObject) -> Iterator[JSONObject]:
        """What has been changed, in words for the recording."""
        for tool_use_id, tool, given in self.see(message):
            if tool not in _LOOKING:
                told = {name: given[name] for name in _SHOWN if name in given}
                yield {"tool": tool, "tool_use_id": tool_use_id, **told}


def _blocks(message: JSONObject) -> list[JSONObject]:
    inner = message.get("message")
    content: JSON = inner.get("content") if isinstance(inner, dict) else None
    return [one for one in content if isinstance(one, dict)] if isinstance(content, list) else []


class Applier:
    """Does again what Write and Edit did.

    :param folder: where; made if it is not there.
    :param places: the working directory of now, which stands for `folder`.
    """

    def __init__(self, folder: str | os.PathLike[str], places: Places, tell: Tell) -> None:
        self._folder = Path(folder).absolute()
        self._cwd = Path(places.cwd)
        self._tell = tell
        self._calls = Calls()

    def see(self, line: bytes) -> None:
        """A line of the turn is played."""
        message = parse(line)
        for _, tool, given in self._calls.see(message):
            if tool not in _LOOKING:
                self._do(tool, given)

    def _do(self, tool: str, given: JSONObject) -> None:
        again = _AGAIN.get(tool)
        path = str(given.get("file_path") or given.get("notebook_path") or "")
        shown = one_line(path, 200)
        if again is None:
            what = str(given.get("command") or path or "what it did")
            self._not(f"{one_line(tool)} is not done again: {one_line(what, 80)}")
            return
        target = self._target(path)
        if target is None:
            self._not(f"{tool} of {shown} is not done again: it is not in the working directory.")
            return
        reason = self._reason_to_skip(path, target)
        if reason:
            self._not(f"{tool} of {shown} is not done again: {reason}. Make this change yourself.")
            return
        try:
            problem = again(target, self._folder.resolve(), given)
        except (OSError, ValueError) as error:
            problem = getattr(error, "strerror", None) or str(error)
        if problem:
            self._not(f"{tool} of {shown} could not be done again: {problem}")
        else:
            name = one_line(os.path.relpath(target, self._folder.resolve()), 200)
            self._tell(ReplayNote("applied", f"{tool} was done again: {name}"))

    def _reason_to_skip(self, path: str, target: Path) -> str:
        """The reason why a file is not changed, by its recorded and by its real name."""
        recorded = Path(os.path.normpath(self._cwd / path)).relative_to(self._cwd)
        real = target.relative_to(self._folder.resolve())
        if is_executable(target):
            return "it is an executable file"
        return reason_to_skip(recorded) or reason_to_skip(real)

    def _not(self, text: str) -> None:
        self._tell(ReplayNote("not applied", text))

    def _target(self, path: str) -> Path | None:
        """Where a recorded path lies in the chosen folder; None outside of it, links followed."""
        if "\x00" in path or len(path) > _MOST_PATH:
            return None
        recorded = Path(os.path.normpath(self._cwd / path))
        if not path or not recorded.is_relative_to(self._cwd):
            return None
        folder = self._folder.resolve()
        try:
            target = (folder / recorded.relative_to(self._cwd)).resolve()
        except (OSError, RuntimeError):  # a circle of links
            return None
        return target if target != folder and target.is_relative_to(folder) else None


def _write(target: Path, root: Path, given: JSONObject) -> str:
    content = given.get("content", "")
    if not isinstance(content, str):
        return "its content is no text."
    make_folder(target.parent, root)
    write_file(target, content, root=root, mode=SHARED)
    return ""


def _edit(target: Path, root: Path, given: JSONObject) -> str:
    if not target.is_file():
        return f"{one_line(str(target), 200)} is not there."
    text = read_file(target, _MOST_BYTES).decode("utf-8")
    old, new = given.get("old_string", ""), given.get("new_string", "")
    if not isinstance(old, str) or not isinstance(new, str):
        return "what it replaced is no text."
    if not old or old not in text:
        return "what it replaced is not in the file."
    changed = text.replace(old, new, -1 if given.get("replace_all") else 1)
    write_file(target, changed, root=root, mode=SHARED)
    return ""


_AGAIN: dict[str, Callable[[Path, Path, JSONObject], str]] = {"Write": _write, "Edit": _edit}
