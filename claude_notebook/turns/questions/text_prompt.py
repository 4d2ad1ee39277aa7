"""Asks questions as plain text at an `input()` prompt, for front ends without a page.

The questions and choices are the same as on the page. An empty answer never allows anything.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator

from ...permissions.decisions import DENY, Decision
from ...render.html.sanitizer import reveal
from ...render.model import (
    AskPanel,
    Choice,
    Field,
    FormPanel,
    FormQuestion,
)
from ..request import count_from
from .questions import Askable

Read = Callable[[str], str]
Write = Callable[[str], None]

CHANGE = "c"
"""The key for editing the input. Panels with fields have no choice that uses it."""


def ask_in_text(
    askable: Askable, read: Read, write: Write, read_secret: Read | None = None
) -> Decision:
    """Ask at a prompt. Ctrl-C, the end of the input and an unknown answer deny.

    :param read: `input`.
    :param write: `print`.
    :param read_secret: reads a line without showing it; `getpass.getpass` by default, which a
        kernel replaces.
    """
    panel = askable.panel("")
    try:
        if isinstance(panel, FormPanel):
            return _form(panel, askable, read, write, read_secret or getpass.getpass)
        return _choice(panel, askable, read, write)
    except (EOFError, KeyboardInterrupt):
        return Decision("cancel" if isinstance(panel, FormPanel) else DENY)


def _choice(panel: AskPanel, askable: Askable, read: Read, write: Write) -> Decision:
    lines = [panel.title, *(f"  {line}" for line in _detail_lines(askable)), panel.reason]
    write("\n".join(line for line in lines if line.strip()))
    reply, fields = _reply(panel, read, write)
    chosen = next((choice for choice in panel.choices if reply == choice.shortcut), None)
    if chosen is None:
        return Decision(panel.choices[-1].key)
    return Decision(chosen.key, note=_note(chosen, read), fields=fields)


def _reply(panel: AskPanel, read: Read, write: Write) -> tuple[str, dict[str, str]]:
    """Read a choice, and the changed fields if the person edits the input first."""
    fields: dict[str, str] = {}
    while True:
        reply = read(_offer(panel, write)).strip().lower()
        if reply != CHANGE or not panel.fields:
            return reply, fields
        fields |= {field.name: _changed(field, read) for field in panel.fields}
        write("\n".join(f"{name}: {reveal(value)}" for name, value in fields.items()))


def _offer(panel: AskPanel, write: Write) -> str:
    for choice in panel.choices:
        scope = f": {choice.scope}" if choice.scope else ""
        write(f"  [{choice.shortcut}] {choice.label}{scope}")
    if panel.fields:
        labels = " and ".join(field.label.lower() for field in panel.fields)
        write(f"  [{CHANGE}] Change the {labels} first")
    return "Your choice: "


def _changed(field: Field, read: Read) -> str:
    text = read(f"{field.label} (Enter leaves it as it is): ")
    return text if text.strip() else field.value


def _note(choice: Choice, read: Read) -> str:
    return read("Reason for Claude (optional): ").strip() if choice.note else ""


def _detail_lines(askable: Askable) -> list[str]:
    """Return the lines of a question's pieces, each preceded by its label and note."""
    lines: list[str] = []
    for piece in askable.pieces:
        heading = f"{piece.label} ({piece.note})" if piece.label and piece.note else piece.label
        lines += [heading] if heading else []
        lines += piece.text.splitlines()
        lines += [" | ".join(row) for row in piece.rows]
        lines += [line for hunk in piece.hunks for line in hunk.lines]
    return [reveal(line) for line in lines]


def _form(
    panel: FormPanel, askable: Askable, read: Read, write: Write, read_secret: Read
) -> Decision:
    write("\n".join(line for line in (panel.title, panel.note) if line))
    while True:
        answers = {
            q.text: _answer(q, read_secret if q.secret else read, write) for q in panel.questions
        }
        if not any(answers.values()):
            return Decision("cancel")
        answer = Decision("send", answers=answers)
        problem = askable.problem(answer)
        if not problem:
            return answer
        write(f"{problem}. Please answer again:")


def _answer(question: FormQuestion, read: Read, write: Write) -> str:
    about = f" ({question.about})" if question.about else ""
    write(f"{question.text}{about}")
    for line in _offers(question):
        write(f"  {line}")
    text = read(_prompt(question)).strip() or question.value
    picked = [count_from(part.strip()) or 0 for part in text.split(",")]
    if all(0 < number <= len(question.options) for number in picked):
        return ", ".join(question.options[number - 1].label for number in picked)
    return text


def _offers(question: FormQuestion) -> Iterator[str]:
    """Yield the pages to open and the numbered options."""
    for link in question.links:
        yield f"{link.label}: {link.url}"
    for number, option in enumerate(question.options, 1):
        about = f" - {option.description}" if option.description else ""
        yield f"[{number}] {option.label}{about}"


def _prompt(question: FormQuestion) -> str:
    default = f" [{question.value}]" if question.value else ""
    kinds = ", or ".join(_kinds(question))
    return f"{kinds[:1].upper()}{kinds[1:]}{default}: "


def _kinds(question: FormQuestion) -> list[str]:
    """Return the kinds of answers that a question accepts."""
    if question.secret or question.links:
        return [question.text]
    several = ", several with commas" if question.multiple else ""
    kinds = [f"a number{several}"] if question.options else []
    kinds += ["your own words"] if question.own_words and not question.number else []
    return [*kinds, "a number"] if question.number else kinds
