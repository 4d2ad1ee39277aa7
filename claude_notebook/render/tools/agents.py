"""Panels of the tools that plan, ask and delegate."""

from __future__ import annotations

from ...messages import JSONObject
from ...messages.json_fields import Fields
from ..content import Piece, json_piece
from ..html.sanitize import one_line
from .base import (
    Builder,
    Call,
    Outcome,
    Shown,
    cell,
    content_pieces,
    failure,
    neutral,
    plural,
)


def agent(call: Call, outcome: Outcome | None) -> Shown:
    """A sub-agent: its task and its report. What it does is shown inside."""
    kind = call.fields.text("subagent_type")
    title = f"Agent: {one_line(call.fields.text('description') or 'a task', 80)}"
    if kind and kind != "general-purpose":
        title += f" ({one_line(kind, 30)})"
    prompt = call.fields.text("prompt")
    task = (Piece("markdown", prompt, label="task"),) if prompt else ()
    if outcome is None:
        return Shown("agent", title, task)
    if uses := outcome.fields.whole("totalToolUseCount"):
        title += f" · {plural(uses, 'tool use')}"
    return Shown("agent", title, task, _report(outcome))


def _report(outcome: Outcome) -> tuple[Piece, ...]:
    record = outcome.fields
    if outcome.is_error:
        return failure(outcome)
    if record.flag("isAsync"):
        return ()
    texts = [block.text("text") for block in record.objects("content")]
    words = "\n\n".join(t for t in texts if not t.startswith("<tools-used-before-summary>"))
    return (Piece("markdown", words, label="report"),) if words.strip() else content_pieces(outcome)


def plan(call: Call, outcome: Outcome | None) -> Shown:
    """A plan that waits for approval, was approved, or was not."""
    text = call.fields.text("plan")
    state = "waits for approval"
    if outcome is not None:
        state = "not approved" if outcome.is_error else "approved"
    result = failure(outcome) if outcome is not None and outcome.is_error else ()
    shown = (Piece("markdown", text),) if text else ()
    return Shown("plan", f"Plan {state}", shown, result, open=True)


def question(call: Call, outcome: Outcome | None) -> Shown:
    """Questions to the person, their choices, and the answers."""
    asked = call.fields.objects("questions")
    first = one_line(asked[0].text("question"), 90) if asked else "A question"
    title = first if len(asked) < 2 else f"{first} (and {len(asked) - 1} more)"
    answers = outcome.fields.obj("answers").raw if outcome is not None else {}
    several = len(asked) > 1
    choices = tuple(_choices(one, answers, labelled=several) for one in asked[:20])
    if outcome is None or outcome.is_error:
        return Shown("question", title, choices, failure(outcome) if outcome else (), open=True)
    rows = [("Question", "Answer"), *((str(q), cell(a)) for q, a in answers.items())]
    result = (Piece("table", rows=tuple(rows)),) if answers else content_pieces(outcome)
    if len(answers) == 1 and choices and any(_is_chosen(row[0]) for row in choices[0].rows[1:]):
        result = ()  # the title and the sign say it already
    given = ", ".join(one_line(cell(a), 40) for a in answers.values())
    return Shown("question", f"{title} → {given}" if given else title, choices, result, open=True)


def _choices(one: Fields, answers: JSONObject, *, labelled: bool) -> Piece:
    given = cell(answers.get(one.text("question"), ""))
    rows = []
    for option in one.objects("options"):
        label = option.text("label")
        chosen = label and label in (given, *given.split(", "))
        rows.append((f"{_CHOSEN}{label}" if chosen else label, option.text("description")))
    return Piece(
        "table", rows=(("Choice", ""), *rows), label=one.text("question") if labelled else ""
    )


_CHOSEN = "✓ "


def _is_chosen(text: str) -> bool:
    return text.startswith(_CHOSEN)


def structured(call: Call, outcome: Outcome | None) -> Shown:
    """A structured answer, as a table where it is one."""
    result = failure(outcome) if outcome is not None and outcome.is_error else ()
    return Shown("table", "Structured answer", data_pieces(call.fields.raw), result, open=True)


def data_pieces(value: object) -> tuple[Piece, ...]:
    """JSON as tables where it has that shape: an object of values, or a list of objects."""
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return (_records(value),)
    if not isinstance(value, dict) or not value:
        return (json_piece(value),)
    plain = {k: v for k, v in value.items() if not isinstance(v, (dict, list))}
    rows = tuple((str(k), cell(v)) for k, v in plain.items())
    found = [Piece("table", rows=(("Field", "Value"), *rows))] if rows else []
    for key, nested in value.items():
        if key not in plain:
            is_table = (
                isinstance(nested, list) and nested and all(isinstance(r, dict) for r in nested)
            )
            found.append(_records(nested, str(key)) if is_table else json_piece(nested, str(key)))
    return tuple(found)


def _records(rows: list[dict[str, object]], label: str = "") -> Piece:
    names = list(dict.fromkeys(str(key) for row in rows for key in row))[:30]
    body = tuple(tuple(cell(row[name]) if name in row else "" for name in names) for row in rows)
    return Piece("table", rows=(tuple(names), *body), label=label)


def task_list(call: Call, outcome: Outcome | None) -> Shown:
    """A tool that keeps the checklist; the checklist itself has a panel of its own."""
    return Shown("todo", *_task_words(call), result=content_pieces(outcome) if outcome else ())


def _task_words(call: Call) -> tuple[str, tuple[Piece, ...]]:
    about = call.fields.text("subject", "taskId", "description")
    return f"{call.name}: {one_line(about, 60)}" if about else call.name, ()


def skill(call: Call, outcome: Outcome | None) -> Shown:
    """A skill that is loaded."""
    name = one_line(call.fields.text("skill", "command"), 60)
    shown = neutral(call, outcome)
    return Shown("plan", f"Skill: {name}" if name else "Skill", shown.input, shown.result)


AGENT_TOOLS: dict[str, Builder] = {
    "Agent": agent,
    "Task": agent,
    "ExitPlanMode": plan,
    "AskUserQuestion": question,
    "StructuredOutput": structured,
    "TodoWrite": task_list,
    "TaskCreate": task_list,
    "TaskUpdate": task_list,
    "TaskList": task_list,
    "TaskGet": task_list,
    "Skill": skill,
}
