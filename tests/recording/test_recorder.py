"""Recorder: complete turns without secrets, for any size of deltas."""

import itertools
import json

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from claude_notebook.recording.format import Cassette
from claude_notebook.recording.recorder import TurnRecorder

KEY = "sk-ant-REDACTED"


def delta(text: str, kind: str = "text_delta", name: str = "text", parent: object = None) -> bytes:
    event = {"type": "content_block_delta", "index": 0, "delta": {"type": kind, name: text}}
    line = {"type": "stream_event", "event": event, "parent_tool_use_id": parent}
    return json.dumps(line, separators=(",", ":")).encode()


def texts(path) -> list[str]:
    result = (
        json.loads(record.line) for record in Cassette(path).records() if record.source == "cli"
    )
    deltas = (line["event"]["delta"] for line in result if line["type"] == "stream_event")
    return [item[next(name for name in item if name != "type")] for item in deltas]


@pytest.fixture
def recorder(tmp_path) -> TurnRecorder:
    return TurnRecorder(tmp_path / "a.jsonl", {}, lambda text: text.replace("/home/me", "HERE"))


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cuts=st.lists(st.integers(1, 200), max_size=12), before=st.text(max_size=20))
def test_recorder_redacts_a_secret_in_pieces(tmp_path, cuts, before):
    path = tmp_path / "a.jsonl"
    recorder = TurnRecorder(path, {}, lambda text: text)
    text = f"{before}\nthe key is {KEY}.\nNext line\n"
    edges = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    for start, end in itertools.pairwise(edges):
        recorder.note("cli", delta(text[start:end]))
    recorder.end(None, "")

    written = "".join(texts(path))
    assert KEY not in path.read_text()
    assert "the key is REDACTED-anthropic-key.\nNext line\n" in written
    assert len(texts(path)) == len(edges) - 1


SECRET = "hunter" + "2x9"
OF_SEVERAL_LINES = (
    f"db:\n  password:\n    {SECRET}\nend\n",
    f"password: |\n  {SECRET}\n  {SECRET}y\nend\n",
    f"password: >-\n  {SECRET}\n",
    f"- name: DB_PASSWORD\n  value: {SECRET}\n",
    f"machine a\n  login b\n  password {SECRET}\n",
    f"DB_PASSWORD={SECRET}\nPGPASS={SECRET}\n",
    f"curl -u me:{SECRET} \\\n  https://a\n",
    f"-----BEGIN PRIVATE KEY-----\n{SECRET * 8}\n{SECRET * 8}\n-----END PRIVATE KEY-----\n",
)


@pytest.mark.parametrize("size", [1, 3, 7, 40])
@pytest.mark.parametrize("text", OF_SEVERAL_LINES)
def test_recorder_hides_secrets_of_several_lines_in_pieces(tmp_path, recorder, text, size):
    for kind, name in (("text_delta", "text"), ("input_json_delta", "partial_json")):
        content = text if name == "text" else json.dumps({"content": text})
        for start in range(0, len(content), size):
            recorder.note("cli", delta(content[start : start + size], kind, name))
    recorder.end(None, "")

    written = texts(tmp_path / "a.jsonl")
    assert SECRET not in "".join(written)
    assert "".join(written).count("REDACTED-") >= 2


def test_recorder_never_cuts_marks(tmp_path, recorder):
    recorder._hide = lambda text: text.replace("/home/me", "{cassette:cwd}")
    for piece in ("at /home", "/me/a.t", "xt and ", "so on"):
        recorder.note("cli", delta(piece))
    recorder.end(None, "")
    pieces = texts(tmp_path / "a.jsonl")
    assert "".join(pieces) == "at {cassette:cwd}/a.txt and so on"
    assert sum("{cassette:cwd}" in piece for piece in pieces) == 1


def test_recorder_writes_complete_lines_at_once(tmp_path, recorder):
    for piece in ("one\n", "two", "\nthr"):
        recorder.note("cli", delta(piece))
    assert texts(tmp_path / "a.jsonl") == ["one\n", "two"]


def test_recorder_keeps_the_order_of_deltas_and_lines(tmp_path, recorder):
    recorder.note("cli", delta("one"))
    recorder.note("cli", delta("{", "input_json_delta", "partial_json"))
    recorder.note("cli", b'{"type":"stream_event","event":{"type":"message_stop"}}')
    kinds = [json.loads(r.line)["event"]["type"] for r in Cassette(tmp_path / "a.jsonl").records()]
    assert kinds == ["content_block_delta", "content_block_delta", "message_stop"]


def test_recorder_describes_changes_of_tools(tmp_path, recorder):
    def message(kind: str, *blocks: dict) -> None:
        line = {"type": kind, "message": {"role": kind, "content": list(blocks)}}
        recorder.note("cli", json.dumps(line).encode())

    def use(number: int, name: str, **given: object) -> dict:
        return {"type": "tool_use", "id": f"t{number}", "name": name, "input": given}

    def result(number: int, failed: bool = False) -> dict:
        return {"type": "tool_result", "tool_use_id": f"t{number}", "is_error": failed}

    message("assistant", use(1, "Write", file_path="/home/me/a", content="x"), use(2, "Read"))
    message("assistant", use(3, "Bash", command="make"), use(4, "Edit", file_path="b"))
    message("user", result(1), result(2), result(3), result(4, failed=True))
    recorder.end(None, "")
    effects = [
        json.loads(r.line) for r in Cassette(tmp_path / "a.jsonl").records() if r.source == "effect"
    ]
    assert effects == [
        {"tool": "Write", "tool_use_id": "t1", "file_path": "HERE/a"},
        {"tool": "Bash", "tool_use_id": "t3", "command": "make"},
    ]
