"""Records a turn line by line, removing secrets and replacing local folders.

Each line is written immediately. A secret may be split across several events, so the deltas of a
text are held back until the line of text is complete, and are then redacted together. A crash loses
at most those deltas.
"""

from __future__ import annotations

import bisect
import itertools
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..messages import JSON, JSONObject
from ..messages.json_fields import Fields, as_object
from ..redact import open_table, redact, settled
from .effects.file_changes import SuccessfulCalls
from .format import CassetteWriter, entry_of

# kind of delta -> the key that holds its text
_TEXTS = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}
_LONG_SECRET = "-----BEGIN "  # noqa: S105  the beginning of a secret of many lines
_MAX_HELD_CHARS = 20_000
_MARKS = re.compile(r"\{cassette:\w+\}|REDACTED-[\w-]+")
_LINE_END = re.compile(r"\n|\\n")


@dataclass
class _HeldDelta:
    """A delta that is held back until its line of text is complete."""

    ms: float
    line: JSONObject
    delta: JSONObject
    name: str

    @property
    def text(self) -> str:
        return str(self.delta.get(self.name, ""))

    @property
    def stream(self) -> tuple[JSON, ...]:
        """The text that the delta belongs to."""
        index = as_object(self.line["event"]).get("index")
        return self.line.get("parent_tool_use_id"), index, self.name


class TurnRecorder:
    """Writes one turn to a new cassette.

    :param path: the file to write. An existing file is replaced.
    :param header: the fields described in FORMAT.md.
    :param hide: a function that replaces folders with placeholders.
    :param root: the trusted folder; see `files.Replacement`.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        header: JSONObject,
        hide: Callable[[str], str],
        root: str | os.PathLike[str] | None = None,
    ) -> None:
        self._writer = CassetteWriter(path, header, root=root)
        self._hide = hide
        self._calls = SuccessfulCalls()
        self._held: list[_HeldDelta] = []
        self._clean_size = 0  # The start of the held text that is already redacted.
        self._table = ""  # The header of the table whose rows are being received.

    def note(self, source: str, line: bytes) -> None:
        """Record a line.

        :param source: "cli" or "us".
        :raises CassetteError: if the file cannot be written
        """
        text = line.decode("utf-8", errors="surrogateescape")
        ms = self._writer.now
        piece = _piece(ms, text)
        if piece is not None:
            if self._held and self._held[-1].stream != piece.stream:
                self._flush()
            previous_end = self._held[-1].text[-1:] if self._held else ""
            self._held.append(piece)
            if _LINE_END.search(previous_end + piece.text):
                self._flush(keep_last_line=True)
            return
        self._flush()
        self._write(ms, source, text)
        if '"tool_' in text:
            self._describe(ms, text)

    def _describe(self, ms: float, text: str) -> None:
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            return
        for effect in self._calls.effects(message) if isinstance(message, dict) else ():
            self._write(ms, "effect", json.dumps(effect, ensure_ascii=False))

    def _write(self, ms: float, source: str, text: str) -> None:
        self._writer.write(entry_of(ms, source, self._clean(text)))

    def _clean(self, text: str, header: str = "") -> str:
        return redact(self._hide(text), header)

    def _flush(self, keep_last_line: bool = False) -> None:
        """Write the held deltas, or only those of complete lines if `keep_last_line` is set."""
        whole = "".join(piece.text for piece in self._held)
        end = max(self._end_of_lines(whole), self._clean_size) if keep_last_line else len(whole)
        text = whole[self._clean_size : end]
        clean = whole[: self._clean_size] + self._clean(text, self._table)
        self._table = open_table(self._table + text) if keep_last_line else ""
        count = self._replace_text(clean, end)
        pieces, self._held = self._held[:count], self._held[count:]
        for piece in pieces:
            self._write(piece.ms, "cli", json.dumps(piece.line, ensure_ascii=False))

    def _replace_text(self, clean: str, end: int) -> int:
        """Replace the held text up to `end`, and return how many deltas end by then."""
        ends = list(itertools.accumulate(len(piece.text) for piece in self._held))
        count = bisect.bisect_right(ends, end)
        reached = min(count + 1, len(ends))
        sizes = [len(piece.text) for piece in self._held[:count]]
        sizes += [end - sum(sizes)] * (reached - count)
        self._clean_size = 0
        for piece, size, text in zip(self._held, sizes, _spread(clean, sizes), strict=False):
            self._clean_size = len(text)
            piece.delta[piece.name] = text + piece.text[size:]
        if reached == count:
            self._clean_size = 0
        return count

    def _end_of_lines(self, whole: str) -> int:
        """Return the end of the last complete line, or 0 if a multi-line secret has started."""
        if _LONG_SECRET in whole and len(whole) < _MAX_HELD_CHARS:
            return 0
        end = max((match.end() for match in _LINE_END.finditer(whole)), default=0)
        return settled(whole, end) if len(whole) < _MAX_HELD_CHARS else end

    def close(self) -> None:
        """Close the file without writing a last line, because the turn is incomplete."""
        self._flush()
        self._writer.close()

    def end(self, exit_code: int | None, stderr: str) -> None:
        """Write the last line.

        :param exit_code: None if the process keeps running.
        """
        self._flush()
        self._writer.end(exit_code, self._clean(stderr))


def _piece(ms: float, text: str) -> _HeldDelta | None:
    if '"content_block_delta"' not in text:
        return None
    try:
        line = Fields(json.loads(text))
    except (ValueError, RecursionError):
        return None
    delta = line.obj("event").obj("delta")
    name = _TEXTS.get(delta.text("type"))
    return None if name is None else _HeldDelta(ms, line.raw, delta.raw, name)


def _spread(text: str, sizes: Sequence[int]) -> Iterator[str]:
    """Split the text into parts of roughly the given sizes without splitting redaction marks.

    The last part receives the rest.
    """
    marks = [match.span() for match in _MARKS.finditer(text)]
    start = target = 0
    for size in sizes[:-1]:
        target += size
        end = next((after for before, after in marks if before < target < after), target)
        yield text[start : max(start, end)]
        start = max(start, end)
    yield text[start:]
