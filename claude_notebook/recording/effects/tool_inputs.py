"""Inputs of the tools whose changes are applied, and the limits of their results."""

from __future__ import annotations

import msgspec

from ...messages import JSONObject

LARGEST_FILE = 16 * 1024 * 1024
LARGEST_TURN = 256 * 1024 * 1024
# The smallest cost of a file or folder on a disk. It bounds the number of empty ones.
_BLOCK = 4096


class WriteInput(msgspec.Struct, frozen=True):
    """The input of Write."""

    file_path: str
    content: str


class EditInput(msgspec.Struct, frozen=True):
    """The input of Edit."""

    file_path: str
    old_string: str
    new_string: str
    replace_all: bool = False


INPUTS: dict[str, type[WriteInput] | type[EditInput]] = {"Write": WriteInput, "Edit": EditInput}


def read_input(tool: str, tool_input: JSONObject) -> WriteInput | EditInput:
    """Check the input of a tool in `INPUTS`.

    :raises ValueError: a field is missing or has another type, or the path is not valid Unicode.
    """
    change = msgspec.convert(tool_input, INPUTS[tool])
    change.file_path.encode("utf-8")
    return change


def apply_edit(text: str, change: EditInput) -> str:
    """Return a text after an Edit.

    :raises ValueError: the replaced text is not in the file, or the result is too large.
    """
    count = text.count(change.old_string) if change.old_string else 0
    if not count:
        raise ValueError("the replaced text is not in the file.")
    count = count if change.replace_all else 1
    growth = encoded_size(change.new_string) - encoded_size(change.old_string)
    check_size(encoded_size(text) + count * growth)
    return text.replace(change.old_string, change.new_string, count)


def encoded_size(text: str) -> int:
    """Return the size of a text in bytes."""
    return len(text.encode("utf-8", "surrogatepass"))


def check_size(size: int) -> None:
    """Refuse a file that is too large.

    :raises ValueError: the file is larger than `LARGEST_FILE`.
    """
    if size > LARGEST_FILE:
        raise ValueError(
            f"the result has {size} bytes, more than {LARGEST_FILE}. Make this change manually."
        )


class WriteBudget:
    """The bytes that the changes of one turn may still write."""

    def __init__(self, size: int = LARGEST_TURN) -> None:
        self._left = size

    def take(self, size: int, parts: int) -> None:
        """Reserve room for a file.

        :param size: its size in bytes.
        :param parts: the number of parts of its path.
        :raises ValueError: the turn would write more than is allowed.
        """
        check_size(size)
        cost = size + _BLOCK * parts
        if cost > self._left:
            raise ValueError(
                f"the turn would write more than {LARGEST_TURN} bytes. Make this change manually."
            )
        self._left -= cost
