"""A dict whose representation shows only its keys."""

from __future__ import annotations

from collections.abc import Iterator

from .marks import MARK

__all__ = ["HiddenDict"]

_HIDDEN = f"{MARK}secret"


class HiddenDict(dict[str, str]):
    """A dict, such as an environment, whose representation has only its keys."""

    def __repr__(self) -> str:
        return repr(dict.fromkeys(self, _HIDDEN))

    def __rich_repr__(self) -> Iterator[tuple[str, str]]:
        """Return the pairs that rich shows in tracebacks."""
        yield from dict.fromkeys(self, _HIDDEN).items()
