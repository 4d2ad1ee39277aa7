r"""The input transformer: a top-level `%%claude` becomes an awaited call.

IPython does not await what a magic returns, and a magic that blocks makes clicks in the output
arrive too late. As an awaited call the cell is an ordinary async cell on the kernel's own loop.

Nested (`%%time` around it) or with `%autoawait off` that would be a SyntaxError: there it becomes a
call of the synchronous magic of the same name.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from types import FrameType

CELL = "%%claude"
LINE = "%claude"

_QUESTION = re.compile(r"^(?P<before>\s*(?:\w+\s*=\s*)?)%claude\s+(?P<said>\S.*\?)\s*$")


def transform(lines: Sequence[str], awaitable: bool) -> list[str]:
    """The lines of a cell, with a top-level `%%claude` or a lone `%claude` line rewritten.

    :param awaitable: whether an `await` may stand there; without it the synchronous magic is
        called.
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
    return list(lines) if first.startswith("%%") else _with_questions(lines)


def _with_questions(lines: Sequence[str]) -> list[str]:
    """A line that ends with a question mark would be a request for help, not a prompt."""
    changed: list[str] = []
    quotes = 0
    for line in lines:
        asked = _QUESTION.match(line) if quotes % 2 == 0 else None
        quotes += line.count('"""') + line.count("'''")
        changed.append(asked["before"] + _plain_call("line", asked["said"], "") if asked else line)
    return changed


def _is_magic(line: str, name: str) -> bool:
    return line == name or line.startswith((name + " ", name + "\t"))


def _first_line_of_code(lines: Sequence[str]) -> int | None:
    for number, line in enumerate(lines):
        if line.strip() and not line.lstrip().startswith("#"):
            return number
    return None


# repr() keeps every character of the prompt as it is, on one line of Python.
def _awaited_call(kind: str, line: str, body: str) -> str:
    magics = "get_ipython().magics_manager.registry['ClaudeMagics']"
    return f"await {magics}.run_{kind}({line!r}, {body!r})\n"


def _plain_call(kind: str, line: str, body: str) -> str:
    arguments = f"{line!r}, {body!r}" if kind == "cell" else repr(line)
    return f"get_ipython().run_{kind}_magic('claude', {arguments})\n"


class CellTransformer:
    """The hook for `ip.input_transformers_cleanup`.

    It must come first there: the others take off indentation, and whatever looks like a prompt
    (`>>>`), from every line of the cell.
    """

    # IPython leaves out hooks with side effects when it asks whether a cell is complete. A
    # `%%claude` cell is that after an empty line, which only the untransformed text shows.
    has_side_effects = True

    def __init__(self, autoawait: Callable[[], bool]) -> None:
        self._autoawait = autoawait

    def __call__(self, lines: list[str]) -> list[str]:
        """The lines that IPython goes on with."""
        return transform(lines, self._autoawait() and not _inside_a_magic())


def _inside_a_magic() -> bool:
    """Whether another magic (`%%time`, `%%capture`, ...) has its body transformed right now.

    IPython transforms such a body by the same hooks, and does not say so but by its call stack.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name in ("run_cell_magic", "run_line_magic"):
            return True
        frame = frame.f_back
    return False
