"""The line of the magics: flags first, then the prompt, which is left exactly as it is."""

from __future__ import annotations

import argparse
import difflib
import re
import shlex
from dataclasses import dataclass, field

from IPython.core.error import UsageError

from ...errors import OptionsError

# Quoted, in parentheses as in Bash(git *), or without blanks.
_WORD = re.compile(r"""\s*((?:"(?:\\.|[^"\\])*"|'[^']*'|\([^()"']*\)|\\.|[^\s"'\\])+)""")


@dataclass
class MagicArguments:
    """What stands on the line."""

    prompt: str = ""
    model: str | None = None
    new: bool = False
    mode: str | None = None
    max_turns: int | None = None
    cwd: str | None = None
    add_dir: list[str] = field(default_factory=list)
    system: str | None = None
    allow: list[str] = field(default_factory=list)
    allow_dangerously_skip_permissions: bool = False
    deny: list[str] = field(default_factory=list)
    budget: float | None = None
    resume: str | None = None
    fork: bool = False
    attach: list[str] = field(default_factory=list)
    plain: bool = False
    checkpoint: bool = False
    trust_project: bool = False
    replay: str | None = None
    speed: float | None = None
    apply: str | None = None
    run_tools: bool = False
    bg: bool = False
    same: bool = False
    handle: str | None = None


def parse(parser: argparse.ArgumentParser, line: str) -> MagicArguments:
    """Split `line` into flags and prompt. The first word that is no flag begins the prompt.

    :raises OptionsError: a flag is unknown, or its value is missing or wrong
    """
    words, prompt = _flag_words(parser, line)
    try:
        parsed = parser.parse_args(words)
    except (UsageError, argparse.ArgumentError) as error:
        # IPython's parser raises UsageError, argparse's own ArgumentError: both say what is wrong.
        raise OptionsError(f"{error}. See %%claude? for all flags.") from None
    arguments = MagicArguments(prompt=prompt)
    for name, value in vars(parsed).items():
        if name != "prompt" and value is not None:
            setattr(arguments, name, value)
    _check(arguments)
    return arguments


def _check(arguments: MagicArguments) -> None:
    if arguments.new and arguments.resume is not None:
        raise OptionsError("--new and --resume contradict each other: give one of them.")
    if arguments.fork and (arguments.new or arguments.same):
        other = "--new" if arguments.new else "--same"
        raise OptionsError(f"--fork and {other} contradict each other: give one of them.")
    _check_background(arguments)
    if arguments.speed is not None and not arguments.speed >= 0:
        raise OptionsError(f"--speed must be 0 (at once) or more, not {arguments.speed:g}.")
    for name in ("max_turns", "budget"):
        value = getattr(arguments, name)
        if value is not None and not value > 0:
            flag = f"--{name.replace('_', '-')}"
            raise OptionsError(f"{flag} must be more than 0, not {value:g}.", field=name)


def _check_background(arguments: MagicArguments) -> None:
    if not arguments.bg and (arguments.same or arguments.handle is not None):
        flag = "--same" if arguments.same else "--as"
        raise OptionsError(f"{flag} is for background turns: give --bg with it.")
    if arguments.same and (arguments.new or arguments.resume is not None):
        other = "--new" if arguments.new else "--resume"
        raise OptionsError(f"--same and {other} contradict each other: give one of them.")
    if arguments.handle is not None and not arguments.handle.isidentifier():
        raise OptionsError(f"--as needs a variable's name, not {arguments.handle!r}.")


def _flag_words(parser: argparse.ArgumentParser, line: str) -> tuple[list[str], str]:
    flags = parser._option_string_actions
    words: list[str] = []
    rest = line
    while (match := _WORD.match(rest)) and match.group(1).startswith("--"):
        word = match.group(1)
        rest = rest[match.end() :]
        if word == "--":
            break
        name, equals, value = word.partition("=")
        if name not in flags:
            raise OptionsError(_unknown(name, list(flags)))
        if equals:
            words.append(f"{name}={_unquote(value)}")
        elif flags[name].nargs == 0:
            words.append(name)
        else:
            taken = _WORD.match(rest)
            if taken is None:
                wrong = "is missing its closing quote" if rest.strip() else "needs a value"
                raise OptionsError(f"{name} {wrong}. See %%claude? for all flags.")
            words.append(f"{name}={_unquote(taken.group(1))}")
            rest = rest[taken.end() :]
    return words, rest.strip()


def _unquote(word: str) -> str:
    try:
        return "".join(shlex.split(word)) if word[:1] in "\"'" else word
    except ValueError:
        return word


def _unknown(name: str, flags: list[str]) -> str:
    known = [flag for flag in flags if flag.startswith("--")]
    near = difflib.get_close_matches(name, known, n=2, cutoff=0.75)
    near = near or difflib.get_close_matches(name, known, n=1)
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    return f"There is no flag {name}.{meant} See %%claude? for all flags; `--` ends them."
