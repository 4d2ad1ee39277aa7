"""Writing down what goes through, quickly: it must not keep back the words that are shown.

Unlike a recording that is meant to be played, a log keeps no pace: the pieces of a line of text are
written as one. They are cleaned together, so that no secret that comes in pieces is missed, and the
last line is all that a crash can lose.
"""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import msgspec

from ..files import PRIVATE
from ..messages import JSON, JSONObject
from ..redact import redact, settled
from ..replay import ANSWERED, is_sealed
from .format import CassetteWriter, compact, entry_of, with_margin

_EVENT = b'{"type":"stream_event"'
_LONG_SECRET = "-----BEGIN "  # noqa: S105  how one begins that has many lines
_MOST_HELD = 20_000
_MOST = 128 * 1024
"""A longer text within a line is cut: to clean megabytes would keep the page waiting."""


class _Delta(msgspec.Struct):
    text: str = ""
    thinking: str = ""
    partial_json: str = ""


class _Event(msgspec.Struct):
    index: int = 0
    delta: _Delta | None = None


class _Line(msgspec.Struct):
    event: _Event
    parent_tool_use_id: str | None = None


_DELTA = b'"content_block_delta"'
_event = msgspec.json.Decoder(_Line)
_any = msgspec.json.Decoder(msgspec.Raw)


class LineWriter:
    """Writes the log of one turn into a new file, which only its owner can read.

    :raises CassetteError: it cannot be written
    """

    def __init__(self, path: Path, header: JSONObject) -> None:
        cleaned: JSONObject = json.loads(redact(compact(header)))
        root = path.parent.parent.parent
        self._writer = CassetteWriter(path, cleaned, root=root, mode=PRIVATE, at_once=True)
        self._held: list[str] = []
        self._size = 0
        self._first = b""
        self._ms = 0.0
        self._stream: tuple[str | None, int, str] | None = None

    def write(self, source: str, line: bytes) -> None:
        """A line went through; `source` is "cli" or "us".

        :raises CassetteError: it cannot be written
        """
        if source == "us" and b"control_response" not in line:
            return  # the prompt stands in the header
        if line.startswith(_EVENT) and _DELTA in line and self._hold(line):
            return
        self._let_go()
        if source == "cli" and ANSWERED.encode() in line and self._put_answered(line):
            return
        self._put(self._writer.now, source, line.decode("utf-8", errors="surrogateescape"))

    def end(self, failure: str) -> None:
        """Write the last line.

        :raises CassetteError: it cannot be written
        """
        self._let_go()
        self._writer.end(None, redact(failure))

    # --- pieces ----------------------------------------------------------------------------------

    def _hold(self, line: bytes) -> bool:
        """Whether it is a piece of a text, which waits for the rest of its line."""
        try:
            read = _event.decode(line)
        except msgspec.DecodeError:
            return False
        delta = read.event.delta
        if delta is None:
            return False
        name = "text" if delta.text else "thinking" if delta.thinking else "partial_json"
        text = delta.text or delta.thinking or delta.partial_json
        stream = (read.parent_tool_use_id, read.event.index, name)
        if not text:
            return False
        if stream != self._stream:
            self._let_go()
            self._first, self._stream, self._ms = line, stream, self._writer.now
        self._held.append(text)
        self._size += len(text)
        # An input's text is JSON itself: its line ends are escaped.
        if (r"\n" if name == "partial_json" else "\n") in text or self._size > _MOST_HELD:
            self._let_go(to_the_line=True)
        return True

    def _let_go(self, *, to_the_line: bool = False) -> None:
        """Write what waits; with `to_the_line` only complete lines."""
        if self._stream is None:
            return
        whole, rest = "".join(self._held), ""
        if to_the_line and self._size <= _MOST_HELD:
            if _LONG_SECRET in whole:
                return
            mark = r"\n" if self._stream[2] == "partial_json" else "\n"
            end = settled(whole, whole.rfind(mark) + len(mark))
            whole, rest = whole[:end], whole[end:]
        if whole:
            line: JSONObject = json.loads(self._first)
            line["event"]["delta"][self._stream[2]] = redact(whole)
            self._put(self._ms, "cli", compact(line))
            self._ms = self._writer.now
        self._held, self._size = [rest] if rest else [], len(rest)
        if not to_the_line:
            self._stream = None

    # --- lines -----------------------------------------------------------------------------------

    def _put_answered(self, line: bytes) -> bool:
        """Write a recorded answer as the question and the answer that it was, if it is one."""
        try:
            message: JSON = json.loads(line)
        except (ValueError, RecursionError):
            return False
        if not isinstance(message, dict) or message.get("subtype") != ANSWERED:
            return False
        if not is_sealed(message):
            return False
        request_id, response = str(uuid.uuid4()), message["response"]
        question = {"type": "control_request", "request_id": request_id}
        self._put(self._writer.now, "cli", compact({**question, "request": message["request"]}))
        if response is not None:
            answer = {"subtype": "success", "request_id": request_id, "response": response}
            line_of_answer = compact({"type": "control_response", "response": answer})
            self._put(self._writer.now, "us", line_of_answer)
        return True

    def _put(self, ms: float, source: str, text: str) -> None:
        text = text if len(text) <= _MOST else _shortened(text)
        cleaned = redact(text)
        if cleaned == text and _is_object(text):
            self._writer.write_json(f'{{"ms":{ms},"from":"{source}","json":{text}}}')
        else:
            self._writer.write(entry_of(ms, source, cleaned))


def _shortened(text: str) -> str:
    """A long line, with its longest texts cut."""
    try:
        value: JSON = json.loads(text)
        return compact(_cut(value))
    except (ValueError, RecursionError):
        return text[:_MOST]


def _cut(value: JSON) -> JSON:
    if isinstance(value, str) and len(value) > _MOST:
        return f"{value[:_MOST]}\n[{len(value) - _MOST} more characters are not in the log]"
    if isinstance(value, list):
        return [_cut(one) for one in value]
    if isinstance(value, dict):
        return {key: _cut(one) for key, one in value.items()}
    return value


def _is_object(text: str) -> bool:
    """Whether it is a JSON object that can stand in a line as it is."""
    if not text.startswith("{") or "\r" in text:
        return False
    try:
        _any.decode(with_margin(text).encode())
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return False
    return True
