"""Inputs of the tools whose changes are applied, and the size limits on their results."""

from __future__ import annotations

import msgspec

from ...messages import JSONObject

LARGEST_FILE = 16 * 1024 * 1024
LARGEST_TURN = 256 * 1024 * 1024
# The minimum disk space that a file or folder takes up. It bounds the number of empty ones.
_BLOCK = 4096


class WriteInput(msgspec.Struct, frozen=True):
    """The Write tool's input."""

    file_path: str
    content: str


class EditInput(msgspec.Struct, frozen=True):
    """The Edit tool's input."""

    file_path: str
    old_string: str
    new_string: str
    replace_all: bool = False


INPUTS: dict[str, type[WriteInput] | type[EditInput]] = {"Write": WriteInput, "Edit": EditInput}


def read_input(tool: str, tool_input: JSONObject) -> WriteInput | EditInput:
    """Validate the input of a tool listed in `INPUTS`.

    :raises ValueError: if a field is missing or has the wrong type, or the path is not valid
        Unicode.
    """
    change = msgspec.convert(tool_input, INPUTS[tool])
    change.file_path.encode("utf-8")
    return change


def apply_edit(text: str, change: EditInput) -> str:
    """Return the text that results from an Edit.

    :raises ValueError: if the text to replace cannot be found, or the result is too large.
    """
    count = text.count(change.old_string) if change.old_string else 0
    if not count:
        raise ValueError("the replaced text is not in the file.")
    count = count if change.replace_all else 1
    growth = encoded_size(change.new_string) - encoded_size(change.old_string)
    check_size(encoded_size(text) + count * growth)
    return text.replace(change.old_string, change.new_string, count)


def encoded_size(text: str) -> int:
    """Return the size of the text in bytes."""
    return len(text.encode("utf-8", "surrogatepass"))


def check_size(size: int) -> None:
    """Reject a file that is too large.

    :raises ValueError: if the file is larger than `LARGEST_FILE`.
    """
    if size > LARGEST_FILE:
        raise ValueError(
            f"the result has {size} bytes, more than {LARGEST_FILE}. Make this change manually."
        )


class WriteBudget:
    """The number of bytes that one turn's changes may still write."""

    def __init__(self, size: int = LARGEST_TURN) -> None:
        self._left = size

    def take(self, size: int, parts: int) -> None:
        """Reserve space for a file.

        :param size: the file's size in bytes.
        :param parts: the number of parts in its path.
        :raises ValueError: if the turn would write more than the limit.
        """
        check_size(size)
        cost = size + _BLOCK * parts
        if cost > self._left:
            raise ValueError(
                f"the turn would write more than {LARGEST_TURN} bytes. Make this change manually."
            )
        self._left -= cost
