"""Tab completion for flags, their values, slash commands, and files after @.

It works on the line of `%claude` and `%%claude`, and in the body of a `%%claude` cell. The flags
are taken from `flags.FLAGS`, the commands from `commands.COMMANDS`.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .cell_transformer import CELL
from .commands import COMMANDS, CommandContext, cli_commands, models
from .flags import FLAGS

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext
    from IPython.core.interactiveshell import InteractiveShell

MAX_FILES = 200
_NAME = "claude_notebook"

_ON_THE_LINE = re.compile(r"^\s*(?:[\w.\[\]'\"]+\s*=\s*)?%{1,2}claude\s(?P<text>.*)$", re.DOTALL)
_WORD = re.compile(r"""(?:"[^"]*"|'[^']*'|\([^()]*\)|\S)+""")
_LAST_WORD = re.compile(r"\S*$")


@dataclass(frozen=True)
class Completions:
    """Completions for the word before the cursor.

    :param kind: the kind of values, which is displayed in the list.
    :param word: the part of the word that the values replace.
    """

    kind: str
    word: str
    values: tuple[str, ...]


def folders(prefix: str) -> list[str]:
    """List the folders whose path begins with `prefix`, each with a trailing slash."""
    return [path for path in files(prefix) if path.endswith(os.sep)]


def files(prefix: str) -> list[str]:
    """List at most `MAX_FILES` paths that begin with `prefix`.

    Hidden files are listed only if the prefix includes the dot. Folders end with a slash.
    """
    pattern = glob.escape(os.path.expanduser(prefix)) + "*"
    paths = sorted(glob.glob(pattern))[:MAX_FILES]
    home = os.path.expanduser("~")
    shown_home = "~" if prefix.startswith("~") else home
    marked = (path + os.sep if os.path.isdir(path) else path for path in paths)
    return [path.replace(home, shown_home, 1) if path.startswith(home) else path for path in marked]


def _conversations(context: CommandContext) -> list[str]:
    known = (context.conversation.session_id, *(job.session_id for job in context.jobs))
    return [session_id for session_id in known if session_id is not None]


Values = Callable[[CommandContext, str], Iterable[str]]

SOURCES: dict[str, Values] = {
    "model": lambda context, prefix: models(context),
    "mode": lambda context, prefix: FLAGS["--mode"].choices,
    "replay": lambda context, prefix: FLAGS["--replay"].choices,
    "folder": lambda context, prefix: folders(prefix),
    "file": lambda context, prefix: files(prefix),
    "conversation": lambda context, prefix: _conversations(context),
}
"""The values for each kind that is used in `MagicFlag.completes`."""


def complete(before: str, context: CommandContext) -> Completions | None:
    """Return completions for the last word of `before`, or None if there are no suggestions.

    :param before: the text before the cursor, after `%claude` or in the prompt's first line.
    """
    last = _LAST_WORD.search(before)
    word = last.group() if last else ""
    earlier = _WORD.findall(before[: len(before) - len(word)])
    flag, equals, value = word.partition("=")
    if equals and _completes(flag):
        return _flag_values(flag, value, context)
    if earlier and _completes(earlier[-1]):
        return _flag_values(earlier[-1], word, context)
    prompt = _prompt_words(earlier)
    if word.startswith("--") and not prompt:
        return Completions("flag", word, tuple(FLAGS))
    return _in_prompt(word, prompt, context)


def _completes(name: str) -> bool:
    return name in FLAGS and bool(FLAGS[name].completes)


def _flag_values(name: str, prefix: str, context: CommandContext) -> Completions:
    kind = FLAGS[name].completes
    return Completions(kind, prefix, tuple(SOURCES[kind](context, prefix)))


def _prompt_words(words: list[str]) -> list[str]:
    """Return the words that follow the flags and their values."""
    rest = list(words)
    while rest and rest[0].startswith("--"):
        name, equals, _ = rest.pop(0).partition("=")
        takes_value = name in FLAGS and FLAGS[name].metavar and not equals
        if takes_value and rest:
            rest.pop(0)
    return rest


def _in_prompt(word: str, prompt: list[str], context: CommandContext) -> Completions | None:
    if word.startswith("@"):
        return Completions("file", word[1:], tuple(files(word[1:])))
    if word.startswith("/") and not prompt:
        others = (fields.text("name") for fields in cli_commands(context.conversation))
        names = dict.fromkeys((*COMMANDS, *others))
        return Completions("command", word, tuple(f"/{name}" for name in names))
    if len(prompt) == 1 and (command := COMMANDS.get(prompt[0].removeprefix("/"))):
        return Completions("argument", word, tuple(command.values(context)))
    return None


def text_before_cursor(full_text: str, line: str, number: int, column: int) -> str | None:
    """Return the text before the cursor that belongs to a magic, or None outside of one.

    :param full_text: the whole cell.
    :param line: the line that contains the cursor.
    :param number: the index of that line, starting at 0.
    :param column: the cursor's index in that line.
    """
    before = line[:column]
    if match := _ON_THE_LINE.match(before):
        return match["text"]
    lines = full_text.split("\n")
    first = next((n for n, text in enumerate(lines) if text.strip()), 0)
    if not lines[first].lstrip().startswith(CELL) or number <= first:
        return None
    # Below the prompt's first line, only files are completed.
    is_later_line = any(text.strip() for text in lines[first + 1 : number])
    return f"- {before}" if is_later_line else before


def add_completer(shell: InteractiveShell, context: CommandContext) -> None:
    """Complete the magics' lines, and suppress other suggestions there."""
    from IPython.core.completer import SimpleCompletion, context_matcher

    def match(cursor: CompletionContext) -> Mapping[str, object]:
        completions = _at_cursor(cursor, context)
        if completions is None:
            return {"completions": []}
        word, kind = completions.word, completions.kind
        return {
            "completions": [
                SimpleCompletion(text=value, type=kind)
                for value in completions.values
                if value.startswith(word)
            ],
            "matched_fragment": word,
            "suppress": True,
        }

    shell.Completer.custom_matchers.insert(0, context_matcher(identifier=_NAME)(match))


def _at_cursor(cursor: CompletionContext, context: CommandContext) -> Completions | None:
    line, number, column = cursor.line_with_cursor, cursor.cursor_line, cursor.cursor_position
    before = text_before_cursor(cursor.full_text, line, number, column)
    return complete(before, context) if before is not None else None


def remove_completer(shell: InteractiveShell) -> None:
    """Undo `add_completer`."""
    matchers = shell.Completer.custom_matchers
    matchers[:] = [
        matcher for matcher in matchers if getattr(matcher, "matcher_identifier", "") != _NAME
    ]
