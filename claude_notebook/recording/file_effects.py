"""The changes of the tools of a recorded turn: described while recording, repeated on request.

Only Write and Edit are repeated, only in a folder that the user has chosen, never outside of it,
and only in files of ordinary data, prose, and source (`protected_paths`). A command is not run
again.
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
from .effects.tool_inputs import (
    INPUTS,
    LARGEST_FILE,
    EditInput,
    WriteBudget,
    WriteInput,
    edited,
    encoded_size,
    read_input,
)
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
_MOST_PATH = 4096
_SHOWN = ("file_path", "notebook_path", "command", "description")
_ERRORS = (OSError, ValueError, RuntimeError, MemoryError)


class Calls:
    """The tool calls of a turn, as they come by."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[str, JSONObject]] = {}

    def see(self, message: JSONObject) -> Iterator[tuple[str, str, JSONObject]]:
        """Take in a message; gives id, tool and input of each call that has now gone well."""
        for block in _blocks(message):
            if block.get("type") == "tool_use":
                given = block.get("input")
                call = (_text(block, "name"), given if isinstance(given, dict) else {})
                self._open[_text(block, "id")] = call
            elif block.get("type") == "tool_result":
                tool_use_id = _text(block, "tool_use_id")
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


def _text(fields: JSONObject, *names: str) -> str:
    """Return the first field that is a text and not empty, as valid Unicode, or ""."""
    values = (fields.get(name) for name in names)
    text = next((value for value in values if isinstance(value, str) and value), "")
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


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
        self._budget = WriteBudget()

    def see(self, line: bytes) -> None:
        """A line of the turn is played."""
        message = parse(line)
        for _, tool, given in self._calls.see(message):
            if tool not in _LOOKING:
                self._do(tool, given)

    def _do(self, tool: str, given: JSONObject) -> None:
        if tool not in INPUTS:
            what = _text(given, "command", "file_path", "notebook_path") or "an unknown change"
            self._not(f"{one_line(tool)} is not done again: {one_line(what, 80)}")
            return
        shown = one_line(_text(given, "file_path"), 200)
        try:
            note = self._repeat(tool, shown, read_input(tool, given))
        except _ERRORS as error:
            cause = getattr(error, "strerror", None) or str(error) or type(error).__name__
            text = f"{tool} of {shown} could not be done again: {one_line(cause, 300)}"
            note = ReplayNote("not applied", text)
        self._tell(note)

    def _repeat(self, tool: str, shown: str, change: WriteInput | EditInput) -> ReplayNote:
        target = self._target(change.file_path)
        if target is None:
            text = f"{tool} of {shown} is not done again: it is not in the working directory."
            return ReplayNote("not applied", text)
        reason = self._reason_to_skip(change.file_path, target)
        if reason:
            text = f"{tool} of {shown} is not done again: {reason}. Make this change yourself."
            return ReplayNote("not applied", text)
        root = self._folder.resolve()
        self._write(target, root, _result(target, change))
        name = one_line(os.path.relpath(target, root), 200)
        return ReplayNote("applied", f"{tool} was done again: {name}")

    def _write(self, target: Path, root: Path, text: str) -> None:
        self._budget.take(encoded_size(text), len(target.relative_to(root).parts))
        make_folder(target.parent, root)
        write_file(target, text, root=root, mode=SHARED)

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


def _result(target: Path, change: WriteInput | EditInput) -> str:
    """Return the content of a file after a change.

    :raises ValueError: the change does not fit the file, or the result is too large.
    """
    if isinstance(change, WriteInput):
        return change.content
    if not target.is_file():
        raise ValueError(f"{target} is not there.")
    return edited(read_file(target, LARGEST_FILE).decode("utf-8"), change)
