"""Panels for permission requests, and descriptions of decisions.

All functions are pure. Everything that will happen is shown in full: nothing is truncated, and
hidden text (control characters, text that runs backwards) is made visible.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...messages import JSON, JSONObject
from ...messages.json_fields import Fields
from ...permissions import (
    PermissionUpdate,
    ToolPermissionContext,
)
from ...permissions.decisions import (
    APPROVE,
    APPROVE_EDITS,
    DENY,
    KEEP_PLANNING,
    ONCE,
    PROJECT,
    SEND,
    SESSION,
    SETTINGS_FILES,
    Decision,
    PermissionRequest,
)
from ..content import Piece
from ..html.sanitizer import one_line, reveal
from ..model import (
    AskPanel,
    Choice,
    Field,
    FormPanel,
    FormQuestion,
    Part,
    QuestionOption,
)
from ..tools.base import Call
from ..tools.table import show

_FIELD_LABELS = {
    "command": "Command",
    "url": "Address",
    "query": "Query",
    "code": "Code",
    "sql": "SQL",
}
"""Labels for the parts of an input that may be changed."""

_HEADLINES = {
    "Bash": ("Run this command?", ""),
    "Write": ("Write this file?", "Write "),
    "Edit": ("Change this file?", "Edit "),
    "MultiEdit": ("Change this file?", "Edit "),
    "NotebookEdit": ("Change this notebook?", "Edited "),
    "Read": ("Read this file?", "Read "),
    "WebFetch": ("Open this address?", "Fetch "),
    "WebSearch": ("Search the web?", "Search the web for "),
    "Agent": ("Start a subagent?", "Agent: "),
    "Task": ("Start a subagent?", "Agent: "),
}
"""A headline for each tool, and the beginning of the call's own title that would repeat it."""

_DECISIONS = {
    ONCE: "Allowed once",
    SESSION: "Allowed for this session",
    PROJECT: "Always allowed in this project",
    DENY: "Denied",
    APPROVE: "Plan approved",
    APPROVE_EDITS: "Plan approved, edits accepted",
    KEEP_PLANNING: "Keep planning",
}

_BLANKS = re.compile(r"[ \t]{60,}")
_EMPTY_LINES = re.compile(r"\n(?:[ \t]*\n){8,}")


@dataclass(frozen=True)
class PermissionQuestion:
    """A permission request for a single tool call, together with its panel."""

    call: Call
    context: ToolPermissionContext

    @property
    def request(self) -> PermissionRequest:
        """The request without its presentation."""
        return PermissionRequest(self.call.name, self.call.input, self.context)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The call's effects, in full."""
        return tuple(
            dataclasses.replace(piece, whole=True, text=_without_gaps(piece.text))
            for piece in show(self.call).input
        )

    def panel(self, panel_id: str, detail: tuple[Part, ...] = ()) -> AskPanel | FormPanel:
        """Return the question as a panel. `detail` contains the rendered `pieces`."""
        if self.call.name == "AskUserQuestion":
            return _form(self, panel_id)
        if self.call.name == "ExitPlanMode":
            return _plan(self, panel_id, detail)
        return _permission(self, panel_id, detail)

    def problem(self, decision: Decision) -> str:
        """Return "", because every decision is valid. Unknown ones deny the call."""
        return ""

    def allows(self, decision: Decision) -> bool:
        """Return whether the call is allowed."""
        return self.request.is_allowed(decision)

    def decided(self, decision: Decision) -> str:
        """Describe the decision for the settled panel."""
        words = describe(decision, getattr(self.panel(""), "choices", ()))
        changed = self.allows(decision) and self.request.changed_text(decision)
        return f"{words}; changed to `{reveal(changed)}`" if changed else words

    def with_own_texts(self, decision: Decision) -> Decision:
        """Return `decision` with the questions' original texts in place of those on the page."""
        texts = {reveal(text): text for text in self.request.question_texts}
        answers = {texts.get(key, key): text for key, text in decision.answers.items()}
        return dataclasses.replace(decision, answers=answers)


def _without_gaps(text: str) -> str:
    """Replace wide gaps, which could push text out of view, with visible marks."""
    marked = _BLANKS.sub(lambda gap: f"⟨{len(gap[0])} blanks⟩", text)
    return _EMPTY_LINES.sub(lambda gap: f"\n⟨{gap[0].count(chr(10)) - 1} empty lines⟩\n", marked)


def editable(call: Call) -> tuple[str, str]:
    """Return the name and label of the editable input field, or ("", "") if there is none."""
    name = PermissionRequest(call.name, call.input, ToolPermissionContext()).editable_field
    return name, "Search for" if call.name == "WebSearch" else _FIELD_LABELS.get(name, "")


def describe(decision: Decision, choices: Sequence[Choice] = ()) -> str:
    """Describe a decision for the panel that remains."""
    if decision.choice == SEND:
        return "; ".join(
            f"{one_line(text)} {reveal(answer)}" for text, answer in decision.answers.items()
        )
    scope = next((choice.scope for choice in choices if choice.key == decision.choice), "")
    words = _DECISIONS.get(decision.choice, "Not allowed")
    words = f"{words}: {scope}" if scope else words
    return f"{words} — “{reveal(decision.note)}”" if decision.note else words


# --- permissions --------------------------------------------------------------------------------


def _permission(question: PermissionQuestion, panel_id: str, detail: tuple[Part, ...]) -> AskPanel:
    call = question.call
    display = show(call)
    name, label = editable(call)
    value = call.input.get(name)
    fields: tuple[Field, ...] = ()
    # A text field would act on hidden characters, which the panel describes in words.
    if isinstance(value, str) and reveal(value) == value:
        fields = (Field(name, label, value, value.count("\n") + 1),)
    return AskPanel(
        panel_id,
        tool=call.name,
        icon=display.icon,
        title=_headline(call, display.title),
        reason=_reason(call, question.context),
        detail=detail,
        fields=fields,
        choices=_choices(question),
    )


def _headline(call: Call, title: str) -> str:
    headline, beginning = _HEADLINES.get(call.name, (f"Use {reveal(call.name)}?", ""))
    if call.name == "Bash" and not call.fields.text("description"):
        return headline  # the panel shows the command below
    return f"{headline} {title.removeprefix(beginning)}".strip()


def _reason(call: Call, context: ToolPermissionContext) -> str:
    parts = [one_line(Fields(call.schema).text("description"), 300), context.decision_reason or ""]
    if context.blocked_path:
        parts.append(f"Path: {reveal(context.blocked_path)}.")
    if context.agent_id:
        parts.append("Asked by a subagent.")
    return " ".join(reveal(part) for part in parts if part)


def _choices(question: PermissionQuestion) -> tuple[Choice, ...]:
    suggestions = question.request.suggestions
    scope = " and ".join(scope_of(update) for update in suggestions)
    looks = {
        ONCE: Choice(ONCE, "Allow once", shortcut="a", look="primary"),
        SESSION: Choice(SESSION, "Allow for this session", scope, shortcut="s"),
        PROJECT: Choice(PROJECT, "Always in this project", _kept(suggestions), shortcut="p"),
        DENY: Choice(DENY, "Deny…", shortcut="d", note=True, look="danger"),
    }
    return tuple(looks[key] for key in question.request.choices)


def _kept(suggestions: Sequence[PermissionUpdate]) -> str:
    """Describe which rules are saved to which file, and which ones last for the session."""
    lasting = [update for update in suggestions if update.destination in SETTINGS_FILES]
    passing = [update for update in suggestions if update.destination not in SETTINGS_FILES]
    files = sorted({SETTINGS_FILES[update.destination] for update in lasting})
    words = [
        f"{' and '.join(map(scope_of, lasting))} (saved in {' and '.join(files)})" if files else "",
        f"{' and '.join(map(scope_of, passing))} (for this session)" if passing else "",
    ]
    return " and ".join(filter(None, words))


def scope_of(update: PermissionUpdate) -> str:
    """Describe the scope of a permission update."""
    if update.type in ("addRules", "replaceRules"):
        return ", ".join(_rule(r.tool_name, r.rule_content) for r in update.rules or [])
    if update.type == "setMode":
        modes = {"acceptEdits": "all file changes", "bypassPermissions": "everything"}
        return modes.get(update.mode or "", f"the mode {update.mode}")
    if update.type == "addDirectories":
        return "files in " + ", ".join(reveal(path) for path in update.directories or [])
    return reveal(update.type)


def _rule(tool: str, content: str | None) -> str:
    if content is None:
        return f"every use of {reveal(tool)}"
    pattern = reveal(content)
    if tool == "Bash":
        command = pattern.removesuffix(":*").removesuffix(" *")
        exact = command == pattern
        return f"exactly `{command}`" if exact else f"every `{command}` command"
    # In the CLI, absolute paths begin with two slashes, and two stars include everything below a
    # folder.
    path = pattern.removeprefix("/") if pattern.startswith("//") else pattern
    place = f"everything in `{path[:-3]}`" if path.endswith("/**") else f"`{path}`"
    return f"{reveal(tool)} of {place}"


# --- plans and questions ------------------------------------------------------------------------

_NO_PLAN = "The plan is empty. See the messages above."
_PLAN_CHOICES = (
    Choice(APPROVE, "Approve", shortcut="a", look="primary"),
    Choice(APPROVE_EDITS, "Approve and accept edits", "all file changes", shortcut="e"),
    Choice(KEEP_PLANNING, "Keep planning…", shortcut="k", note=True),
)


def _plan(question: PermissionQuestion, panel_id: str, detail: tuple[Part, ...]) -> AskPanel:
    return AskPanel(
        panel_id,
        tool=question.call.name,
        icon="plan",
        title="Approve this plan?",
        reason="" if question.call.input.get("plan") else _NO_PLAN,
        detail=detail,
        choices=_PLAN_CHOICES,
    )


def _form(question: PermissionQuestion, panel_id: str) -> FormPanel:
    raw = question.call.input.get("questions")
    questions = [_question(item) for item in raw] if isinstance(raw, list) else []
    title = "Claude has a question" if len(questions) == 1 else "Claude has some questions"
    return FormPanel(panel_id, title=title, questions=tuple(questions))


def _question(raw: JSON) -> FormQuestion:
    value: JSONObject = raw if isinstance(raw, dict) else {}
    options = value.get("options")
    return FormQuestion(
        text=reveal(str(value.get("question", ""))),
        header=reveal(str(value.get("header", ""))),
        options=tuple(
            QuestionOption(
                reveal(str(option.get("label", ""))), reveal(str(option.get("description", "")))
            )
            for option in (options if isinstance(options, list) else [])
            if isinstance(option, dict)
        ),
        multiple=bool(value.get("multiSelect")),
    )
