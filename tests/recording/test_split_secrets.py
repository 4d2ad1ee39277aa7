"""No secret survives in recordings and logs, wherever deltas split it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from observed import receive

from claude_notebook.recording.format import Cassette, compact
from claude_notebook.recording.log_writer import LineWriter
from claude_notebook.recording.recorder import TurnRecorder

SECRET = "hunter" + "2x9Q"
LONG = "sk-ant-api03-" + "a1B2" * 30
# Texts with both secrets' kinds: those of a name, of a format, of a position, of a column.
TEXTS = {
    "setting": f"Use\nDB_PASSWORD={SECRET}\nto log in.\n",
    "JSON": f'{{"user": "bob", "password": "{SECRET}"}}\n',
    "table": f"user,password\nann,{SECRET}\nbob,{SECRET}\n",
    "Markdown": f"| user | password |\n|---|---|\n| ann | {SECRET} |\n| bob | {SECRET} |\nend\n",
    "data frame": f"  user    password\n0  ann  {SECRET}\n1  bob  {SECRET}\n",
    "YAML": f"db:\n  password:\n    {SECRET}\nend\n",
    "after a long one": f"It is {LONG}\npassword: {SECRET}\nend\n",
    "without an end of a line": f"the password is {SECRET}",
    "URL": f"x\nhttps://bob:{SECRET}@example.org/a\ny\n",
    "command": f"curl -u bob:{SECRET} https://example.org\n",
    "other language": f"Das Passwort lautet {SECRET}\n",
}
KINDS = [
    ("text_delta", "text"),
    ("thinking_delta", "thinking"),
    ("input_json_delta", "partial_json"),
]


def delta(text: str, kind: str, name: str) -> bytes:
    change = {"type": "content_block_delta", "index": 0, "delta": {"type": kind, name: text}}
    return compact({"type": "stream_event", "event": change, "parent_tool_use_id": None}).encode()


def record(path: Path, lines: Sequence[bytes]) -> None:
    recorder = TurnRecorder(path, {}, lambda text: text)
    for line in lines:
        recorder.note("cli", line)
    recorder.end(None, "")


def log(path: Path, lines: Sequence[bytes]) -> None:
    writer = LineWriter(path, {})
    for line in lines:
        receive(writer, line)
    writer.end("")


def text_in(path: Path, name: str) -> str:
    lines = (json.loads(entry.line) for entry in Cassette(path).records() if entry.source == "cli")
    return "".join(line["event"]["delta"][name] for line in lines)


def hides(text: str) -> bool:
    """Return whether neither secret survives, in whole or as a large part."""
    parts = [SECRET[:6], SECRET[4:], LONG[13:25]]
    return not any(part in text for part in parts)


Write = Callable[[Path, Sequence[bytes]], None]


@pytest.mark.parametrize("write", [record, log])
@pytest.mark.parametrize(("kind", "name"), KINDS)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_place_of_a_split_shows_a_secret(
    tmp_path: Path, write: Write, kind: str, name: str, text: str
) -> None:
    content = json.dumps({"content": text}) if name == "partial_json" else text
    shown = []
    for place in range(1, len(content)):
        path = tmp_path / f"{place}.jsonl"
        write(path, [delta(part, kind, name) for part in (content[:place], content[place:])])
        written = text_in(path, name)
        if not hides(written) or "REDACTED-" not in written:
            shown.append((place, written))
    assert shown == []


@pytest.mark.parametrize("write", [record, log])
@pytest.mark.parametrize("size", [1, 2, 5, 11, 30])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_size_of_pieces_shows_a_secret(
    tmp_path: Path, write: Write, size: int, text: str
) -> None:
    path = tmp_path / "a.jsonl"
    pieces = (text[start : start + size] for start in range(0, len(text), size))
    write(path, [delta(piece, "text_delta", "text") for piece in pieces])
    assert hides(text_in(path, "text"))


def test_recorder_keeps_the_rest_of_a_line_after_a_shorter_mark(tmp_path: Path) -> None:
    pieces = [LONG, f"\npassword: {SECRET[:4]}", f"{SECRET[4:]}\nend\n"]
    record(tmp_path / "a.jsonl", [delta(piece, "text_delta", "text") for piece in pieces])
    assert text_in(tmp_path / "a.jsonl", "text") == (
        "REDACTED-anthropic-key\npassword: REDACTED-secret\nend\n"
    )


@pytest.mark.parametrize("write", [record, log])
def test_rows_far_below_their_header_are_hidden(tmp_path: Path, write: Write) -> None:
    rows = [f"user{number},pass{number}word{number}\n" for number in range(6_000)]
    text = "".join(["user,password\n", *rows])
    pieces = [text[start : start + 997] for start in range(0, len(text), 997)]
    write(tmp_path / "a.jsonl", [delta(piece, "text_delta", "text") for piece in pieces])
    written = text_in(tmp_path / "a.jsonl", "text")
    assert "word" not in written.removeprefix("user,password")
    assert written.count("REDACTED-") == len(rows)


@pytest.mark.parametrize("places", [1, 7, 19])
def test_log_hides_secrets_in_a_long_line(tmp_path: Path, places: int) -> None:
    filler = '{"text": "a token of words", "n": [1, 2, 3]}, '
    unit = filler * places + f'{{"password": "{SECRET}"}}, '
    line = unit * (60_000 // len(unit))
    pieces = [line[start : start + 50] for start in range(0, len(line), 50)]
    log(tmp_path / "a.jsonl", [delta(p, "input_json_delta", "partial_json") for p in pieces])
    assert hides(text_in(tmp_path / "a.jsonl", "partial_json"))
