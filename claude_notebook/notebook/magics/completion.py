"""Tab completion on the line of `%claude`, on the first lines of a `%%claude` cell, and after @.

What is completed where: `FLAG_VALUES` for what follows a flag, `COMMANDS` for slash commands.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...permissions.types import MODES
from .cell_transformer import CELL
from .commands import COMMANDS, Desk, cli_commands, models

if TYPE_CHECKING:
    from argparse import Action

    from IPython.core.completer import CompletionContext
    from IPython.core.interactiveshell import InteractiveShell

MAX_FILES = 200
_NAME = "claude_notebook"

_ON_THE_LINE = re.compile(r"^\s*(?:[\w.\[\]'\"]+\s*=\s*)?%{1,2}claude\s(?P<said>.*)$", re.DOTALL)
_WORD = re.compile(r"""(?:"[^"]*"|'[^']*'|\([^()]*\)|\S)+""")
_LAST = re.compile(r"\S*$")


@dataclass(frozen=True)
class Found:
    """What the last word may become: `kind` is a word for the list, `word` what stands there."""

    kind: str
    word: str
    values: tuple[str, ...]


def folders(beginning: str) -> list[str]:
    """The folders whose path begins so, each with a slash at its end."""
    return [path for path in files(beginning) if path.endswith(os.sep)]


def files(beginning: str) -> list[str]:
    """The files and folders whose path begins so; hidden ones only when that is said."""
    pattern = glob.escape(os.path.expanduser(beginning)) + "*"
    found = sorted(glob.glob(pattern))[:MAX_FILES]
    home = os.path.expanduser("~")
    back = "~" if beginning.startswith("~") else home
    marked = (path + os.sep if os.path.isdir(path) else path for path in found)
    return [path.replace(home, back, 1) if path.startswith(home) else path for path in marked]


def _conversations(desk: Desk) -> list[str]:
    known = (desk.conversation.session_id, *(job.session_id for job in desk.jobs))
    return [one for one in known if one is not None]


Values = Callable[[Desk, str], Iterable[str]]

FLAG_VALUES: dict[str, tuple[str, Values]] = {
    "--model": ("model", lambda desk, said: models(desk)),
    "--mode": ("mode", lambda desk, said: MODES),
    "--cwd": ("folder", lambda desk, said: folders(said)),
    "--add-dir": ("folder", lambda desk, said: folders(said)),
    "--attach": ("file", lambda desk, said: files(said)),
    "--resume": ("conversation", lambda desk, said: _conversations(desk)),
}
"""What may follow a flag: a word for it, and where the values come from."""


def complete(before: str, desk: Desk, flags: Mapping[str, Action]) -> Found | None:
    """What the last word before the cursor may become; None where nothing is known of it.

    :param before: what stands before the cursor, after `%claude` or in the prompt's first line.
    :param flags: the flags by their names, as argparse has them.
    """
    last = _LAST.search(before)
    word = last.group() if last else ""
    earlier = _WORD.findall(before[: len(before) - len(word)])
    flag, equals, value = word.partition("=")
    if equals and flag in FLAG_VALUES:
        return _after_flag(flag, value, desk)
    if earlier and earlier[-1] in FLAG_VALUES:
        return _after_flag(earlier[-1], word, desk)
    said = _prompt_so_far(earlier, flags)
    if word.startswith("--") and not said:
        return Found("flag", word, tuple(name for name in flags if name.startswith("--")))
    return _in_prompt(word, said, desk)


def _after_flag(flag: str, value: str, desk: Desk) -> Found:
    kind, values = FLAG_VALUES[flag]
    return Found(kind, value, tuple(values(desk, value)))


def _prompt_so_far(earlier: list[str], flags: Mapping[str, Action]) -> list[str]:
    """The words after the flags and their values."""
    rest = list(earlier)
    while rest and rest[0].startswith("--"):
        name, equals, _ = rest.pop(0).partition("=")
        takes_one = name in flags and flags[name].nargs != 0 and not equals
        if takes_one and rest:
            rest.pop(0)
    return rest


def _in_prompt(word: str, said: list[str], desk: Desk) -> Found | None:
    if word.startswith("@"):
        return Found("file", word[1:], tuple(files(word[1:])))
    if word.startswith("/") and not said:
        theirs = (one.text("name") for one in cli_commands(desk.conversation))
        names = dict.fromkeys((*COMMANDS, *theirs))
        return Found("command", word, tuple(f"/{name}" for name in names))
    if len(said) == 1 and (command := COMMANDS.get(said[0].removeprefix("/"))):
        return Found("argument", word, tuple(command.values(desk)))
    return None


def where(full_text: str, line: str, number: int, column: int) -> str | None:
    """What stands before the cursor and is ours; None elsewhere.

    :param full_text: the whole cell.
    :param line: the line of the cursor.
    :param number: its number, the first one is 0.
    :param column: the cursor's place in it.
    """
    before = line[:column]
    if match := _ON_THE_LINE.match(before):
        return match["said"]
    lines = full_text.split("\n")
    first = next((n for n, one in enumerate(lines) if one.strip()), 0)
    if not lines[first].lstrip().startswith(CELL) or number <= first:
        return None
    # Below the first line of the prompt only files are completed.
    begun = any(one.strip() for one in lines[first + 1 : number])
    return f"- {before}" if begun else before


def add_completer(shell: InteractiveShell, desk: Desk, flags: Mapping[str, Action]) -> None:
    """Let the shell complete our lines; nothing else is suggested there."""
    from IPython.core.completer import SimpleCompletion, context_matcher

    def match(context: CompletionContext) -> Mapping[str, object]:
        found = _at_cursor(context, desk, flags)
        if found is None:
            return {"completions": []}
        values = [value for value in found.values if value.startswith(found.word)]
        return {
            "completions": [SimpleCompletion(text=value, type=found.kind) for value in values],
            "matched_fragment": found.word,
            "suppress": True,
        }

    shell.Completer.custom_matchers.insert(0, context_matcher(identifier=_NAME)(match))


def _at_cursor(context: CompletionContext, desk: Desk, flags: Mapping[str, Action]) -> Found | None:
    line = context.line_with_cursor
    before = where(context.full_text, line, context.cursor_line, context.cursor_position)
    return complete(before, desk, flags) if before is not None else None


def remove_completer(shell: InteractiveShell) -> None:
    """Take it away again."""
    matchers = shell.Completer.custom_matchers
    matchers[:] = [one for one in matchers if getattr(one, "matcher_identifier", "") != _NAME]
