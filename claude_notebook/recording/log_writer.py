"""Writes a turn's log as an observer, and quickly, because logging must not delay output.

Unlike a recording, a log does not preserve timing, so the deltas that make up one line of text are
written as one. They are also redacted together, so that a secret split across deltas is found. A
crash loses at most the last line.
"""

from __future__ import annotations

import dataclasses
import json
import uuid
from pathlib import Path

import msgspec

from ..files import PRIVATE
from ..messages import JSON, JSONObject, StreamEvent
from ..protocol.codec.encoder import Encodable, encode
from ..protocol.connection import Event
from ..protocol.control import ControlRequest, ControlResponse
from ..redact import last_border, open_table, redact, settled
from ..replay import RecordedAnswer
from .format import CassetteWriter, add_nesting, compact, entry_of

_LONG_SECRET = "-----BEGIN "  # noqa: S105  the beginning of a secret of many lines
_MAX_HELD_CHARS = 20_000
_MAX_TEXT_CHARS = 128 * 1024
"""A longer string within a line is truncated, because redacting megabytes would delay the page."""
_TEXTS = ("text", "thinking", "partial_json")

_any = msgspec.json.Decoder(msgspec.Raw)


class LineWriter:
    """Writes the log of one turn to a new file that only its owner can read.

    :raises CassetteError: if the file cannot be written
    """

    def __init__(self, path: Path, header: JSONObject) -> None:
        cleaned: JSONObject = json.loads(redact(compact(header)))
        root = path.parent.parent.parent
        self._writer = CassetteWriter(path, cleaned, root=root, mode=PRIVATE, at_once=True)
        self._held: list[str] = []
        self._size = 0
        self._first = StreamEvent()
        self._ms = 0.0
        self._table = ""  # The header of the table whose rows are being received.
        self._stream: tuple[str | None, JSON, str] | None = None

    def received(self, event: Event, line: bytes) -> None:
        """Write a line from the CLI, or hold it back until its line of text is complete.

        :raises CassetteError: if the file cannot be written
        """
        if isinstance(event, StreamEvent) and self._hold(event):
            return
        self._flush()
        if isinstance(event, RecordedAnswer):
            self._put_answer(event)
        elif line:
            self._put(self._writer.now, "cli", line.decode("utf-8", errors="surrogateescape"))

    def sent(self, event: Encodable, line: bytes) -> None:
        """Write a response to the CLI. Prompts are stored in the header instead.

        :raises CassetteError: if the file cannot be written
        """
        if isinstance(event, ControlResponse):
            self._flush()
            self._put(self._writer.now, "us", line.decode("utf-8", errors="surrogateescape"))

    def end(self, failure: str) -> None:
        """Write the last line.

        :raises CassetteError: if the file cannot be written
        """
        self._flush()
        self._writer.end(None, redact(failure))

    # --- deltas ----------------------------------------------------------------------------------

    def _hold(self, event: StreamEvent) -> bool:
        """Hold back a delta until its line of text is complete; return False for other events."""
        data = event.event
        delta = data.get("delta") if data.get("type") == "content_block_delta" else None
        if not isinstance(delta, dict):
            return False
        for name in _TEXTS:
            text = delta.get(name)
            if text:
                return isinstance(text, str) and self._add(event, name, text)
        return False

    def _add(self, event: StreamEvent, name: str, text: str) -> bool:
        stream = (event.parent_tool_use_id, event.event.get("index"), name)
        if stream != self._stream:
            self._flush()
            self._first, self._stream, self._ms = event, stream, self._writer.now
        self._held.append(text)
        self._size += len(text)
        # A tool input's text is JSON, in which line breaks are escaped.
        if (r"\n" if name == "partial_json" else "\n") in text or self._size > _MAX_HELD_CHARS:
            self._flush(to_line_end=True)
        return True

    def _flush(self, *, to_line_end: bool = False) -> None:
        """Write the deltas held back so far, or only complete lines if `to_line_end` is set."""
        if self._stream is None:
            return
        name = self._stream[2]
        whole = "".join(self._held)
        end = self._end_of_lines(whole) if to_line_end else len(whole)
        whole, remainder = whole[:end], whole[end:]
        if whole:
            self._put_delta(name, redact(whole, self._table))
            self._table = open_table(self._table + whole)
            self._ms = self._writer.now
        self._held, self._size = [remainder] if remainder else [], len(remainder)
        if not to_line_end:
            self._stream, self._table = None, ""

    def _end_of_lines(self, whole: str) -> int:
        """Return the end of the last complete line, or 0 if a multi-line secret has started."""
        if self._size > _MAX_HELD_CHARS:
            return last_border(whole, self._table)
        if self._stream is None or _LONG_SECRET in whole:
            return 0
        mark = r"\n" if self._stream[2] == "partial_json" else "\n"
        return settled(whole, whole.rfind(mark) + len(mark))

    def _put_delta(self, name: str, text: str) -> None:
        data = self._first.event
        changed = {**data, "delta": {**data["delta"], name: text}}
        line = encode(dataclasses.replace(self._first, event=changed))
        self._put(self._ms, "cli", line[:-1].decode())

    # --- lines -----------------------------------------------------------------------------------

    def _put_answer(self, answer: RecordedAnswer) -> None:
        """Write a recorded answer as the original question and response."""
        request_id = str(uuid.uuid4())
        question = ControlRequest(request_id, str(answer.request.get("subtype")), answer.request)
        self._put(self._writer.now, "cli", encode(question)[:-1].decode())
        if answer.response is not None:
            response = ControlResponse(request_id, answer.response)
            self._put(self._writer.now, "us", encode(response)[:-1].decode())

    def _put(self, ms: float, source: str, text: str) -> None:
        text = text if len(text) <= _MAX_TEXT_CHARS else _shortened(text)
        cleaned = redact(text)
        if cleaned == text and _is_object(text):
            self._writer.write_json(f'{{"ms":{ms},"from":"{source}","json":{text}}}')
        else:
            self._writer.write(entry_of(ms, source, cleaned))


def _shortened(text: str) -> str:
    """Truncate the longest strings in a long line."""
    try:
        value: JSON = json.loads(text)
        return compact(_cut(value))
    except (ValueError, RecursionError):
        return text[:_MAX_TEXT_CHARS]


def _cut(value: JSON) -> JSON:
    if isinstance(value, str) and len(value) > _MAX_TEXT_CHARS:
        omitted = len(value) - _MAX_TEXT_CHARS
        return f"{value[:_MAX_TEXT_CHARS]}\n[{omitted} more characters are not in the log]"
    if isinstance(value, list):
        return [_cut(item) for item in value]
    if isinstance(value, dict):
        return {key: _cut(item) for key, item in value.items()}
    return value


def _is_object(text: str) -> bool:
    """Return whether the text is a JSON object that can be embedded in a line unchanged."""
    if not text.startswith("{") or "\r" in text:
        return False
    try:
        _any.decode(add_nesting(text).encode())
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return False
    return True
