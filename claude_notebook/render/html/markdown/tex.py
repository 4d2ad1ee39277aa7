"""Checks whether formulas are safe.

Typesetters have commands that create links, set styles, load files, define other commands, or draw
over the surrounding text. A formula is typeset only if each of its commands is known to be
harmless, its lengths are small, and its colors are plain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .tex_commands import COMMANDS, ENVIRONMENTS, SMALL

MAX_CHARS = 20_000
"""Maximum length of a typeset formula."""

MAX_SPACE_EM = 20.0
"""Maximum total width of a formula's spaces, in units of its font size."""

MAX_BACKWARD_EM = 4.0
"""Maximum total width of its negative spaces, which draw over the text next to or above it."""

MAX_LAID_OVER = {"smash": 80, "cancelto": 20}
"""Maximum number of characters in an argument whose height or width does not count, by command."""

MAX_COMMANDS = 5000
MAX_DEPTH = 100

# A comment would separate a command from its argument, which typesetters handle differently.
_COMMAND = re.compile(r"\\(?:([A-Za-z@]+)|(.)|\Z)|%", re.DOTALL)
_ESCAPES = frozenset(" \n\t,;:!>|{}%$#&_-/'`^=\".~\\")
"""Characters that may follow a backslash: spaces, accents and escaped characters."""

_NAME = re.compile(r"\s*\{\s*([A-Za-z]+\*?)\s*\}")
_COLOR = re.compile(r"\s*(?:\[[A-Za-z]{1,6}\]\s*)?(?:\{\s*[#A-Za-z0-9.,\s]{1,40}\}|[A-Za-z0-9])")
_LENGTH = re.compile(
    r"\*?\s*\{?\s*(?P<number>[+-]?\s*(?:\d{1,4}(?:\.\d{0,6})?|\.\d{1,6}))\s*"
    r"(?P<unit>em|ex|mu|pt|px|bp|dd|cm|mm|in|pc|cc|sp)(?![A-Za-z])"
)
_ARRAYS = frozenset({"array", "darray"})
_COLUMNS = re.compile(
    r"\s*(?:\[[tbc]\]\s*)?\{(?:[lcr|:\s]|[pmb]\s*\{[^{}]{1,20}\}|[@!<>]\s*\{(?:[^{}]|\{[^{}]*\}){0,60}\}"
    r"|\*\s*\{\s*\d{1,2}\s*\}\s*\{[lcr|:\s]{1,20}\}){0,200}\}"
)
_ARGUMENT = re.compile(
    r"\s*(?:\[[tb]\]\s*)?(?:\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}|[A-Za-z0-9])"
)
_WIDTH = re.compile(r"[pmb]\s*(?=\{)")
_LINE_END = re.compile(r"\*?\s*\[")
_EM = {"em": 1.0, "ex": 0.5, "mu": 1 / 18, "cm": 2.9, "mm": 0.29, "in": 7.3, "pc": 1.2, "cc": 1.3}
_SMALL_UNIT_EM = 0.11
_LENGTHS = frozenset({"hspace", "hskip", "kern", "mkern", "mskip", "mspace"})
_LINE_ENDS = frozenset({"cr", "newline"})
_COLORS = frozenset({"color", "textcolor", "colorbox", "fcolorbox"})
_BACKWARD = frozenset({"negthinspace", "negmedspace", "negthickspace"})
_BACKWARD_EM = 0.28


def is_plain_formula(tex: str) -> bool:
    """Return whether the formula is safe to typeset."""
    if len(tex) > MAX_CHARS or _depth(tex) > MAX_DEPTH:
        return False
    space = backward = 0.0
    for number, width in enumerate(_widths(tex)):
        if width is None or number > MAX_COMMANDS:
            return False
        space += abs(width)
        backward -= min(width, 0.0)
    return space <= MAX_SPACE_EM and backward <= MAX_BACKWARD_EM


def _depth(tex: str) -> int:
    """Return the nesting depth of braces, or an upper bound for it."""
    depth = deepest = 0
    for brace in re.findall(r"[{}]", tex):
        depth = depth + 1 if brace == "{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest


def _widths(tex: str) -> Iterator[float | None]:
    """Yield the width of each command's space, or None if not allowed.

    A space that moves back has a width below 0.
    """
    for command in _COMMAND.finditer(tex):
        name, escape = command[1], command[2]
        if name is not None:
            yield _width(name, tex, command.end())
        elif escape is None or escape not in _ESCAPES:
            yield None
        elif escape == "\\":
            yield _length_of_line_end(tex, command.end())
        else:
            yield -_BACKWARD_EM if escape == "!" else 0.0


def _width(name: str, tex: str, end: int) -> float | None:
    if name not in COMMANDS:
        return None
    if name in ("begin", "end"):
        return _width_of_environment(tex, end, is_begin=name == "begin")
    if name in _COLORS:
        return 0.0 if _COLOR.match(tex, end) else None
    if name in _LINE_ENDS:
        return _length_of_line_end(tex, end)
    if name in _LENGTHS:
        return _length(tex, end)
    if name in MAX_LAID_OVER:
        return 0.0 if _is_small(tex, end, MAX_LAID_OVER[name]) else None
    return -_BACKWARD_EM if name in _BACKWARD else 0.0


def _is_small(tex: str, start: int, limit: int) -> bool:
    """Return whether the argument hardly draws over the surrounding text."""
    argument = _ARGUMENT.match(tex[start : start + limit])
    if argument is None:
        return False
    commands = _COMMAND.finditer(argument[0])
    return all((command[1] or command[2]) in SMALL for command in commands)


def _width_of_environment(tex: str, start: int, *, is_begin: bool) -> float | None:
    environment = _NAME.match(tex, start)
    if environment is None or environment[1] not in ENVIRONMENTS:
        return None
    is_array = is_begin and environment[1] in _ARRAYS
    return _width_of_columns(tex, environment.end()) if is_array else 0.0


def _width_of_columns(tex: str, start: int) -> float | None:
    """Return the sum of the column widths in an array."""
    columns = _COLUMNS.match(tex, start)
    if columns is None:
        return None
    widths = [_length(tex, width.end()) for width in _WIDTH.finditer(tex, start, columns.end())]
    return None if None in widths else sum(abs(width) for width in widths if width is not None)


def _length_of_line_end(tex: str, start: int) -> float | None:
    line_end = _LINE_END.match(tex, start)
    return _length(tex, line_end.end()) if line_end is not None else 0.0


def _length(tex: str, start: int) -> float | None:
    length = _LENGTH.match(tex, start)
    if length is None:
        return None
    number = float(re.sub(r"\s", "", length["number"]))
    return number * _EM.get(length["unit"], _SMALL_UNIT_EM)
