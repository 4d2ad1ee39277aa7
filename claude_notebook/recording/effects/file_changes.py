"""Changes that the tools of a recorded turn made: described in recordings, applied on request.

Only Write and Edit are applied, only in a folder that the user has chosen, and never to files that
programs execute or obey (`protected_paths`). Commands are not run again.
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
from ...render.html.sanitize import one_line
from ...replay import ReplayNote
from ..id_mapping import parse
from ..keys import Places
from .protected_paths import is_executable, reason_to_skip

Tell = Callable[[ReplayNote], None]

# Tools that change nothing.
_READ_ONLY = frozenset(
    {"AskUserQuestion", "BashOutput", "EnterPlanMode", "ExitPlanMode", "Glob", "Grep", "LS"}
    | {"ListAgents", "Read", "ReportFindings", "Skill", "TaskOutput", "TodoWrite", "ToolSearch"}
    | {"WebFetch", "WebSearch", "TaskCreate", "TaskUpdate", "TaskList", "TaskGet"}
)
_MOST_BYTES = 64 * 1024 * 1024
_MOST_PATH = 4096
_SHOWN = ("file_path", "notebook_path", "command", "description")


class SuccessfulCalls:
    """The tool calls of a turn and their outcomes."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[str, JSONObject]] = {}

    def see(self, message: JSONObject) -> Iterator[tuple[str, str, JSONObject]]:
        """Read a message; yield id, tool and input of each call that has succeeded."""
        for block in _blocks(message):
            if block.get("type") == "tool_use":
                tool_input = block.get("input")
                call = (str(block.get("name")), tool_input if isinstance(tool_input, dict) else {})
                self._open[str(block.get("id"))] = call
            elif block.get("type") == "tool_result":
                tool_use_id = str(block.get("tool_use_id"))
                done = self._open.pop(tool_use_id, None)
                if done is not None and not block.get("is_error"):
                    yield tool_use_id, *done

    def effects(self, message: JSONObject) -> Iterator[JSONObject]:
        """Describe the changes that a message reports, for the recording."""
        for tool_use_id, tool, tool_input in self.see(message):
            if tool not in _READ_ONLY:
                shown = {name: tool_input[name] for name in _SHOWN if name in tool_input}
                yield {"tool": tool, "tool_use_id": tool_use_id, **shown}


def _blocks(message: JSONObject) -> list[JSONObject]:
    inner = message.get("message")
    content: JSON = inner.get("content") if isinstance(inner, dict) else None
    return (
        [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []
    )


class Applier:
    """Applies the recorded changes of Write and Edit.

    :param folder: the folder to change. It is created if necessary.
    :param places: the current folders. Recorded paths below their working directory are mapped to
        `folder`.
    :param tell: called with a note about each change.
    """

    def __init__(self, folder: str | os.PathLike[str], places: Places, tell: Tell) -> None:
        self._folder = Path(folder).absolute()
        self._cwd = Path(places.cwd)
        self._tell = tell
        self._calls = SuccessfulCalls()

    def see(self, line: bytes) -> None:
        """Apply the changes that a line reports."""
        message = parse(line)
        for _, tool, tool_input in self._calls.see(message):
            if tool not in _READ_ONLY:
                self._apply(tool, tool_input)

    def _apply(self, tool: str, tool_input: JSONObject) -> None:
        change = _CHANGES.get(tool)
        path = str(tool_input.get("file_path") or tool_input.get("notebook_path") or "")
        shown = one_line(path, 200)
        if change is None:
            subject = str(tool_input.get("command") or path or "an unknown change")
            self._skip(f"{one_line(tool)} is not run again: {one_line(subject, 80)}")
            return
        target = self._target(path)
        if target is None:
            self._skip(f"{tool} of {shown} is not applied: it is not in the working directory.")
            return
        reason = self._reason_to_skip(path, target)
        if reason:
            self._skip(f"{tool} of {shown} is not applied: {reason}. Make this change yourself.")
            return
        try:
            problem = change(target, self._folder.resolve(), tool_input)
        except (OSError, ValueError) as error:
            problem = getattr(error, "strerror", None) or str(error)
        if problem:
            self._skip(f"{tool} of {shown} could not be applied: {problem}")
        else:
            name = one_line(os.path.relpath(target, self._folder.resolve()), 200)
            self._tell(ReplayNote("applied", f"{tool} was applied: {name}"))

    def _reason_to_skip(self, path: str, target: Path) -> str:
        """Return the reason not to change a file, by its recorded or its real name."""
        recorded = Path(os.path.normpath(self._cwd / path)).relative_to(self._cwd)
        real = target.relative_to(self._folder.resolve())
        if is_executable(target):
            return "it is an executable file"
        return reason_to_skip(recorded) or reason_to_skip(real)

    def _skip(self, text: str) -> None:
        self._tell(ReplayNote("not applied", text))

    def _target(self, path: str) -> Path | None:
        """Map a recorded path to the chosen folder; None outside of it, after resolving links."""
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


def _write(target: Path, root: Path, tool_input: JSONObject) -> str:
    content = tool_input.get("content", "")
    if not isinstance(content, str):
        return "its content is not text."
    make_folder(target.parent, root)
    write_file(target, content, root=root, mode=SHARED)
    return ""


def _edit(target: Path, root: Path, tool_input: JSONObject) -> str:
    if not target.is_file():
        return f"{one_line(str(target), 200)} does not exist."
    text = read_file(target, _MOST_BYTES).decode("utf-8")
    old, new = tool_input.get("old_string", ""), tool_input.get("new_string", "")
    if not isinstance(old, str) or not isinstance(new, str):
        return "the replaced text is not a string."
    if not old or old not in text:
        return "the replaced text is not in the file."
    changed = text.replace(old, new, -1 if tool_input.get("replace_all") else 1)
    write_file(target, changed, root=root, mode=SHARED)
    return ""


_CHANGES: dict[str, Callable[[Path, Path, JSONObject], str]] = {"Write": _write, "Edit": _edit}
