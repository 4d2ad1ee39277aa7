r"""The input transformer: a top-level `%%claude` becomes an awaited call.

IPython does not await what a magic returns, and a magic that blocks makes clicks in the output
arrive too late. As an awaited call the cell is an ordinary async cell on the kernel's own loop.

Nested (`%%time` around it) or with `%autoawait off` that would be a SyntaxError: there the hook
keeps out of the way, and IPython calls the synchronous magic of the same name.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import FrameType

CELL = "%%claude"
LINE = "%claude"


def transform(lines: Sequence[str], autoawait: bool) -> list[str]:
    """The lines of a cell, with a top-level `%%claude` or a lone `%claude` line rewritten."""
    if not autoawait:
        return list(lines)
    start = _first_line_of_code(lines)
    if start is None:
        return list(lines)
    first = lines[start].strip()
    rest = lines[start + 1 :]
    if _is_magic(first, CELL):
        body = "".join(rest)
        return [_call("cell", first[len(CELL) :].strip(), body)]
    if _is_magic(first, LINE) and not "".join(rest).strip():
        return [_call("line", first[len(LINE) :].strip(), "")]
    return list(lines)


def _is_magic(line: str, name: str) -> bool:
    return line == name or line.startswith((name + " ", name + "\t"))


def _first_line_of_code(lines: Sequence[str]) -> int | None:
    for number, line in enumerate(lines):
        if line.strip() and not line.lstrip().startswith("#"):
            return number
    return None


def _call(kind: str, line: str, body: str) -> str:
    # repr() keeps every character of the prompt as it is, on one line of Python.
    magics = "get_ipython().magics_manager.registry['ClaudeMagics']"
    return f"await {magics}.run_{kind}({line!r}, {body!r})\n"


class CellTransformer:
    """The hook for `ip.input_transformers_cleanup`."""

    # IPython skips hooks with side effects when it only wants to know if a cell is complete.
    has_side_effects = False

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
