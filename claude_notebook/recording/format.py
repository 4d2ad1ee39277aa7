"""The file format of recordings: reading and writing them, line by line.

A cassette is a text file of JSON lines. The first is the header::

    {"cassette": 1, ...}

`1` is the version of this format; the other keys belong to whoever records. Then one line for each
line that went through, in order::

    {"ms": 12.5, "from": "cli", "json": {...}}     from the CLI; "us": to the CLI
    {"ms": 12.9, "from": "cli", "text": "..."}     the same, where the line is not a JSON object
    {"ms": 13.0, "from": "effect", "json": {...}}  what a tool has changed: for readers, not sent

`ms` is the time since the start. The last line tells how it ended; it is missing if the recording
broke off::

    {"ms": 99.0, "from": "end", "exit_code": 0, "stderr": ""}
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from ..errors import CassetteError
from ..messages import JSONObject

FORMAT = 1
SOURCES = frozenset({"cli", "us", "effect", "end"})
_TAIL = 256 * 1024


@dataclass(frozen=True)
class Record:
    """One line of a cassette after the header. `source` is one of `SOURCES`."""

    ms: float
    source: str
    line: bytes = b""
    exit_code: int | None = None
    stderr: str = ""


class Cassette:
    """A cassette file, read line by line.

    :raises CassetteError: it cannot be read, has no header, or a newer format
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        with self._open() as file:
            self.header = self._parse(file.readline(), 1)
        version = self.header.get("cassette")
        if isinstance(version, bool) or not isinstance(version, int):
            raise CassetteError(
                f"{self.path} is not a recording: its first line has no 'cassette' with the "
                "number of a format. Record it again."
            )
        if version > FORMAT:
            raise CassetteError(
                f"{self.path} has format {version}; this version reads up to {FORMAT}. "
                "Update claude-notebook, or record it again."
            )

    def _open(self) -> IO[str]:
        try:
            # What is not UTF-8 is not JSON either: the parser says so, and where.
            return open(self.path, encoding="utf-8", errors="surrogateescape", newline="\n")
        except OSError as error:
            raise CassetteError(
                f"The recording {self.path} cannot be read: {error.strerror or error}. "
                "Check the path, or record it again."
            ) from error

    def _parse(self, text: str, number: int) -> JSONObject:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self._wrong(number, f"is not JSON: {error}") from None
        if not isinstance(value, dict):
            raise self._wrong(number, "is not a JSON object")
        return value

    def _wrong(self, number: int, what: str) -> CassetteError:
        return CassetteError(f"{self.path}, line {number}, {what}. Mend it, or record it again.")

    def records(self) -> Iterator[Record]:
        """The records in order. A last line that was cut off while it was written is left out.

        :raises CassetteError: a line is no record
        """
        with self._open() as file:
            file.readline()
            for number, text in enumerate(file, start=2):
                if not text.endswith("\n"):
                    return
                yield self._record(text, number)

    def _record(self, text: str, number: int) -> Record:
        value = self._parse(text, number)
        try:
            record = Record(
                ms=float(value["ms"]),
                source=str(value["from"]),
                line=_line(value),
                exit_code=value.get("exit_code"),
                stderr=str(value.get("stderr", "")),
            )
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise self._wrong(number, f"is not a record: {error!r}") from None
        if record.source not in SOURCES:
            raise self._wrong(number, f"comes from {record.source!r}, which is nobody")
        return record

    @property
    def is_whole(self) -> bool:
        """Whether the recording has its last line. Reads only the end of the file."""
        with open(self.path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
            *_, last, rest = b"", b"", *file.read().split(b"\n")
        return rest == b"" and b'"from":"end"' in last.replace(b'": "', b'":"')


def compact(value: object) -> str:
    """JSON without spaces, and with escapes only where it holds half a character."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, separators=(",", ":"))
    return text


def _line(value: JSONObject) -> bytes:
    if "text" in value:
        # The bytes of a line that are not UTF-8 stand there as lone surrogates.
        return bytes(value["text"].encode("utf-8", errors="surrogateescape"))
    return compact(value.get("json")).encode("utf-8")


def entry_of(ms: float, source: str, text: str) -> JSONObject:
    """The record of a line, as it is written."""
    entry: JSONObject = {"ms": ms, "from": source}
    try:
        text.encode("utf-8")
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    # Only what means the same when it comes back is written as JSON; the rest as it was.
    if isinstance(value, dict) and json.loads(compact(value)) == value:
        return {**entry, "json": value}
    return {**entry, "text": text}


class CassetteWriter:
    """Writes a new cassette. Each line is in the file before the next one is.

    :param path: what is there is replaced.
    :param header: further keys of the header.
    :param clock: seconds that go on, for the times.
    :raises CassetteError: it cannot be written
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        header: JSONObject,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = os.fspath(path)
        self._clock = clock
        self._file: IO[str] | None = None
        try:
            self._file = open(self.path, "w", encoding="utf-8", newline="\n")  # noqa: SIM115  closed by close()
        except OSError as error:
            raise self._failure(error) from error
        self.write({"cassette": FORMAT, **header})
        self._start = clock()

    def _failure(self, error: OSError) -> CassetteError:
        return CassetteError(
            f"The recording {self.path} cannot be written: {error.strerror or error}. "
            "Choose another folder for recordings, or go on without."
        )

    @property
    def now(self) -> float:
        """Milliseconds since the start."""
        return round((self._clock() - self._start) * 1000, 1)

    def write(self, value: JSONObject) -> None:
        """Write one line.

        :raises CassetteError: it cannot be written; nothing more is tried then
        """
        self.write_json(compact(value))

    def write_json(self, text: str) -> None:
        """Write one line that is JSON already.

        :raises CassetteError: it cannot be written; nothing more is tried then
        """
        if self._file is None:
            return
        try:
            self._file.write(text + "\n")
            self._file.flush()
        except OSError as error:
            with contextlib.suppress(OSError):  # it tries once more what has just failed
                self.close()
            raise self._failure(error) from error

    def end(self, exit_code: int | None, stderr: str) -> None:
        """Write the last line and close the file. The second time nothing happens."""
        self.write({"ms": self.now, "from": "end", "exit_code": exit_code, "stderr": stderr})
        self.close()

    def close(self) -> None:
        """Close the file, without a last line."""
        file, self._file = self._file, None
        if file is not None:
            file.close()
