"""The file format of recordings, which are read and written line by line.

A cassette is a text file of JSON lines. The first line is the header::

    {"cassette": 1, ...}

`1` is the version of this format. The recorder defines the other keys. It is followed by one entry
per line of the conversation, in order::

    {"ms": 12.5, "from": "cli", "json": {...}}     from the CLI; "us": to the CLI
    {"ms": 12.9, "from": "cli", "text": "..."}     the same for a line that is not a JSON object
    {"ms": 13.0, "from": "effect", "json": {...}}  a tool's change, never sent to the client

`ms` is the time since the start. The last line marks the end, and an incomplete recording does not
have it::

    {"ms": 99.0, "from": "end", "exit_code": 0, "stderr": ""}
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Annotated, TypeVar, Union

import msgspec
from msgspec import Meta, UnsetType

from ..concurrency import fork
from ..errors import CassetteError
from ..files import SHARED, Replacement, open_regular
from ..messages import JSONObject

FORMAT = 1
SOURCES = frozenset({"cli", "us", "effect", "end"})
MAX_LINE = 128 * 1024 * 1024
"""Maximum size of a line in bytes. Longer lines are rejected before they fill up the memory."""
MAX_HEADER = 4 * 1024 * 1024
"""Maximum size of the first line in bytes."""
MAX_MS = 1e11
"""Maximum timestamp of a line: three years."""
_TAIL = 1024 * 1024

_T = TypeVar("_T")
_Time = Annotated[float, Meta(ge=0, le=MAX_MS)]
_ExitCode = Annotated[int, Meta(ge=-(2**31), lt=2**32)]


@dataclass(frozen=True)
class Record:
    """One line of a cassette, after the header. `source` is one of `SOURCES`."""

    ms: float
    source: str
    line: bytes = b""
    exit_code: int | None = None
    stderr: str = ""


_ABSENT = msgspec.Raw()


class _Wire(msgspec.Struct, rename={"source": "from"}):
    """The wire format of a line after the header."""

    ms: _Time
    source: str
    json: msgspec.Raw = _ABSENT
    text: Union[str, UnsetType] = msgspec.UNSET
    exit_code: Union[_ExitCode, None] = None
    stderr: str = ""


_decode_wire = msgspec.json.Decoder(_Wire).decode


class TurnHeader(msgspec.Struct, frozen=True):
    """A recorded turn's header. The fields are described in FORMAT.md."""

    key: str = ""
    continues: str = ""
    number: int = 0
    recorded: str = ""
    cli: Union[str, None] = None
    source: str = ""
    prompt: str = ""
    about: dict[str, object] = {}


class LogHeader(msgspec.Struct, frozen=True):
    """The header of a turn's log.

    :param started: Unix time in seconds, no later than the year 9999.
    """

    started: Annotated[float, Meta(ge=0, lt=253_402_300_800)] = 0.0
    prompt: str = ""
    cwd: str = ""


class Cassette:
    """A cassette file that is read line by line.

    :raises CassetteError: if the file cannot be read, has no header, or uses a newer format
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        with self._open() as file:
            self.header = self._parse(self._line(file, 1, MAX_HEADER), 1)
        version = self.header.get("cassette")
        if isinstance(version, bool) or not isinstance(version, int) or version < 1:
            raise CassetteError(
                f"{self.path} is not a recording: its first line has no format number "
                "'cassette'. Record it again."
            )
        if version > FORMAT:
            raise CassetteError(
                f"{self.path} has format {_short(version)}; this version reads up to {FORMAT}. "
                "Update claude-notebook, or record it again."
            )

    def header_as(self, kind: type[_T]) -> _T:
        """Convert the header to a `TurnHeader` or a `LogHeader`.

        :raises CassetteError: if a field has the wrong type or size
        """
        try:
            return msgspec.convert(self.header, kind)
        except (ValueError, RecursionError) as error:
            raise self._wrong(1, f"is not a header: {error}") from None

    def _open(self) -> IO[bytes]:
        try:
            return open_regular(self.path)
        except (OSError, ValueError) as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> CassetteError:
        cause = getattr(error, "strerror", None) or error
        return CassetteError(
            f"The recording {self.path} cannot be read: {cause}. "
            "Check the path, or record it again."
        )

    def _line(self, file: IO[bytes], number: int, limit: int = MAX_LINE) -> bytes:
        """Read the next line including its line ending; b"" at the end of the file."""
        try:
            line = file.readline(limit + 1)
        except OSError as error:
            raise self._unreadable(error) from error
        if len(line) > limit:
            raise self._wrong(number, f"is longer than {limit // 2**20} MiB")
        return line

    def _parse(self, line: bytes, number: int) -> JSONObject:
        try:
            # The parser reports bytes that are not valid UTF-8 as invalid JSON.
            value = json.loads(line.decode("utf-8", errors="surrogateescape"))
        except (ValueError, RecursionError) as error:
            raise self._wrong(number, f"is not JSON: {error}") from None
        if not isinstance(value, dict):
            raise self._wrong(number, "is not a JSON object")
        return value

    def _wrong(self, number: int, problem: str) -> CassetteError:
        return CassetteError(
            f"{self.path}, line {number}, {problem}. Correct that line, or record it again."
        )

    def records(self) -> Iterator[Record]:
        """Yield the records in order, leaving out a last line that was only partly written.

        :raises CassetteError: if a line is not a record
        """
        with self._open() as file:
            self._line(file, 1)
            number = 2
            while (line := self._line(file, number)).endswith(b"\n"):
                yield self._record(line, number)
                number += 1

    def _record(self, line: bytes, number: int) -> Record:
        try:
            wire = _wire(line) or self._repaired(line, number)
            self._check(wire, number)
            return Record(wire.ms, wire.source, _content(wire), wire.exit_code, wire.stderr)
        except (ValueError, RecursionError) as error:
            raise self._wrong(number, f"is not a record: {error}") from None

    def _repaired(self, line: bytes, number: int) -> _Wire:
        """Parse a line as leniently as Python's own parser does."""
        value = self._parse(line, number)
        if isinstance(value.get("json"), dict):
            value["json"] = msgspec.Raw(compact(value["json"]).encode("utf-8"))
        elif "json" in value:
            raise ValueError("`json` is not an object")
        return msgspec.convert(value, _Wire)

    def _check(self, wire: _Wire, number: int) -> None:
        if wire.source not in SOURCES:
            raise self._wrong(number, f"has unknown source {wire.source[:40]!r}")
        if not math.isfinite(wire.ms):
            raise ValueError("`ms` is not a number")

    @property
    def is_whole(self) -> bool:
        """True if the recording has its last line. Only the end of the file is read."""
        with self._open() as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
            body, _, rest = file.read(_TAIL).rpartition(b"\n")
            last = body.rpartition(b"\n")[2]
        try:
            return rest == b"" and self._record(last, 0).source == "end"
        except CassetteError:
            return False


def _wire(line: bytes) -> _Wire | None:
    """Decode a line without parsing the recorded line inside it; None if that is not possible."""
    try:
        line.decode("utf-8")
        wire = _decode_wire(line)
    except (ValueError, RecursionError):
        return None
    if wire.json == _ABSENT:
        return wire
    wire.json = msgspec.Raw(msgspec.json.format(wire.json, indent=-1))
    return wire if bytes(wire.json).startswith(b"{") else None


def _content(wire: _Wire) -> bytes:
    """Return the recorded line."""
    content = bytes(wire.json)
    if isinstance(wire.text, str) and not content:
        if "\n" in wire.text:
            raise ValueError("`text` has more than one line")
        # If the line has bytes that are not valid UTF-8, they are kept as lone surrogates.
        return wire.text.encode("utf-8", errors="surrogateescape")
    if content and wire.text is msgspec.UNSET:
        return content
    if wire.source != "end":
        raise ValueError("it needs either `json` or `text`")
    return b"null"


def _short(version: int) -> str:
    return str(version) if version < 10**9 else "of a later version"


def compact(value: object) -> str:
    """Encode as JSON without spaces, escaping only lone surrogates."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, separators=(",", ":"))
    return text


_MARGIN = 500


def add_nesting(text: str) -> str:
    """Add nesting to JSON, to test whether it still parses when less stack is available.

    A short text cannot be deeply nested, so it is returned unchanged.
    """
    return text if len(text) < 2 * _MARGIN else f"{'[' * _MARGIN}{text}{']' * _MARGIN}"


def entry_of(ms: float, source: str, text: str) -> JSONObject:
    """Return a line's record in its wire format."""
    entry: JSONObject = {"ms": ms, "from": source}
    try:
        text.encode("utf-8")
        value = json.loads(text)
        json.loads(add_nesting(text))
        # Write JSON only if parsing it gives an equal value; otherwise write the text itself.
        if isinstance(value, dict) and json.loads(compact(value)) == value:
            return {**entry, "json": value}
    except (ValueError, RecursionError):
        pass
    return {**entry, "text": text}


class CassetteWriter:
    """Writes a new cassette. Each line reaches the file before the next one is written.

    An existing complete recording at the same path is kept until the new one is complete.

    :param path: the file to write. An existing file is replaced, but links are not followed.
    :param header: additional header keys.
    :param clock: a function that returns monotonic time in seconds.
    :param root: the trusted folder; see `files.Replacement`.
    :param mode: the new file's permissions.
    :param at_once: replace the existing file right away, even if it is a complete recording.
    :raises CassetteError: if the file cannot be written
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        header: JSONObject,
        clock: Callable[[], float] = time.monotonic,
        *,
        root: str | os.PathLike[str] | None = None,
        mode: int = SHARED,
        at_once: bool = False,
    ) -> None:
        self.path = os.fspath(path)
        self._clock = clock
        self._target: Replacement | None = None
        try:
            self._target = Replacement(self.path, root=root, mode=mode)
            self.write({"cassette": FORMAT, **header})
            if at_once or not _is_whole(self.path):
                self._target.publish()
        except OSError as error:
            raise self._failure(error) from error
        fork.watch(self)
        self._start = clock()

    def _failure(self, error: OSError) -> CassetteError:
        self.close()
        return CassetteError(
            f"The recording {self.path} cannot be written: {error.strerror or error}. "
            "Choose another folder for recordings, or turn recording off."
        )

    @property
    def now(self) -> float:
        """Milliseconds since the start."""
        return round((self._clock() - self._start) * 1000, 1)

    def write(self, value: JSONObject) -> None:
        """Write one line.

        :raises CassetteError: if the line cannot be written, in which case later lines are dropped
        """
        self.write_json(compact(value))

    def write_json(self, text: str) -> None:
        """Write one line that is already encoded.

        :raises CassetteError: if the line cannot be written, in which case later lines are dropped
        """
        if self._target is None:
            return
        try:
            self._target.file.write(text.encode("utf-8") + b"\n")
            self._target.file.flush()
        except OSError as error:
            raise self._failure(error) from error

    def end(self, exit_code: int | None, stderr: str) -> None:
        """Write the last line and close the file. Calling it again has no effect.

        :raises CassetteError: if the file cannot be written
        """
        self.write({"ms": self.now, "from": "end", "exit_code": exit_code, "stderr": stderr})
        try:
            if self._target is not None:
                self._target.publish()
        except OSError as error:
            raise self._failure(error) from error
        self.close()

    def detach(self) -> None:
        """Release the file in a forked child process, which must neither finish nor remove it."""
        target, self._target = self._target, None
        if target is not None:
            target.detach()

    def close(self) -> None:
        """Close the file without writing a last line."""
        target, self._target = self._target, None
        if target is not None:
            with contextlib.suppress(OSError):  # closing retries the write that failed
                target.close()


def _is_whole(path: str) -> bool:
    """Return whether the path is a complete recording, and not a link to one."""
    try:
        return not os.path.islink(path) and Cassette(path).is_whole
    except CassetteError:
        return False
