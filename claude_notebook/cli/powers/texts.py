"""Finds powers in Markdown for the model: front matter, shell commands, links and imports."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from . import front_matter
from .files import Budget, UninspectableError, is_within
from .power import Power

_IMPORT = re.compile(r"(?:^|\s)@((?:[^\s\\]|\\ )+)")
_SHELL_MARKS = ("!`", "```!", "~~~!")
# The CLI replaces placeholders before it looks for markers, and an argument can be empty.
_PLACEHOLDER = re.compile(r"\$+[\w\[\]{}$.-]*")
_MAX_IMPORTS = 500


def find_text_powers(kind: str, path: Path, root: str, budget: Budget) -> Iterator[Power]:
    """Yield the powers in one Markdown file.

    :param kind: the power's kind, such as "skill"
    :param root: the real path of the folder that the file belongs to
    :raises UninspectableError: if the file cannot be read completely
    """
    yield from find_outside_link(path, root, budget)
    text = budget.read_text(path)
    if text is None:
        return
    objection = front_matter.find_objection(text, budget) or _shell_objection(text)
    if not objection:
        return
    if not is_within(os.path.realpath(path), root) and not text.startswith(("---\n", "---\r\n")):
        # A private file must not be copied into the notebook just to ask about it.
        raise UninspectableError(path, f"{objection}, and it lies outside of the folder")
    yield Power(kind, str(path), text, "markdown", f"{objection[0].upper()}{objection[1:]}.")


def _shell_objection(text: str) -> str:
    texts = (text, _PLACEHOLDER.sub("", text))
    marked = any(mark in candidate for candidate in texts for mark in _SHELL_MARKS)
    return "the CLI runs shell commands in its text before the model reads it" if marked else ""


def find_memory_powers(path: Path, root: str, budget: Budget) -> Iterator[Power]:
    """Yield the powers in an instruction file (`CLAUDE.md`) and its imports.

    :raises UninspectableError: if a file cannot be read completely
    """
    waiting = [path]
    seen: set[str] = set()
    while waiting:
        memory = waiting.pop()
        real = os.path.realpath(memory)
        if real in seen:
            continue
        seen.add(real)
        if len(seen) > _MAX_IMPORTS:
            raise UninspectableError(path, f"it imports more than {_MAX_IMPORTS} files")
        outside = list(find_outside_link(memory, root, budget))
        yield from outside
        if not outside:
            waiting += _imports(memory, budget)


def _imports(memory: Path, budget: Budget) -> list[Path]:
    # The CLI replaces undecodable bytes in the same way, and import markers are unaffected.
    text = (budget.read(memory) or b"").decode(errors="replace")
    names = {match.replace("\\ ", " ").split("#")[0] for match in _IMPORT.findall(text)} - {""}
    if len(names) > _MAX_IMPORTS:
        raise UninspectableError(memory, f"it lists more than {_MAX_IMPORTS} imports")
    paths = (Path(memory.parent, os.path.expanduser(name)) for name in sorted(names))
    return [path for path in paths if _exists(path)]


def _exists(path: Path) -> bool:
    try:
        return os.path.isfile(path) or os.path.islink(path)
    except ValueError:
        return False


def find_outside_link(path: Path, root: str, budget: Budget) -> Iterator[Power]:
    """Yield a power if a file's content comes from outside of its folder."""
    real = os.path.realpath(path)
    if is_within(real, root) or not os.path.exists(path):
        return
    # The content's digest makes the question appear again after a change, without showing a private
    # file.
    data = budget.read(path) or b""
    text = f"{path} -> {real}\nSHA-256 {hashlib.sha256(data).hexdigest()}"
    reason = f"The CLI sends {real}, which lies outside of the folder, to the model."
    yield Power("outside link", str(path), text, "text", reason)
