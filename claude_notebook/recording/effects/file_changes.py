"""Changes that a recorded turn's tools made: described in recordings, and applied on request.

Only Write and Edit are applied, only inside a folder that the user has chosen, and only to ordinary
files of data, prose, and source code (see `protected_paths`). Commands are not run again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from ...files import (
    SHARED,
    make_folder,
    read_file,
    write_file,
)
from ...messages import JSON, JSONObject
from ...render.html.sanitizer import one_line
from ...replay import ReplayNote
from ..id_mapping import parse
from ..keys import Places
from ..library import RecordingFolder
from .protected_paths import is_executable, reason_to_skip
from .tool_inputs import (
    INPUTS,
    LARGEST_FILE,
    EditInput,
    WriteBudget,
    WriteInput,
    apply_edit,
    encoded_size,
    read_input,
)

Tell = Callable[[ReplayNote], None]

# Tools that do not change anything.
_READ_ONLY = frozenset(
    {"AskUserQuestion", "BashOutput", "EnterPlanMode", "ExitPlanMode", "Glob", "Grep", "LS"}
    | {"ListAgents", "Read", "ReportFindings", "Skill", "TaskOutput", "TodoWrite", "ToolSearch"}
    | {"WebFetch", "WebSearch", "TaskCreate", "TaskUpdate", "TaskList", "TaskGet"}
)
_MAX_PATH = 4096
_RECORDED_FIELDS = ("file_path", "notebook_path", "command", "description")
_ERRORS = (OSError, ValueError, RuntimeError, MemoryError)


class SuccessfulCalls:
    """A turn's tool calls and their outcomes."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[str, JSONObject]] = {}

    def read(self, message: JSONObject) -> Iterator[tuple[str, str, JSONObject]]:
        """Feed a message, and yield the id, tool and input of each call that has succeeded."""
        for block in _blocks(message):
            if block.get("type") == "tool_use":
                tool_input = block.get("input")
                call = (_text(block, "name"), tool_input if isinstance(tool_input, dict) else {})
                self._open[_text(block, "id")] = call
            elif block.get("type") == "tool_result":
                tool_use_id = _text(block, "tool_use_id")
                call_done = self._open.pop(tool_use_id, None)
                if call_done is not None and not block.get("is_error"):
                    yield tool_use_id, *call_done

    def effects(self, message: JSONObject) -> Iterator[JSONObject]:
        """Describe the changes reported by a message, for the recording."""
        for tool_use_id, tool, tool_input in self.read(message):
            if tool not in _READ_ONLY:
                fields = {name: tool_input[name] for name in _RECORDED_FIELDS if name in tool_input}
                yield {"tool": tool, "tool_use_id": tool_use_id, **fields}


def _blocks(message: JSONObject) -> list[JSONObject]:
    inner = message.get("message")
    content: JSON = inner.get("content") if isinstance(inner, dict) else None
    return (
        [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []
    )


def _text(fields: JSONObject, *names: str) -> str:
    """Return the first field that is a non-empty string, as valid Unicode, or ""."""
    values = (fields.get(name) for name in names)
    text = next((value for value in values if isinstance(value, str) and value), "")
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


class Applier:
    """Applies the recorded changes made by Write and Edit.

    :param folder: the folder to change. It is created if necessary; a symbolic link is rejected.
    :param places: the current folders. Recorded paths below the working directory are mapped to
        `folder`.
    :param tell: called with a note about each change.
    """

    def __init__(self, folder: str | os.PathLike[str], places: Places, tell: Tell) -> None:
        self._folder = Path(os.path.abspath(folder))
        self._cwd = Path(places.cwd)
        self._tell = tell
        self._calls = SuccessfulCalls()
        self._budget = WriteBudget()

    def read(self, line: bytes) -> None:
        """Apply the changes reported by a line."""
        for _, tool, tool_input in self._calls.read(parse(line)):
            if tool in _READ_ONLY:
                continue
            if tool in INPUTS:
                self._tell(self._apply_checked(tool, tool_input))
            else:
                names = ("command", "file_path", "notebook_path")
                subject = _text(tool_input, *names) or "an unknown change"
                text = f"{one_line(tool)} is not run again: {one_line(subject, 80)}"
                self._tell(ReplayNote("not applied", text))

    def _apply_checked(self, tool: str, tool_input: JSONObject) -> ReplayNote:
        path = one_line(_text(tool_input, "file_path"), 200)
        try:
            return self._apply(tool, path, read_input(tool, tool_input))
        except _ERRORS as error:
            cause = getattr(error, "strerror", None) or str(error) or type(error).__name__
            text = f"{tool} could not be applied to {path}: {one_line(cause, 300)}"
            return ReplayNote("not applied", text)

    def _apply(self, tool: str, path: str, change: WriteInput | EditInput) -> ReplayNote:
        target = self._target(change.file_path)
        if target is None:
            text = f"{tool} of {path} is not applied: it is not in the working directory."
            return ReplayNote("not applied", text)
        reason = self._reason_to_skip(change.file_path, target)
        if reason:
            text = f"{tool} of {path} is not applied: {reason}. Make this change manually."
            return ReplayNote("not applied", text)
        root = self._folder.resolve()
        self._write(target, root, _result(target, change))
        name = one_line(os.path.relpath(target, root), 200)
        return ReplayNote("applied", f"{tool} was applied: {name}")

    def _write(self, target: Path, root: Path, text: str) -> None:
        # A checkout may contain a symbolic link with the name that the user chooses.
        make_folder(self._folder, RecordingFolder(self._folder).root)
        self._budget.take(encoded_size(text), len(target.relative_to(root).parts))
        make_folder(target.parent, root)
        write_file(target, text, root=root, mode=SHARED)

    def _reason_to_skip(self, path: str, target: Path) -> str:
        """Return why a file must not be changed, based on its recorded path and its real path."""
        recorded = Path(os.path.normpath(self._cwd / path)).relative_to(self._cwd)
        real = target.relative_to(self._folder.resolve())
        if is_executable(target):
            return "it is an executable file"
        return reason_to_skip(recorded) or reason_to_skip(real)

    def _target(self, path: str) -> Path | None:
        """Map a recorded path to the chosen folder.

        Return None if the path, with links resolved, is outside of that folder.
        """
        if "\x00" in path or len(path) > _MAX_PATH:
            return None
        recorded = Path(os.path.normpath(self._cwd / path))
        if not path or not recorded.is_relative_to(self._cwd):
            return None
        folder = self._folder.resolve()
        try:
            target = (folder / recorded.relative_to(self._cwd)).resolve()
        except (OSError, RuntimeError):  # a loop of symbolic links
            return None
        return target if target != folder and target.is_relative_to(folder) else None


def _result(target: Path, change: WriteInput | EditInput) -> str:
    """Return a file's content after a change.

    :raises ValueError: if the change does not fit the file, or the result is too large
    """
    if isinstance(change, WriteInput):
        return change.content
    if not target.is_file():
        raise ValueError(f"{target} does not exist.")
    return apply_edit(read_file(target, LARGEST_FILE).decode("utf-8"), change)
