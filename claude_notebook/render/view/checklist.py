"""The model's checklist, which is built from calls to the tools that change it."""

from __future__ import annotations

from ...messages import JSON
from ...messages.json_fields import Fields
from ..html.sanitizer import one_line
from ..model import TodoItem, TodoPanel, TodoState
from ..tools.base import Call, Outcome

_STATES: dict[str, TodoState] = {
    "pending": "pending",
    "in_progress": "in_progress",
    "completed": "completed",
    "done": "completed",
}
TOOLS = frozenset({"TodoWrite", "TaskCreate", "TaskUpdate", "TaskList"})
"""Tools whose calls change the checklist."""


class Checklist:
    """The state of all items. `update` must be called with each successful call."""

    def __init__(self) -> None:
        self._items: dict[str, TodoItem] = {}

    def update(self, call: Call, outcome: Outcome) -> None:
        """Apply the change that a tool made."""
        if call.name == "TodoWrite":
            self._replace(call.fields.objects("todos"))
        elif call.name == "TaskCreate":
            self._create(call, outcome)
        elif call.name == "TaskUpdate":
            self._change(call.fields)
        elif call.name == "TaskList":
            for task in outcome.fields.objects("tasks"):
                self._set(_key(task, "id"), _subject(task), task.text("status"))

    def panel(self, panel_id: str) -> TodoPanel:
        """Return the checklist as a panel."""
        items = tuple(self._items.values())
        done = sum(item.state == "completed" for item in items)
        return TodoPanel(panel_id, title=f"Tasks: {done} of {len(items)} done", items=items)

    def __len__(self) -> int:
        return len(self._items)

    def _replace(self, todos: list[Fields]) -> None:
        self._items.clear()
        for number, todo in enumerate(todos[:200]):
            self._set(str(number), _subject(todo), todo.text("status"))

    def _create(self, call: Call, outcome: Outcome) -> None:
        task = outcome.fields.obj("task")
        key = _key(task, "id") or f"new {len(self._items)}"
        self._set(key, _subject(task) or _subject(call.fields), task.text("status"))

    def _change(self, task: Fields) -> None:
        key = _key(task, "taskId")
        if task.text("status") == "deleted":
            self._items.pop(key, None)
        elif key:
            self._set(key, _subject(task), task.text("status"))

    def _set(self, key: str, text: str, state: str) -> None:
        known = self._items.get(key, TodoItem(f"Task {one_line(key, 20)}"))
        self._items[key] = TodoItem(text or known.text, _STATES.get(state, known.state))


def _key(task: Fields, name: str) -> str:
    value: JSON = task.raw.get(name)
    return str(value) if isinstance(value, (str, int)) else ""


def _subject(task: Fields) -> str:
    return one_line(task.text("subject", "content"), 300)
