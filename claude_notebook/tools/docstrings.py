"""What a docstring says about a function and its parameters: Google, NumPy and Sphinx style."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

Section = tuple[int, int, int]
"""Where the parameters stand: first line of the section, of its entries, and after it."""


@dataclass(frozen=True)
class _Style:
    """How a style marks its parameters.

    `head` matches the first line of an entry in the section that `find` found: the names and, where
    it stands on the same line, the text.
    """

    find: Callable[[Sequence[str]], Section | None]
    head: re.Pattern[str]


def read_docstring(text: str | None) -> tuple[str, dict[str, str]]:
    """The description (all but the parameters), and a description of each parameter."""
    lines = inspect.cleandoc(text or "").splitlines()
    for style in _STYLES:
        section = style.find(lines)
        if section is not None:
            start, body, end = section
            rest = "\n".join([*lines[:start], *lines[end:]])
            entries = inspect.cleandoc("\n" + "\n".join(lines[body:end])).splitlines()
            return _tidy(rest), _entries(entries, style.head)
    return _tidy("\n".join(lines)), {}


def _tidy(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _entries(lines: Sequence[str], head: re.Pattern[str]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    names: list[str] = []
    for line in lines:
        match = None if line[:1].isspace() else head.fullmatch(line)
        if match is not None:
            names = [name.strip().lstrip("*") for name in (match["names"] or "").split(",")]
            found.update({name: [] for name in names})
            line = match.groupdict().get("text") or ""
        for name in names:
            found[name].append(line.strip())
    said = {name: " ".join(filter(None, texts)) for name, texts in found.items() if name}
    return {name: text for name, text in said.items() if text}


def _indented_after(lines: Sequence[str], start: int) -> int:
    for number in range(start, len(lines)):
        if lines[number] and not lines[number][0].isspace():
            return number
    return len(lines)


def _google(lines: Sequence[str]) -> Section | None:
    for number, line in enumerate(lines):
        if re.fullmatch(r"(Args|Arguments|Parameters|Params):", line.rstrip()):
            return number, number + 1, _indented_after(lines, number + 1)
    return None


def _underlined(lines: Sequence[str], number: int) -> bool:
    return number + 1 < len(lines) and bool(re.fullmatch(r"-{3,}", lines[number + 1].strip()))


def _numpy(lines: Sequence[str]) -> Section | None:
    headings = [number for number in range(len(lines)) if _underlined(lines, number)]
    for number, following in pairwise([*headings, len(lines)]):
        if lines[number].strip() in ("Parameters", "Other Parameters"):
            return number, number + 2, following
    return None


def _sphinx(lines: Sequence[str]) -> Section | None:
    fields = [number for number, line in enumerate(lines) if line.startswith(":param ")]
    return (fields[0], fields[0], len(lines)) if fields else None


_STYLES = (
    _Style(_numpy, re.compile(r"(?P<names>\*{0,2}\w+(?:\s*,\s*\*{0,2}\w+)*)\s*(?::.*)?")),
    _Style(_google, re.compile(r"(?P<names>\*{0,2}\w+)\s*(?:\(.*?\))?\s*:\s*(?P<text>.*)")),
    # Other fields (:type x:, :return:) match as well, without a name.
    _Style(
        _sphinx,
        re.compile(r":(?:param\s+(?:[^:]*\s)?(?P<names>\w+)|[^:]*)\s*:\s*(?P<text>.*)"),
    ),
)
