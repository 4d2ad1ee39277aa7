"""Extracts descriptions of functions and parameters from Google, NumPy and Sphinx docstrings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docstring_parser import Docstring

_EMPTY_TYPE = re.compile(r"^(\s+): ", re.MULTILINE)


def read_docstring(text: str | None) -> tuple[str, dict[str, str]]:
    """Split a docstring into descriptions of the function and of its parameters.

    :param text: the docstring.
    :returns: everything except the parameters, and a description for each parameter.
    """
    # Imported here (about 10 ms), so that only programs that define tools need it.
    from docstring_parser import DocstringParam, DocstringStyle, compose, parse

    parsed = parse(text or "")
    parameters = dict(_parameters(parsed))
    if parsed.style == DocstringStyle.REST:
        parsed.meta = []
    else:
        parsed.meta = [item for item in parsed.meta if not isinstance(item, DocstringParam)]
    # `compose` writes a section that has no type as "    : text".
    description = _EMPTY_TYPE.sub(r"\1", compose(parsed))
    return re.sub(r"\n{3,}", "\n\n", description).strip(), parameters


def _parameters(parsed: Docstring) -> Iterator[tuple[str, str]]:
    for parameter in parsed.params:
        for name in parameter.arg_name.split(","):
            description = " ".join((parameter.description or "").split())
            if description:
                yield name.strip().lstrip("*"), description
