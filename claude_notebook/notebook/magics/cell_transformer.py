"""The input transformer, which turns a top-level `%%claude` into an awaited call.

IPython does not await the value returned by a magic, and a magic that blocks delays clicks in its
output. With an awaited call, the cell is an ordinary async cell on the kernel's event loop.

Inside another magic (`%%time`) or with `%autoawait off`, an `await` would be a SyntaxError. In that
case, the cell is turned into a call to the synchronous magic.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from types import FrameType

CELL = "%%claude"
LINE = "%claude"

_QUESTION = re.compile(r"^(?P<before>\s*(?:\w+\s*=\s*)?)%claude\s+(?P<text>\S.*\?)\s*$")


def transform(lines: Sequence[str], awaitable: bool) -> list[str]:
    """Rewrite a cell that is a `%%claude` cell or a single `%claude` line.

    :param awaitable: whether the cell may contain `await`; otherwise, call the synchronous magic.
    """
    start = _first_line_of_code(lines)
    if start is None:
        return list(lines)
    call = _awaited_call if awaitable else _plain_call
    first = lines[start].strip()
    body = "".join(lines[start + 1 :])
    if _is_magic(first, CELL):
        return [call("cell", first[len(CELL) :].strip(), body)]
    if _is_magic(first, LINE) and not body.strip():
        return [call("line", first[len(LINE) :].strip(), "")]
    return list(lines) if first.startswith("%%") else _protect_questions(lines)


def _protect_questions(lines: Sequence[str]) -> list[str]:
    """Keep IPython from treating a prompt that ends with a question mark as a request for help."""
    changed: list[str] = []
    quotes = 0
    for line in lines:
        match = _QUESTION.match(line) if quotes % 2 == 0 else None
        quotes += line.count('"""') + line.count("'''")
        changed.append(match["before"] + _plain_call("line", match["text"], "") if match else line)
    return changed


def _is_magic(line: str, name: str) -> bool:
    return line == name or line.startswith((name + " ", name + "\t"))


def _first_line_of_code(lines: Sequence[str]) -> int | None:
    for number, line in enumerate(lines):
        if line.strip() and not line.lstrip().startswith("#"):
            return number
    return None


# repr() preserves every character of the prompt, on a single line of Python.
def _awaited_call(kind: str, line: str, body: str) -> str:
    magics = "get_ipython().magics_manager.registry['ClaudeMagics']"
    return f"await {magics}.run_{kind}({line!r}, {body!r})\n"


def _plain_call(kind: str, line: str, body: str) -> str:
    arguments = f"{line!r}, {body!r}" if kind == "cell" else repr(line)
    return f"get_ipython().run_{kind}_magic('claude', {arguments})\n"


class CellTransformer:
    """The hook to add to `ip.input_transformers_cleanup`.

    It must be the first hook: the others remove indentation and prompts such as `>>>` from every
    line of the cell.
    """

    # IPython skips hooks with side effects when it tests whether a cell is complete. A `%%claude`
    # cell is complete after an empty line, which only the original text contains.
    has_side_effects = True

    def __init__(self, autoawait: Callable[[], bool]) -> None:
        self._autoawait = autoawait

    def __call__(self, lines: list[str]) -> list[str]:
        """Return the rewritten lines."""
        return transform(lines, self._autoawait() and not _is_inside_magic())


def _is_inside_magic() -> bool:
    """Return whether IPython is transforming the body of another magic (`%%time`, `%%capture`).

    IPython passes such a body through the same hooks, so the only difference is in its call stack.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name in ("run_cell_magic", "run_line_magic"):
            return True
        frame = frame.f_back
    return False
