"""Parses the line of a magic: flags first, then the prompt, which is kept unchanged."""

from __future__ import annotations

import argparse
import difflib
import re
import shlex
from collections.abc import Sequence

from IPython.core.error import UsageError

from ...errors import OptionsError
from .flags import FLAGS, ROWS, MagicArguments, flag_of

# A word may contain quotes, parentheses as in Bash(git *), and escapes.
_WORD = re.compile(r"""\s*((?:"(?:\\.|[^"\\])*"|'[^']*'|\([^()"']*\)|\\.|[^\s"'\\])+)""")


def parse(parser: argparse.ArgumentParser, line: str) -> MagicArguments:
    """Split `line` into flags and prompt. The prompt begins with the first word that is not a flag.

    :raises OptionsError: if a flag is unknown, its value is missing or invalid, or two flags
        conflict
    """
    words, prompt = _flag_words(line)
    try:
        parsed = parser.parse_args(words)
    except (UsageError, argparse.ArgumentError) as error:
        # IPython's parser raises UsageError, while argparse's raises ArgumentError.
        raise OptionsError(f"{error}. See %%claude? for all flags.") from None
    arguments = MagicArguments(prompt=prompt)
    for name, value in vars(parsed).items():
        if name != "prompt" and value is not None:
            setattr(arguments, name, value)
    _check(arguments)
    return arguments


# Pairs of fields, in the order of the checks.
_EXCLUSIVE = (("new", "resume"), ("fork", "new"), ("fork", "same"))
_EXCLUSIVE_IN_BACKGROUND = (("same", "new"), ("same", "resume"))


def _check(arguments: MagicArguments) -> None:
    _check_pairs(arguments, _EXCLUSIVE)
    _check_background(arguments)
    if arguments.speed is not None and not arguments.speed >= 0:
        raise OptionsError(f"--speed must be 0 (no waiting) or more, not {arguments.speed:g}.")
    for row in ROWS:
        flag, value = flag_of(row), getattr(arguments, row.name)
        if flag.positive and value is not None and not value > 0:
            raise OptionsError(f"{flag.name} must be more than 0, not {value:g}.", field=row.name)


def _check_pairs(arguments: MagicArguments, pairs: Sequence[tuple[str, str]]) -> None:
    for first, second in pairs:
        if _is_set(arguments, first) and _is_set(arguments, second):
            raise OptionsError(f"--{first} and --{second} cannot be combined: use one of them.")


def _is_set(arguments: MagicArguments, name: str) -> bool:
    return getattr(arguments, name) not in (None, False)


def _check_background(arguments: MagicArguments) -> None:
    if not arguments.bg and (arguments.same or arguments.handle is not None):
        flag = "--same" if arguments.same else "--as"
        raise OptionsError(f"{flag} is for background turns: add --bg.")
    _check_pairs(arguments, _EXCLUSIVE_IN_BACKGROUND)
    if arguments.handle is not None and not arguments.handle.isidentifier():
        raise OptionsError(f"--as needs a variable name, not {arguments.handle!r}.")


def _flag_words(line: str) -> tuple[list[str], str]:
    words: list[str] = []
    rest = line
    while (match := _WORD.match(rest)) and match.group(1).startswith("--"):
        word = match.group(1)
        rest = rest[match.end() :]
        if word == "--":
            break
        name, equals, value = word.partition("=")
        if name not in FLAGS:
            raise OptionsError(_unknown_flag(name))
        if equals:
            words.append(f"{name}={_unquote(value)}")
        elif not FLAGS[name].metavar:
            words.append(name)
        else:
            next_word = _WORD.match(rest)
            if next_word is None:
                problem = "is missing its closing quote" if rest.strip() else "needs a value"
                raise OptionsError(f"{name} {problem}. See %%claude? for all flags.")
            words.append(f"{name}={_unquote(next_word.group(1))}")
            rest = rest[next_word.end() :]
    return words, rest.strip()


def _unquote(word: str) -> str:
    try:
        return "".join(shlex.split(word)) if word[:1] in "\"'" else word
    except ValueError:
        return word


def _unknown_flag(name: str) -> str:
    similar = difflib.get_close_matches(name, FLAGS, n=2, cutoff=0.75)
    similar = similar or difflib.get_close_matches(name, FLAGS, n=1)
    hint = f" Did you mean {' or '.join(similar)}?" if similar else ""
    return (
        f"There is no flag {name}.{hint} See %%claude? for all flags. Put `--` before a prompt "
        "that begins with a dash."
    )
