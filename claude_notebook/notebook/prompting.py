"""Questions in plain text, answered at an `input()` prompt: where clicks cannot reach.

The same questions with the same choices as in the page. Whoever just presses Enter has allowed
nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from ..render.asks import DENY, Answer, Asked
from ..render.safe import reveal
from ..render.view import AskPanel, Choice, FormPanel, Question

Read = Callable[[str], str]
Write = Callable[[str], None]


def ask_in_text(asked: Asked, read: Read, write: Write) -> Answer:
    """Ask at a prompt. Ctrl-C, the end of the input and an unknown answer are a no.

    Args:
        read: `input`.
        write: `print`.
    """
    panel = asked.panel("")
    try:
        if isinstance(panel, FormPanel):
            return _form(panel, read, write)
        return _choice(panel, asked, read, write)
    except (EOFError, KeyboardInterrupt):
        return Answer("cancel" if isinstance(panel, FormPanel) else DENY)


def _choice(panel: AskPanel, asked: Asked, read: Read, write: Write) -> Answer:
    shown = [panel.title, *(f"  {line}" for line in _in_full(asked)), panel.reason]
    write("\n".join(line for line in shown if line.strip()))
    for choice in panel.choices:
        scope = f": {choice.scope}" if choice.scope else ""
        write(f"  [{choice.shortcut}] {choice.label}{scope}")
    said = read("Your choice: ").strip().lower()
    chosen = next((one for one in panel.choices if said == one.shortcut), None)
    if chosen is None:
        return Answer(panel.choices[-1].key)
    return Answer(chosen.key, note=_note(chosen, read))


def _note(choice: Choice, read: Read) -> str:
    return read("Why (Claude reads it; may be empty): ").strip() if choice.note else ""


def _in_full(asked: Asked) -> list[str]:
    """What will happen, line by line."""
    lines: list[str] = []
    for piece in asked.pieces:
        lines += piece.text.splitlines()
        lines += [" | ".join(row) for row in piece.rows]
        lines += [line for hunk in piece.hunks for line in hunk.lines]
    return [reveal(line) for line in lines]


def _form(panel: FormPanel, read: Read, write: Write) -> Answer:
    answers = {question.text: _answer(question, read, write) for question in panel.questions}
    if not any(answers.values()):
        return Answer("cancel")
    return Answer("send", answers=answers)


def _answer(question: Question, read: Read, write: Write) -> str:
    write(question.text)
    for number, option in enumerate(question.options, 1):
        about = f" - {option.description}" if option.description else ""
        write(f"  [{number}] {option.label}{about}")
    several = ", several with commas" if question.multiple else ""
    said = read(f"A number{several}, or your own words: ").strip()
    picked = [part.strip() for part in said.split(",")]
    if picked and all(part.isdigit() and 0 < int(part) <= len(question.options) for part in picked):
        return ", ".join(question.options[int(part) - 1].label for part in picked)
    return said
