"""Log writer: complete lines of text, written at once and without secrets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from observed import receive, send

from claude_notebook.errors import CassetteError
from claude_notebook.recording.format import Cassette, compact
from claude_notebook.recording.log_writer import LineWriter
from claude_notebook.recording.maintenance import problems

ANSWER = b'{"type":"control_response","response":{"subtype":"success","request_id":"q"}}'
SECRET = "sk-ant-api03-" + "a1B2" * 20


def delta(text: str, kind: str = "text_delta", name: str = "text", index: int = 0) -> bytes:
    change = {"type": "content_block_delta", "index": index, "delta": {"type": kind, name: text}}
    return compact({"type": "stream_event", "event": change, "parent_tool_use_id": None}).encode()


def written(path: Path) -> list[dict]:
    return [
        json.loads(record.line) for record in Cassette(path).records() if record.source != "end"
    ]


def texts(path: Path, name: str = "text") -> list[str]:
    return [line["event"]["delta"][name] for line in written(path) if "event" in line]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.jsonl"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.text("ab\n é", min_size=1, max_size=6), max_size=30))
def test_line_writer_writes_complete_lines_at_once(path, pieces):
    writer = LineWriter(path, {})
    for piece in pieces:
        receive(writer, delta(piece))
    whole = "".join(pieces)
    assert "".join(texts(path)) == whole[: whole.rfind("\n") + 1]
    writer.end("")
    assert "".join(texts(path)) == whole
    assert list(problems(path)) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(1, 20))
def test_line_writer_redacts_a_secret_in_pieces(path, size):
    text = f"It is {SECRET}, you see.\nReally."
    writer = LineWriter(path, {"prompt": SECRET})
    for start in range(0, len(text), size):
        receive(writer, delta(text[start : start + size]))
    receive(writer, compact({"type": "assistant", "said": text}).encode())
    writer.end(f"Wrong: {SECRET}")
    assert "a1B2" not in path.read_text()
    assert "It is REDACTED" in "".join(texts(path))
    assert list(problems(path)) == []


def test_line_writer_keeps_the_order_of_texts_and_lines(path):
    writer = LineWriter(path, {})
    receive(writer, delta("thought", "thinking_delta", "thinking"))
    receive(writer, delta("one"))
    receive(writer, delta("two", index=1))
    receive(writer, b'{"type":"assistant"}')
    receive(writer, delta('{"a": "x\\n', "input_json_delta", "partial_json"))
    receive(writer, delta('y"}', "input_json_delta", "partial_json"))
    writer.end("")
    names = [next(iter({*item["event"]["delta"]} - {"type"})) if "event" in item else "-"
             for item in written(path)]  # fmt: skip
    assert names == ["thinking", "text", "text", "-", "partial_json", "partial_json"]


def test_line_writer_limits_held_text(path):
    writer = LineWriter(path, {})
    for _ in range(30):
        receive(writer, delta("words " * 200))
    assert len("".join(texts(path))) > 20_000


def test_line_writer_truncates_huge_texts_and_keeps_stray_lines(path):
    writer = LineWriter(path, {})
    receive(writer, compact({"type": "user", "out": ["x" * 1_000_000]}).encode())
    receive(writer, b"a stray line \xff")
    receive(writer, b'{"broken": ')
    send(writer, b'{"type":"user","message":{"content":"the prompt"}}')
    send(writer, ANSWER)
    writer.end("")
    first, stray, broken, answer = [record.line for record in Cassette(path).records()][:4]
    assert len(first) < 140_000
    assert b"more characters are not in the log" in first
    assert (stray, broken) == (b"a stray line \xff", b'{"broken": ')
    assert answer == ANSWER


@pytest.mark.parametrize("text", [b"claude_notebook_answered", b'["claude_notebook_answered"]'])
def test_line_writer_keeps_a_line_that_mentions_an_old_answer(path, text):
    writer = LineWriter(path, {})
    receive(writer, text)
    writer.end("")
    assert next(Cassette(path).records()).line == text


def test_line_writer_refuses_a_device():
    with pytest.raises(CassetteError, match="cannot be written"):
        LineWriter(Path("/dev/null"), {})
