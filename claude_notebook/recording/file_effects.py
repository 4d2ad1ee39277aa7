"""What the tools of a recorded turn have changed: described while recording, done again on request.

Only Write and Edit are done again, only in a folder that somebody has chosen, and never outside of
it. A command is not run again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from ..messages import JSON, JSONObject
from ..replay import ReplayNote
from .keys import Places

Tell = Callable[[ReplayNote], None]

# Tools that look, and change nothing.
_LOOKING = frozenset(
    {"AskUserQuestion", "BashOutput", "EnterPlanMode", "ExitPlanMode", "Glob", "Grep", "LS"}
    | {"ListAgents", "Read", "ReportFindings", "Skill", "TaskOutput", "TodoWrite", "ToolSearch"}
    | {"WebFetch", "WebSearch", "TaskCreate", "TaskUpdate", "TaskList", "TaskGet"}
)
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
        try:
            message = json.loads(line)
        except ValueError:
            return
        for _, tool, given in self._calls.see(message):
            if tool not in _LOOKING:
                self._do(tool, given)

    def _do(self, tool: str, given: JSONObject) -> None:
        again = _AGAIN.get(tool)
        path = str(given.get("file_path") or given.get("notebook_path") or "")
        if again is None:
            what = str(given.get("command") or path or "what it did")
            self._not(f"{tool} is not done again: {' '.join(what.split())[:80]}")
            return
        target = self._target(path)
        if target is None:
            self._not(f"{tool} of {path} is not done again: it is not in the working directory.")
            return
        try:
            problem = again(target, given)
        except (OSError, UnicodeDecodeError) as error:
            problem = str(error)
        if problem:
            self._not(f"{tool} of {path} could not be done again: {problem}")
        else:
            name = os.path.relpath(target, self._folder.resolve())
            self._tell(ReplayNote("applied", f"{tool} was done again: {name}"))

    def _not(self, text: str) -> None:
        self._tell(ReplayNote("not applied", text))

    def _target(self, path: str) -> Path | None:
        """Where a recorded path lies in the chosen folder; None outside of it, links followed."""
        recorded = Path(os.path.normpath(self._cwd / path))
        if not path or not recorded.is_relative_to(self._cwd):
            return None
        folder = self._folder.resolve()
        target = (folder / recorded.relative_to(self._cwd)).resolve()
        return target if target != folder and target.is_relative_to(folder) else None


def _write(target: Path, given: JSONObject) -> str:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(str(given.get("content", "")), encoding="utf-8", newline="")
    return ""


def _edit(target: Path, given: JSONObject) -> str:
    if not target.is_file():
        return f"{target} is not there."
    with target.open(encoding="utf-8", newline="") as file:
        text = file.read()
    old, new = str(given.get("old_string", "")), str(given.get("new_string", ""))
    if not old or old not in text:
        return "what it replaced is not in the file."
    changed = text.replace(old, new, -1 if given.get("replace_all") else 1)
    with target.open("w", encoding="utf-8", newline="") as file:
        file.write(changed)
    return ""


_AGAIN: dict[str, Callable[[Path, JSONObject], str]] = {"Write": _write, "Edit": _edit}
