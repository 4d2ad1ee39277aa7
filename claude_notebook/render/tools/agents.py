"""Builders for the tools that plan, ask and delegate."""

from __future__ import annotations

from collections.abc import Sequence

from ...messages import JSONObject
from ...messages.json_fields import Fields
from ..content import Piece, json_piece
from ..html.sanitizer import one_line
from .base import (
    Builder,
    Call,
    Outcome,
    ToolDisplay,
    cell,
    content_pieces,
    failure,
    neutral,
    plural,
)


def agent(call: Call, outcome: Outcome | None) -> ToolDisplay:
    """Show a subagent's task and report. Its own calls are nested in the panel."""
    kind = call.fields.text("subagent_type")
    title = f"Agent: {one_line(call.fields.text('description') or 'a task', 80)}"
    if kind and kind != "general-purpose":
        title += f" ({one_line(kind, 30)})"
    prompt = call.fields.text("prompt")
    task = (Piece("markdown", prompt, label="task"),) if prompt else ()
    if outcome is None:
        return ToolDisplay("agent", title, task)
    if uses := outcome.fields.whole("totalToolUseCount"):
        title += f" · {plural(uses, 'tool use')}"
    return ToolDisplay("agent", title, task, _report(outcome))


def _report(outcome: Outcome) -> tuple[Piece, ...]:
    record = outcome.fields
    if outcome.is_error:
        return failure(outcome)
    if record.flag("isAsync"):
        return ()
    texts = [block.text("text") for block in record.objects("content")]
    report = "\n\n".join(t for t in texts if not t.startswith("<tools-used-before-summary>"))
    return (
        (Piece("markdown", report, label="report"),) if report.strip() else content_pieces(outcome)
    )


def plan(call: Call, outcome: Outcome | None) -> ToolDisplay:
    """Show a plan and whether it was approved."""
    text = call.fields.text("plan")
    state = "waits for approval"
    if outcome is not None:
        state = "not approved" if outcome.is_error else "approved"
    result = failure(outcome) if outcome is not None and outcome.is_error else ()
    pieces = (Piece("markdown", text),) if text else ()
    return ToolDisplay("plan", f"Plan {state}", pieces, result, open=True)


def question(call: Call, outcome: Outcome | None) -> ToolDisplay:
    """Show questions to the user with their options and answers."""
    questions = call.fields.objects("questions")
    title = _question_title(questions)
    answers = outcome.fields.obj("answers").raw if outcome is not None else {}
    several = len(questions) > 1
    choices = tuple(_choices(item, answers, labelled=several) for item in questions[:20])
    if outcome is None:
        return ToolDisplay("question", title, choices, open=True)
    if outcome.is_error:
        return ToolDisplay("question", title, choices, failure(outcome), open=True)
    result = _answer_table(answers) if answers else content_pieces(outcome)
    if len(answers) == 1 and _has_chosen(choices):
        result = ()  # the title and the check mark show it already
    summary = ", ".join(one_line(cell(a), 40) for a in answers.values())
    title += f" → {summary}" if summary else ""
    return ToolDisplay("question", title, choices, result, open=True)


def _question_title(questions: Sequence[Fields]) -> str:
    first = one_line(questions[0].text("question"), 90) if questions else "A question"
    return first if len(questions) < 2 else f"{first} (and {len(questions) - 1} more)"


def _choices(item: Fields, answers: JSONObject, *, labelled: bool) -> Piece:
    answer = cell(answers.get(item.text("question"), ""))
    rows = []
    for option in item.objects("options"):
        label = option.text("label")
        chosen = label and label in (answer, *answer.split(", "))
        rows.append((f"{_CHOSEN}{label}" if chosen else label, option.text("description")))
    return Piece(
        "table", rows=(("Choice", ""), *rows), label=item.text("question") if labelled else ""
    )


_CHOSEN = "✓ "


def _has_chosen(choices: Sequence[Piece]) -> bool:
    """Test for a check mark at the first question."""
    return any(row[0].startswith(_CHOSEN) for piece in choices[:1] for row in piece.rows[1:])


def _answer_table(answers: JSONObject) -> tuple[Piece, ...]:
    rows = ((str(question), cell(answer)) for question, answer in answers.items())
    return (Piece("table", rows=(("Question", "Answer"), *rows)),)


def structured(call: Call, outcome: Outcome | None) -> ToolDisplay:
    """Show a structured answer, as tables where possible."""
    result = failure(outcome) if outcome is not None and outcome.is_error else ()
    return ToolDisplay(
        "table", "Structured answer", data_pieces(call.fields.raw), result, open=True
    )


def data_pieces(value: object) -> tuple[Piece, ...]:
    """Return JSON as tables if it is an object of values or a list of objects."""
    if not isinstance(value, dict) or not value:
        return (_data_piece(value),)
    nested = {str(k): v for k, v in value.items() if isinstance(v, (dict, list))}
    rows = tuple((str(k), cell(v)) for k, v in value.items() if not isinstance(v, (dict, list)))
    table = (Piece("table", rows=(("Field", "Value"), *rows)),) if rows else ()
    return (*table, *(_data_piece(item, key) for key, item in nested.items()))


def _data_piece(value: object, label: str = "") -> Piece:
    """Return a list of objects as a table, and any other value as JSON."""
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return _records(value, label)
    return json_piece(value, label)


def _records(rows: list[dict[str, object]], label: str = "") -> Piece:
    names = list(dict.fromkeys(str(key) for row in rows for key in row))[:30]
    body = tuple(tuple(cell(row[name]) if name in row else "" for name in names) for row in rows)
    return Piece("table", rows=(tuple(names), *body), label=label)


def task_list(call: Call, outcome: Outcome | None) -> ToolDisplay:
    """Show a call that changes the checklist, which has a separate panel."""
    return ToolDisplay(
        "todo", *_task_title(call), result=content_pieces(outcome) if outcome else ()
    )


def _task_title(call: Call) -> tuple[str, tuple[Piece, ...]]:
    about = call.fields.text("subject", "taskId", "description")
    return f"{call.name}: {one_line(about, 60)}" if about else call.name, ()


def skill(call: Call, outcome: Outcome | None) -> ToolDisplay:
    """Show that a skill is loaded."""
    name = one_line(call.fields.text("skill", "command"), 60)
    display = neutral(call, outcome)
    return ToolDisplay("plan", f"Skill: {name}" if name else "Skill", display.input, display.result)


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
