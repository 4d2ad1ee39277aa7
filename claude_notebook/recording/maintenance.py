"""Maintenance of recordings: checks them, redacts secrets, and finds unused ones."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ..errors import CassetteError
from ..files import Replacement, open_regular
from ..messages import JSONObject
from ..redact import redact
from .format import FORMAT, MAX_HEADER, MAX_LINE, Cassette, compact
from .id_mapping import parse
from .library import HELLO, RecordedTurn, RecordingFolder

SCHEMA = Path(__file__).with_name("schema.json")


@functools.cache
def _validator() -> Callable[[object], Iterable[JSONObject]]:
    import jsonschema

    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    check: Callable[[object], Iterable[JSONObject]] = jsonschema.Draft202012Validator(
        schema
    ).iter_errors
    return check


def problems(path: Path) -> Iterator[str]:
    """List the problems in a recording line by line, without loading the whole file.

    Problems include unredacted secrets and a missing last line.
    """
    try:
        cassette = Cassette(path)
        for _ in cassette.records():
            pass
    except CassetteError as error:
        yield str(error)
        return
    if not cassette.is_whole:
        yield "it is incomplete: the last line is missing. Record it again."
    with open_regular(path) as file:
        for number, line in enumerate(iter(lambda: file.readline(MAX_LINE), b""), 1):
            text = line.decode("utf-8", errors="surrogateescape")
            if text.endswith("\n"):
                yield from (f"line {number}: {problem}" for problem in _line_problems(text))


def _line_problems(text: str) -> Iterator[str]:
    try:
        fits = not any(True for _ in _validator()(json.loads(text)))
    except (ValueError, RecursionError):
        fits = False
    if not fits:
        yield "it does not match schema.json. Record it again."
    if redact(text) != text:
        yield "it may contain a secret. Run: claude-notebook cassette redact"


def broken_chains(turns: Iterable[RecordedTurn]) -> Iterator[RecordedTurn]:
    """Yield the turns whose previous turn is missing."""
    known = list(turns)
    keys = {turn.header.key for turn in known}
    keys.add("")
    yield from (turn for turn in known if turn.header.continues not in keys)


def redact_recording(path: Path) -> int:
    """Redact a recording in place, atomically, and return the number of lines that changed.

    :raises CassetteError: if the file is not a recording, or cannot be written
    """
    Cassette(path)
    changed = 0
    try:
        with (
            open_regular(path) as file,
            contextlib.closing(
                Replacement(path, root=RecordingFolder(path.absolute().parent).root)
            ) as new,
        ):
            for line in iter(lambda: file.readline(MAX_LINE), b""):
                text = line.decode("utf-8", errors="surrogateescape")
                clean = redact(text)
                changed += clean != text
                new.file.write(clean.encode("utf-8", errors="surrogateescape"))
            if changed:
                new.publish(durable=True)
    except OSError as error:
        raise CassetteError(
            f"{path} cannot be written: {error.strerror}. Check its permissions."
        ) from error
    return changed


def find_unused(folder: RecordingFolder, *, superseded: bool = False) -> dict[Path, str]:
    """Return the recordings that are never played back, and the reasons.

    These recordings are damaged or incomplete, or their previous turn is missing. A file that
    cannot be opened or that uses a newer format may be intact, so it is kept, and so are turns that
    may follow it.

    :param superseded: also include older recordings for the same notebook and position.
    """
    unused = _broken(folder)
    turns = [turn for turn in folder.turns() if turn.path not in unused]
    if superseded:
        unused.update((path, "a newer recording replaces it") for path in _older(turns))
    if any(map(_may_be_intact, folder.path.glob("*.jsonl"))):
        return unused
    while orphans := [*broken_chains(turn for turn in turns if turn.path not in unused)]:
        unused.update((turn.path, "the previous turn is missing") for turn in orphans)
    return unused


def _broken(folder: RecordingFolder) -> dict[Path, str]:
    paths = (path for path in sorted(folder.path.glob("*.jsonl")) if path.name != HELLO)
    states = ((path, _state(path)) for path in paths)
    return {path: state for path, state in states if state}


def _state(path: Path) -> str:
    try:
        return "" if Cassette(path).is_whole else "it is incomplete"
    except CassetteError:
        return "" if _may_be_intact(path) else "it cannot be read"


def _may_be_intact(path: Path) -> bool:
    """Return whether the file cannot be opened or uses a newer format."""
    try:
        with open_regular(path) as file:
            version = parse(file.readline(MAX_HEADER)).get("cassette")
    except OSError:
        return True
    return isinstance(version, int) and version > FORMAT


def _older(turns: Iterable[RecordedTurn]) -> Iterator[Path]:
    newest: dict[tuple[str, str], RecordedTurn] = {}
    for turn in sorted(turns, key=lambda turn: turn.path.stat().st_mtime_ns):
        source = turn.header.source
        if not source:
            continue  # other programs may be able to play it
        before = newest.get((source, turn.header.continues))
        if before is not None:
            yield before.path
        newest[source, turn.header.continues] = turn


def summary(cassette: Cassette) -> Iterator[str]:
    """Summarize a recording by time, sender, type and number of lines."""
    previous: tuple[str, str] | None = None
    count, since = 0, 0.0
    for record in cassette.records():
        current = (record.source, _kind(record.line, record.source))
        if current != previous:
            if previous is not None:
                yield _format_line(since, previous, count)
            previous, count, since = current, 0, record.ms
        count += 1
        if record.source == "end":
            yield _format_line(since, (record.source, f"exit code {record.exit_code}"), 1)
            return
    if previous is not None:
        yield _format_line(since, previous, count)
    yield "the recording is incomplete"


def _format_line(ms: float, event: tuple[str, str], count: int) -> str:
    times = f"  ({count} times)" if count > 1 else ""
    return f"{ms:10.1f} ms  {event[0]:6}  {event[1]}{times}"


def _kind(line: bytes, source: str) -> str:
    value = parse(line)
    if not value:
        return line.decode("utf-8", errors="replace")[:80]
    if source == "effect":
        return compact(value)[:160]
    request = value.get("request")
    parts = [value.get("type"), value.get("subtype"), *(_texts(value))]
    if isinstance(request, dict):
        parts += [request.get("subtype"), request.get("tool_name")]
    return " ".join(str(part) for part in parts if part)


def _texts(value: JSONObject) -> Iterator[str]:
    """Yield the texts in a message, shortened."""
    if value.get("type") == "result":
        yield repr(str(value.get("result") or ""))[:100]
    message = value.get("message")
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, str):
        yield repr(content)[:100]
    elif isinstance(content, list):
        yield from (_block_text(block) for block in content if isinstance(block, dict))


def _block_text(block: JSONObject) -> str:
    text = block.get("text") or block.get("name") or block.get("content") or ""
    return f"[{block.get('type')}] {str(text)[:80]!r}"
