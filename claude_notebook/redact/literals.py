"""One search for many literals at once."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["LiteralSearch"]

_SURROGATE = re.compile("[\ud800-\udfff]")


class LiteralSearch:
    """A search for many literals in the time of one."""

    def __init__(self, literals: Sequence[str]) -> None:
        # Rarely needed: most programs never redact anything.
        from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

        self._automaton = AhoCorasick(
            literals, matchkind=MatchKind.Standard, implementation=Implementation.DFA
        )

    def find(self, text: str) -> list[tuple[int, int, int]]:
        """Return the number, start, and end of each occurrence, in the order of the ends."""
        try:
            return self._automaton.find_matches_as_indexes(text, overlapping=True)
        except UnicodeEncodeError:  # Bytes that are no UTF-8 become surrogates, which have no code.
            return self._automaton.find_matches_as_indexes(
                _SURROGATE.sub("?", text), overlapping=True
            )
