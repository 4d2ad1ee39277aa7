"""Questions: a permission question of the CLI -> a panel, and the person's answer -> its result.

Pure functions. What will happen is shown in full: nothing is cut, and what hides in it (control
characters, text that runs backwards) is made visible.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...messages import JSON, JSONObject
from ...messages.json_fields import Fields
from ...permissions import (
    PermissionResult,
    PermissionResultAllow,
    PermissionResultDeny,
    PermissionUpdate,
    ToolPermissionContext,
)
from ..content import Piece
from ..html.sanitize import one_line, reveal
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

ONCE, SESSION, PROJECT, DENY = "once", "session", "project", "deny"
APPROVE, APPROVE_EDITS, KEEP_PLANNING = "approve", "approve_edits", "keep"

_DENY = Choice(DENY, "Deny…", shortcut="d", note=True, look="danger")

EDITABLE = {
    "Bash": ("command", "Command"),
    "WebFetch": ("url", "Address"),
    "WebSearch": ("query", "Search for"),
}
"""What of a tool's input may be changed before it is allowed: its name, and a label."""

_EDITABLE_ELSEWHERE = {"code": "Code", "command": "Command", "sql": "SQL", "query": "Query"}

_HEADLINES = {
    "Bash": ("Run this command?", ""),
    "Write": ("Write this file?", "Write "),
    "Edit": ("Change this file?", "Edit "),
    "MultiEdit": ("Change this file?", "Edit "),
    "NotebookEdit": ("Change this notebook?", "Edited "),
    "Read": ("Read this file?", "Read "),
    "WebFetch": ("Open this address?", "Fetch "),
    "WebSearch": ("Search the web?", "Search the web for "),
    "Agent": ("Start a sub-agent?", "Agent: "),
    "Task": ("Start a sub-agent?", "Agent: "),
}
"""What is asked, and how the call's own title begins: that would say it a second time."""

_DECISIONS = {
    ONCE: "Allowed once",
    SESSION: "Allowed for this session",
    PROJECT: "Always allowed in this project",
    DENY: "Denied",
    APPROVE: "Plan approved",
    APPROVE_EDITS: "Plan approved, edits accepted",
    KEEP_PLANNING: "Keep planning",
}


_FILES: dict[str | None, str] = {
    "localSettings": ".claude/settings.local.json",
    "projectSettings": ".claude/settings.json",
    "userSettings": "your own settings",
}
"""Where the CLI writes a rule, by its destination."""


_BLANKS = re.compile(r"[ \t]{60,}")
_EMPTY_LINES = re.compile(r"\n(?:[ \t]*\n){8,}")


@dataclass(frozen=True)
class Answer:
    """What a person has answered.

    :param choice: the key of a `Choice`; "send" or "cancel" for a form.
    :param note: a reason, or a word on a plan.
    :param fields: changed parts of the input, by name.
    :param answers: to the questions of a form, by their text.
    """

    choice: str
    note: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A question of the CLI about one call."""

    call: Call
    context: ToolPermissionContext

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What will happen, in full."""
        return tuple(
            dataclasses.replace(one, whole=True, text=_without_gaps(one.text))
            for one in show(self.call).input
        )

    def panel(self, panel_id: str, detail: tuple[Part, ...] = ()) -> AskPanel | FormPanel:
        """The question as a panel; `detail` is what became of `pieces`."""
        if self.call.name == "AskUserQuestion":
            return _form(self, panel_id)
        if self.call.name == "ExitPlanMode":
            return _plan(self, panel_id, detail)
        return _permission(self, panel_id, detail)

    def problem(self, answer: Answer) -> str:
        """What is wrong with an answer: nothing ever is, a strange one is a refusal."""
        return ""

    def allows(self, answer: Answer) -> bool:
        """Whether the call goes on."""
        return isinstance(self.result(answer), PermissionResultAllow)

    def decided(self, answer: Answer) -> str:
        """What was decided, in words, for the panel that stays."""
        words = decision(answer, getattr(self.panel(""), "choices", ()))
        changed = self.allows(answer) and self._changed(answer)
        return f"{words}; changed to `{reveal(changed)}`" if changed else words

    def _changed(self, answer: Answer) -> str:
        """The part of the input that the person has changed; "" if none was."""
        name, _ = editable(self.call)
        said = answer.fields.get(name, "")
        return said if said != self.call.input.get(name) else ""

    def result(self, answer: Answer) -> PermissionResult:
        """What the CLI is told. An answer that is no choice of the panel is a refusal."""
        if self.call.name == "AskUserQuestion":
            return _form_result(self, answer)
        if answer.choice in (DENY, KEEP_PLANNING):
            return PermissionResultDeny(message=_reason(self.call.name, answer))
        updates = self._updates(answer.choice)
        if updates is None:
            return PermissionResultDeny(message=f"{answer.choice!r} was no choice; not allowed.")
        return PermissionResultAllow(
            updated_input=self._input(answer), updated_permissions=updates or None
        )

    def _updates(self, choice: str) -> list[PermissionUpdate] | None:
        """The rules that go with a choice; None where it is none of this question's."""
        offered = {one.key for one in _choices(self)}
        if choice not in offered:
            return None
        if choice == SESSION:
            suggested = self.context.suggestions
            return [dataclasses.replace(one, destination="session") for one in suggested]
        if choice == PROJECT:
            return list(self.context.suggestions)
        if choice == APPROVE_EDITS:
            return [PermissionUpdate("setMode", mode="acceptEdits", destination="session")]
        return []

    def _input(self, answer: Answer) -> JSONObject:
        name, _ = editable(self.call)
        if name and name in answer.fields:
            return {**self.call.input, name: answer.fields[name]}
        return self.call.input


def _without_gaps(text: str) -> str:
    """`text` with words for wide gaps, beyond which nobody would look for more."""
    shown = _BLANKS.sub(lambda gap: f"⟨{len(gap[0])} blanks⟩", text)
    return _EMPTY_LINES.sub(lambda gap: f"\n⟨{gap[0].count(chr(10)) - 1} empty lines⟩\n", shown)


def editable(call: Call) -> tuple[str, str]:
    """The part of a call's input that may be changed, and its label; ("", "") for none."""
    if call.name in EDITABLE:
        return EDITABLE[call.name]
    if call.name.startswith("mcp__"):
        for name, label in _EDITABLE_ELSEWHERE.items():
            if isinstance(call.input.get(name), str):
                return name, label
    return "", ""


def decision(answer: Answer, choices: Sequence[Choice] = ()) -> str:
    """What was decided, in words, for the panel that stays."""
    if answer.choice == "send":
        return "; ".join(
            f"{one_line(text)} {reveal(said)}" for text, said in answer.answers.items()
        )
    scope = next((one.scope for one in choices if one.key == answer.choice), "")
    told = _DECISIONS.get(answer.choice, "Not allowed")
    words = f"{told}: {scope}" if scope else told
    return f"{words} — “{reveal(answer.note)}”" if answer.note else words


def allowed(answer: Answer) -> bool:
    """Whether an answer lets the call go on."""
    return answer.choice in (ONCE, SESSION, PROJECT, APPROVE, APPROVE_EDITS, "send")


def _reason(tool: str, answer: Answer) -> str:
    if answer.choice == KEEP_PLANNING:
        return answer.note or "The person wants you to keep planning."
    return answer.note or f"The person did not allow {tool}."


# --- permissions --------------------------------------------------------------------------------


def _permission(asked: Asked, panel_id: str, detail: tuple[Part, ...]) -> AskPanel:
    call = asked.call
    shown = show(call)
    name, label = editable(call)
    value = call.input.get(name)
    fields: tuple[Field, ...] = ()
    # What hides in a text is shown above; a text field would act on it.
    if isinstance(value, str) and reveal(value) == value:
        fields = (Field(name, label, value, value.count("\n") + 1),)
    return AskPanel(
        panel_id,
        tool=call.name,
        icon=shown.icon,
        title=_headline(call, shown.title),
        reason=_why(asked.call, asked.context),
        detail=detail,
        fields=fields,
        choices=_choices(asked),
    )


def _headline(call: Call, title: str) -> str:
    headline, beginning = _HEADLINES.get(call.name, (f"Use {reveal(call.name)}?", ""))
    if call.name == "Bash" and not call.fields.text("description"):
        return headline  # the command itself stands below
    return f"{headline} {title.removeprefix(beginning)}".strip()


def _why(call: Call, context: ToolPermissionContext) -> str:
    parts = [one_line(Fields(call.schema).text("description"), 300), context.decision_reason or ""]
    if context.blocked_path:
        parts.append(f"It is about {reveal(context.blocked_path)}.")
    if context.agent_id:
        parts.append("A sub-agent asks.")
    return " ".join(reveal(part) for part in parts if part)


def _choices(asked: Asked) -> tuple[Choice, ...]:
    if asked.call.name == "ExitPlanMode":
        return _PLAN_CHOICES
    found = [Choice(ONCE, "Allow once", shortcut="a", look="primary")]
    suggestions = asked.context.suggestions
    if suggestions:
        scope = " and ".join(scope_of(one) for one in suggestions)
        found.append(Choice(SESSION, "Allow for this session", scope, shortcut="s"))
        if _lasting(asked.context):
            found.append(
                Choice(PROJECT, "Always in this project", _kept(suggestions), shortcut="p")
            )
    return (*found, _DENY)


def _kept(suggestions: Sequence[PermissionUpdate]) -> str:
    """What is written where, and what is not written but goes with it."""
    lasting = [one for one in suggestions if one.destination in _FILES]
    passing = [one for one in suggestions if one.destination not in _FILES]
    files = sorted({_FILES[one.destination] for one in lasting})
    words = [
        f"{' and '.join(map(scope_of, lasting))} (kept in {' and '.join(files)})" if files else "",
        f"{' and '.join(map(scope_of, passing))} (for this session)" if passing else "",
    ]
    return " and ".join(filter(None, words))


def _lasting(context: ToolPermissionContext) -> bool:
    places = {one.destination for one in context.suggestions}
    return not context.suppress_always_allow_rule and not places.isdisjoint(_FILES)


def scope_of(update: PermissionUpdate) -> str:
    """What a change of the rules covers, in words."""
    if update.type in ("addRules", "replaceRules"):
        return ", ".join(_rule(r.tool_name, r.rule_content) for r in update.rules or [])
    if update.type == "setMode":
        modes = {"acceptEdits": "all changes of files", "bypassPermissions": "everything"}
        return modes.get(update.mode or "", f"the mode {update.mode}")
    if update.type == "addDirectories":
        return "files in " + ", ".join(reveal(one) for one in update.directories or [])
    return reveal(update.type)


def _rule(tool: str, content: str | None) -> str:
    if content is None:
        return f"every use of {reveal(tool)}"
    pattern = reveal(content)
    if tool == "Bash":
        command = pattern.removesuffix(":*").removesuffix(" *")
        exact = command == pattern
        return f"exactly `{command}`" if exact else f"every `{command}` command"
    # The CLI writes absolute paths with two slashes, and a folder with all below it with two stars.
    path = pattern.removeprefix("/") if pattern.startswith("//") else pattern
    place = f"everything in `{path[:-3]}`" if path.endswith("/**") else f"`{path}`"
    return f"{reveal(tool)} of {place}"


# --- plans and questions ------------------------------------------------------------------------

_PLAN_CHOICES = (
    Choice(APPROVE, "Approve", shortcut="a", look="primary"),
    Choice(APPROVE_EDITS, "Approve and accept edits", "all changes of files", shortcut="e"),
    Choice(KEEP_PLANNING, "Keep planning…", shortcut="k", note=True),
)


def _plan(asked: Asked, panel_id: str, detail: tuple[Part, ...]) -> AskPanel:
    return AskPanel(
        panel_id,
        tool=asked.call.name,
        icon="plan",
        title="Is this plan good?",
        reason="" if asked.call.input.get("plan") else "It has no text: see what was said above.",
        detail=detail,
        choices=_PLAN_CHOICES,
    )


def _form(asked: Asked, panel_id: str) -> FormPanel:
    raw = asked.call.input.get("questions")
    questions = [_question(one) for one in raw] if isinstance(raw, list) else []
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
                reveal(str(one.get("label", ""))), reveal(str(one.get("description", "")))
            )
            for one in (options if isinstance(options, list) else [])
            if isinstance(one, dict)
        ),
        multiple=bool(value.get("multiSelect")),
    )


def _option(raw: JSONObject) -> QuestionOption:
    return QuestionOption(
        reveal(str(raw.get("label", ""))), reveal(str(raw.get("description", "")))
    )


def _form_result(asked: Asked, answer: Answer) -> PermissionResult:
    if answer.choice != "send":
        return PermissionResultDeny(message=answer.note or "The person did not want to answer.")
    shown = {reveal(str(q.get("question", ""))): q for q in asked.call.input.get("questions", [])}
    answers = {
        str(shown[text].get("question")): said
        for text, said in answer.answers.items()
        if text in shown
    }
    return PermissionResultAllow(updated_input={**asked.call.input, "answers": answers})
