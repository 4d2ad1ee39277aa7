"""Converts a user's decision to a permission result.

Nothing is allowed unless the decision is one of the choices offered by the request.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..messages import JSONObject
from .types import (
    PermissionResult,
    PermissionResultAllow,
    PermissionResultDeny,
    PermissionRuleValue,
    PermissionUpdate,
    ToolPermissionContext,
)

ONCE, SESSION, PROJECT, DENY = "once", "session", "project", "deny"
APPROVE, APPROVE_EDITS, KEEP_PLANNING = "approve", "approve_edits", "keep"
SEND, CANCEL = "send", "cancel"

_YES = frozenset({ONCE, SESSION, PROJECT, APPROVE, APPROVE_EDITS, SEND})

SETTINGS_FILES: dict[str | None, str] = {
    "localSettings": ".claude/settings.local.json",
    "projectSettings": ".claude/settings.json",
    "userSettings": "your own settings",
}
"""The file in which the CLI stores a rule, by the rule's destination."""

# Rules contain patterns, in which other characters have a special meaning.
_PLAIN_PATH = re.compile(r"/[\w ./@+,=:-]*[\w./@+,=:-]")

# Words that have no special meaning to the shell, and the pipe.
_PIPELINE = re.compile(r"[\w./@+,=:-]+(?: (?:\| )?[\w./@+,=:-]+)*", re.ASCII)

_EDITABLE = {"Bash": "command", "WebFetch": "url", "WebSearch": "query"}
_EDITABLE_IN_MCP = ("code", "command", "sql", "query")


@dataclass(frozen=True)
class Decision:
    """A person's answer to a question.

    :param choice: the key of the choice; for a form, "send" or "cancel".
    :param note: the reason for a denial, or a comment on a plan.
    :param fields: the parts of the tool's input that were changed, by name.
    :param answers: the answers to a form, by question text.
    """

    choice: str
    note: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PermissionRequest:
    """A request from the CLI to call a tool.

    :param tool: the tool's name.
    :param tool_input: the tool's input.
    :param context: additional information from the CLI about the request.
    """

    tool: str
    tool_input: JSONObject
    context: ToolPermissionContext

    @property
    def choices(self) -> tuple[str, ...]:
        """The keys of the choices offered by the request. The last one denies it."""
        if self.tool == "AskUserQuestion":
            return (SEND, CANCEL)
        if self.tool == "ExitPlanMode":
            return (APPROVE, APPROVE_EDITS, KEEP_PLANNING)
        session = (SESSION,) if self.suggestions else ()
        return (ONCE, *session, *((PROJECT,) if self._is_savable else ()), DENY)

    @property
    def suggestions(self) -> tuple[PermissionUpdate, ...]:
        """The rule changes that keep the CLI from asking about the same call again."""
        suggested = tuple(self.context.suggestions)
        if not suggested or self._is_always_asked:
            return ()
        file = self._redirected_file
        if not file:
            return (*suggested, *self._rules_for_parts)
        if not _PLAIN_PATH.fullmatch(file):
            return ()
        destinations = [u.destination for u in suggested if u.type == "addRules"]
        # The CLI treats a path that starts with two slashes as absolute.
        rules = [PermissionRuleValue("Edit", f"/{file}")]
        place = destinations[0] if destinations else "session"
        return (*suggested, PermissionUpdate("addRules", rules, "allow", destination=place))

    @property
    def _rules_for_parts(self) -> tuple[PermissionUpdate, ...]:
        """The rules for those parts of a pipeline that the suggested rules do not cover.

        If a part writes to a file, the CLI suggests the mode `acceptEdits` instead of a rule, but
        that mode does not cover every such command.
        """
        command = self.tool_input.get("command") if self.tool == "Bash" else None
        suggested = self.context.suggestions
        if not isinstance(command, str) or not _PIPELINE.fullmatch(command):
            return ()
        updates = [update for update in suggested if update.type == "addRules"]
        missed = _missed_parts(command, updates)
        writing = sum(update.type == "setMode" for update in suggested)
        if not updates or writing <= command.count(" | ") + 1 - len(missed):
            return ()
        rules = [PermissionRuleValue("Bash", part) for part in dict.fromkeys(missed)]
        return (PermissionUpdate("addRules", rules, "allow", destination=updates[0].destination),)

    @property
    def _is_always_asked(self) -> bool:
        """Return whether the CLI asks about the call in spite of the changes that it suggests."""
        if self.context.decision_reason_type == "safetyCheck":
            return all(update.type != "addRules" for update in self.context.suggestions)
        return self.context.decision_reason_type == "other" and bool(self.context.blocked_path)

    @property
    def _redirected_file(self) -> str:
        """The file that a command redirects its output to, for which the CLI suggests no rule."""
        kinds = {update.type for update in self.context.suggestions}
        is_redirection = "addDirectories" in kinds and "setMode" not in kinds
        if self.tool != "Bash" or self.context.decision_reason_type or not is_redirection:
            return ""
        return self.context.blocked_path or ""

    @property
    def _is_savable(self) -> bool:
        """Return whether this is a suggested rule that a settings file can store."""
        places = {update.destination for update in self.suggestions}
        return not self.context.suppress_always_allow_rule and not places.isdisjoint(SETTINGS_FILES)

    @property
    def editable_field(self) -> str:
        """The name of the part of the input that may be changed; "" if there is none."""
        if self.tool.startswith("mcp__"):
            texts = (
                name for name in _EDITABLE_IN_MCP if isinstance(self.tool_input.get(name), str)
            )
            return next(texts, "")
        return _EDITABLE.get(self.tool, "")

    def changed_text(self, decision: Decision) -> str:
        """Return the part of the input that the person has changed; "" if it is unchanged."""
        text = decision.fields.get(self.editable_field, "")
        return text if text != self.tool_input.get(self.editable_field) else ""

    def is_allowed(self, decision: Decision) -> bool:
        """Return whether `decision` allows the call."""
        return isinstance(self.result(decision), PermissionResultAllow)

    def result(self, decision: Decision) -> PermissionResult:
        """Return the result of `decision`. A decision that was not offered counts as a denial."""
        if self.tool == "AskUserQuestion":
            return self._form_result(decision)
        if decision.choice in (DENY, KEEP_PLANNING):
            return PermissionResultDeny(message=decision.note or self._usual_reason(decision))
        if decision.choice not in self.choices:
            refusal = f"{decision.choice!r} is not one of the choices. Denied."
            return PermissionResultDeny(message=refusal)
        return PermissionResultAllow(
            updated_input=self._changed_input(decision),
            updated_permissions=self._updates(decision.choice) or None,
        )

    def _usual_reason(self, decision: Decision) -> str:
        if decision.choice == KEEP_PLANNING:
            return "The person wants you to keep planning."
        return f"The person did not allow {self.tool}."

    def _updates(self, choice: str) -> list[PermissionUpdate]:
        """Return the permission updates for a choice."""
        suggested = self.suggestions
        for_session = [dataclasses.replace(update, destination="session") for update in suggested]
        if choice == SESSION:
            return for_session
        if choice == PROJECT:
            # If a CLI does not load the project's settings, it drops the rule when it reloads them.
            rules = [update for update in for_session if update.type == "addRules"]
            return [*suggested, *(rule for rule in rules if rule not in suggested)]
        if choice == APPROVE_EDITS:
            return [PermissionUpdate("setMode", mode="acceptEdits", destination="session")]
        return []

    def _changed_input(self, decision: Decision) -> JSONObject:
        name = self.editable_field
        if name and name in decision.fields:
            return {**self.tool_input, name: decision.fields[name]}
        return self.tool_input

    def _form_result(self, decision: Decision) -> PermissionResult:
        if decision.choice != SEND:
            reason = decision.note or "The person did not want to answer."
            return PermissionResultDeny(message=reason)
        known = set(self.question_texts)
        answers = {text: answer for text, answer in decision.answers.items() if text in known}
        return PermissionResultAllow(updated_input={**self.tool_input, "answers": answers})

    @property
    def question_texts(self) -> tuple[str, ...]:
        """The texts of a form's questions, as Claude wrote them."""
        questions = self.tool_input.get("questions")
        return tuple(
            str(question.get("question", ""))
            for question in (questions if isinstance(questions, list) else ())
            if isinstance(question, dict)
        )


def _missed_parts(command: str, updates: Sequence[PermissionUpdate]) -> list[str]:
    """Return the parts of a pipeline that no rule of the updates covers."""
    prefixes = [rule.rule_content or "" for update in updates for rule in update.rules or ()]
    return [part for part in command.split(" | ") if not _is_covered(part, prefixes)]


def _is_covered(part: str, rules: Sequence[str]) -> bool:
    """Return True if one of the rules, such as "touch b *" or "git log:*", allows a command."""
    return any(_covers(rule, part) for rule in rules if " | " not in rule)


def _covers(rule: str, part: str) -> bool:
    if not rule.endswith("*"):
        return rule == part
    prefix = f"{rule[:-2]} " if rule.endswith(":*") else rule[:-1]
    return f"{part} ".startswith(prefix)


def is_yes(decision: Decision) -> bool:
    """Return whether the choice is offered and allows the request."""
    return decision.choice in _YES
