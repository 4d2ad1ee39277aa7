"""Invalid values in recordings and logs: a clear error with file and line, never a hang."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from turns import turn

from claude_notebook.command.main import main
from claude_notebook.errors import CassetteError, ClaudeSDKError
from claude_notebook.recording import format as cassette
from claude_notebook.recording.format import Cassette, LogHeader, TurnHeader
from claude_notebook.recording.keys import Position
from claude_notebook.recording.library import RecordingFolder
from claude_notebook.recording.transports import ReplayTransport
from claude_notebook.render.output.text import turn_text
from claude_notebook.turns.restored_output import view_of_log
from claude_notebook.turns.state import ConversationStore, TrustStore, is_conversation_id

HEADER = b'{"cassette":1}\n'
END = b'{"ms":9,"from":"end","exit_code":null,"stderr":""}\n'
DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000

LINES = {
    "exit code a list": b'{"ms":1,"from":"end","exit_code":[1],"stderr":""}',
    "exit code a text": b'{"ms":1,"from":"end","exit_code":"0","stderr":""}',
    "exit code a fraction": b'{"ms":1,"from":"end","exit_code":1.5,"stderr":""}',
    "exit code true": b'{"ms":1,"from":"end","exit_code":true,"stderr":""}',
    "exit code huge": b'{"ms":1,"from":"end","exit_code":1e300,"stderr":""}',
    "stderr a list": b'{"ms":1,"from":"end","exit_code":0,"stderr":["x"]}',
    "an array": b"[1]",
    "a number": b"7",
    "null": b"null",
    "a text": b'"x"',
    "nothing": b"",
    "time not a number": b'{"ms":NaN,"from":"cli","json":{}}',
    "time infinite": b'{"ms":Infinity,"from":"cli","json":{}}',
    "time negative": b'{"ms":-1,"from":"cli","json":{}}',
    "time huge": b'{"ms":1e308,"from":"cli","json":{}}',
    "time a text": b'{"ms":"1","from":"cli","json":{}}',
    "time true": b'{"ms":true,"from":"cli","json":{}}',
    "time of many digits": b'{"ms":' + b"9" * 10_000 + b',"from":"cli","json":{}}',
    "no time": b'{"from":"cli","json":{}}',
    "source a list": b'{"ms":1,"from":["cli"],"json":{}}',
    "source unknown": b'{"ms":1,"from":"me","json":{}}',
    "json a list": b'{"ms":1,"from":"cli","json":[1]}',
    "json null": b'{"ms":1,"from":"cli","json":null}',
    "text a number": b'{"ms":1,"from":"cli","text":5}',
    "text and json": b'{"ms":1,"from":"cli","text":"a","json":{}}',
    "neither": b'{"ms":1,"from":"cli"}',
    "two lines": b'{"ms":1,"from":"cli","text":"a\\nb"}',
    "half a character": b'{"ms":1,"from":"cli","text":"\\ud800"}',
    "deep": DEEP,
    "deep inside": b'{"ms":1,"from":"cli","json":' + DEEP + b"}",
    "not UTF-8": b"\xff\xfe",
    "zero bytes": b"\x00" * 100,
}


def put(folder: Path, *lines: bytes, header: bytes = HEADER) -> Path:
    path = folder / "a.jsonl"
    path.write_bytes(header + b"".join(lines))
    return path


@pytest.mark.parametrize("name", LINES)
def test_cassette_names_the_file_the_line_and_the_next_step(tmp_path, name):
    path = put(tmp_path, b'{"ms":0,"from":"cli","json":{}}\n', LINES[name] + b"\n", END)
    with pytest.raises(CassetteError) as caught:
        list(Cassette(path).records())
    assert re.match(re.escape(f"{path}, line 3, ") + "(is not|has unknown)", str(caught.value))
    assert "Correct that line, or record it again." in str(caught.value)
    assert len(str(caught.value)) < 1000


HEADERS = {
    "version a text": b'{"cassette":"1"}',
    "version true": b'{"cassette":true}',
    "version zero": b'{"cassette":0}',
    "version negative": b'{"cassette":-1}',
    "version a fraction": b'{"cassette":1.0}',
    "version unknown": b'{"cassette":2}',
    "version huge": b'{"cassette":' + b"9" * 4000 + b"}",
    "version of too many digits": b'{"cassette":' + b"9" * 10_000 + b"}",
    "no version": b"{}",
    "a list": b'["cassette"]',
    "deep": DEEP,
    "empty": b"",
}


@pytest.mark.parametrize("name", HEADERS)
def test_cassette_refuses_a_wrong_header(tmp_path, name):
    path = put(tmp_path, END, header=HEADERS[name] + b"\n")
    with pytest.raises(CassetteError, match=r"ecord it again\.") as caught:
        Cassette(path)
    assert len(str(caught.value)) < 1000


FIELDS = {
    "started huge": (LogHeader, {"started": 1e308}),
    "started negative": (LogHeader, {"started": -1}),
    "started after the year 9999": (LogHeader, {"started": 253_402_300_800}),
    "started not a number": (LogHeader, {"started": float("nan")}),
    "started a text": (LogHeader, {"started": "now"}),
    "prompt a list": (LogHeader, {"prompt": ["x"]}),
    "cwd a number": (LogHeader, {"cwd": 5}),
    "key a number": (TurnHeader, {"key": 5}),
    "number a text": (TurnHeader, {"number": "1"}),
    "about a list": (TurnHeader, {"about": [1]}),
    "cli an object": (TurnHeader, {"cli": {}}),
    "recorded a list": (TurnHeader, {"recorded": [1]}),
}


@pytest.mark.parametrize("name", FIELDS)
def test_header_rejects_field_of_wrong_type(tmp_path, name):
    kind, fields = FIELDS[name]
    path = put(tmp_path, END, header=json.dumps({"cassette": 1, **fields}).encode() + b"\n")
    with pytest.raises(CassetteError, match="line 1, is not a header"):
        Cassette(path).header_as(kind)
    if kind is LogHeader:
        assert "is not a header" in turn_text(view_of_log(path))
    else:
        assert list(RecordingFolder(tmp_path).turns()) == []


@pytest.mark.parametrize("name", LINES)
def test_restore_shows_the_lines_before_a_damaged_one_and_says_so(tmp_path, name):
    message = {"type": "assistant", "message": {"model": "x", "content": []}}
    message["message"]["content"] = [{"type": "text", "text": "Hello."}]
    first = json.dumps({"ms": 0, "from": "cli", "json": message}).encode() + b"\n"
    text = turn_text(view_of_log(put(tmp_path, first, LINES[name] + b"\n")))
    assert "Hello." in text
    assert "line 3, " in text


# --- no regular file, or too large ----------------------------------------------------------------


def place(kind: str, path: Path) -> None:
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(kind)


@pytest.mark.parametrize("kind", ["fifo", "folder", "/dev/zero", "/dev/random", "loop.jsonl"])
def test_commands_reject_device_or_pipe_without_blocking(tmp_path, capsys, kind):
    path = tmp_path / "loop.jsonl"
    place(kind, path)
    with pytest.raises(CassetteError, match=r"cannot be read: .*record it again"):
        Cassette(path)
    assert list(RecordingFolder(tmp_path).turns()) == []
    assert main(["cassette", "verify", str(tmp_path)]) == 1
    assert main(["cassette", "prune", "--dry-run", str(tmp_path)]) == 0
    if kind != "folder":
        assert main(["cassette", "show", str(path)]) != 0
        assert main(["cassette", "redact", str(path)]) != 0
    assert "cannot be read" in turn_text(view_of_log(path))


def test_cassette_rejects_oversized_line_early(tmp_path, monkeypatch):
    monkeypatch.setattr(cassette, "MAX_LINE", 2**20)
    path = put(tmp_path)
    with path.open("ab") as file:
        file.truncate(10**11)
    limited = Cassette(path)
    monkeypatch.setattr(limited, "_line", lambda f, n: Cassette._line(limited, f, n, 2**20))
    with pytest.raises(CassetteError, match="line 2, is longer than 1 MiB"):
        list(limited.records())


def test_cassette_rejects_endless_header(tmp_path):
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        file.truncate(10**11)
    with pytest.raises(CassetteError, match="line 1, is longer than 4 MiB"):
        Cassette(path)


# --- played ---------------------------------------------------------------------------------------


@pytest.mark.anyio
@pytest.mark.parametrize("name", LINES)
async def test_playback_raises_at_damaged_line(studio, name):
    await studio.talk("record", ["one"])
    (file,) = studio.files
    header, prompt, *rest = file.read_bytes().split(b"\n")
    file.write_bytes(b"\n".join([header, prompt, LINES[name], *rest]))
    with anyio.fail_after(20), pytest.raises(CassetteError, match="line 3, "):
        await studio.talk("only", ["one"])


RESULTS = {
    "session id a list": {"session_id": ["x"]},
    "session id a flag": {"session_id": "--dangerously-skip-permissions"},
    "session id a path": {"session_id": "/tmp/evil.jsonl"},
    "cost a text": {"total_cost_usd": "much"},
    "cost a list": {"total_cost_usd": [1]},
    "cost negative": {"total_cost_usd": -1e300},
}


@pytest.mark.anyio
@pytest.mark.parametrize("name", RESULTS)
async def test_position_ignores_result_with_invalid_values(studio, name):
    await studio.talk("record", ["one"])
    (file,) = studio.files
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    for line in lines:
        if line.get("json", {}).get("type") in ("result", "assistant"):
            line["json"].update(RESULTS[name])
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with anyio.fail_after(20):
        async with studio.client("only") as client:
            await turn(client, "one")
            replay = client._connected.transport._replay
            spent = (await client.get_usage())["session"]["total_cost_usd"]
    assert spent in (0.0, 0.25)
    assert set(replay.positions) <= {"echo-1", "echo-1 u2", "echo-1 u5", "echo-1 None"} | {
        key for key in replay.positions if key.startswith("echo-1")
    }


def test_position_ignores_invalid_id():
    at = Position()
    for odd in ("-x", "a/b", "a.jsonl", "a b", "x" * 200, 5, None, ""):
        assert at.after({"type": "result", "session_id": odd}) in (None, at)


@pytest.mark.anyio
async def test_replay_transport_caps_pauses(tmp_path):
    path = put(tmp_path, b'{"ms":1e10,"from":"cli","json":{}}\n', END)
    transport = ReplayTransport(path, speed=1e3)
    with anyio.fail_after(20):
        await transport.open()
        assert await transport.receive() == b"{}\n"


# --- state files ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        DEEP,
        b'{"session_id":["x"]}',
        b'{"session_id":"--flag"}',
        b'{"session_id":"/tmp/evil.jsonl"}',
        b'{"session_id":5}',
        b'{"folder":"/","trusted":"x"}',
        b'{"folder":"/","trusted":[1]}',
        b'{"folder":5,"trusted":[]}',
        b" " * 5_000_000,
    ],
)
def test_conversation_store_ignores_damaged_file(tmp_path, content):
    conversation, trust = ConversationStore("/a.ipynb", tmp_path), TrustStore(tmp_path)
    for file in (conversation._file, trust._file("/")):
        file.write_bytes(content)
    assert conversation.load() is None
    assert trust.knows("/", ["x"]) is False


@pytest.mark.parametrize("kind", ["fifo", "folder", "/dev/zero"])
def test_conversation_store_ignores_non_file(tmp_path, kind):
    conversation, trust = ConversationStore("/a.ipynb", tmp_path), TrustStore(tmp_path)
    place(kind, conversation._file)
    place(kind, trust._file("/"))
    assert conversation.load() is None
    assert trust.knows("/", ["x"]) is False


@pytest.mark.parametrize(
    ("text", "is_id"),
    [
        ("0b4e7c1e-4c1f-4c3a-9d0e-3f6b8f6f2a11", True),
        ("echo-1", True),
        ("--dangerously-skip-permissions", False),
        ("/tmp/evil.jsonl", False),
        ("evil.jsonl", False),
        ("a\n", False),
        ("", False),
        (None, False),
    ],
)
def test_is_conversation_id(text, is_id):
    assert is_conversation_id(text) is is_id


# --- written without following links --------------------------------------------------------------


@pytest.mark.anyio
async def test_recordings_replace_links_and_refuse_linked_folders(studio, tmp_path, monkeypatch):
    monkeypatch.chdir(studio.cwd)
    bashrc = tmp_path / "bashrc"
    bashrc.write_text("mine")
    await studio.talk("record", ["one"])
    for path in (*studio.files, studio.folder / "hello.jsonl"):
        path.unlink()
        path.symlink_to(bashrc)
    await studio.talk("record", ["one"])
    assert bashrc.read_text() == "mine"
    assert not any(path.is_symlink() for path in studio.folder.iterdir())

    elsewhere = tmp_path / "elsewhere"
    studio.folder.rename(elsewhere)
    studio.folder.symlink_to(elsewhere)
    before = {path: path.read_bytes() for path in elsewhere.iterdir()}
    with pytest.raises(ClaudeSDKError, match="is a symbolic link; name the folder"):
        await studio.talk("record", ["one"])
    assert {path: path.read_bytes() for path in elsewhere.iterdir()} == before


RECORDS = """
import sys
from claude_notebook.recording.format import CassetteWriter
writer = CassetteWriter(sys.argv[1], {})
for number in range(1000):
    writer.write({"ms": number, "from": "cli", "json": {"type": "x"}})
print(flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("there", [True, False])
def test_killed_recorder_leaves_old_recording_or_complete_lines(tmp_path, there):
    path = tmp_path / "a.jsonl"
    old = HEADER + END
    if there:
        path.write_bytes(old)
    with subprocess.Popen(
        [sys.executable, "-c", RECORDS, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        process.kill()
    if there:
        assert path.read_bytes() == old
    else:
        assert len(list(Cassette(path).records())) == 1000
        assert not Cassette(path).is_whole


@pytest.mark.anyio
@pytest.mark.parametrize("said", [{"commands": [{"name": 5}]}, {"models": "x"}, {"agents": [1]}])
async def test_introduction_omits_malformed_fields(studio, said):
    await studio.talk("record", ["one"])
    line = {"ms": 0, "from": "cli", "json": {**said, "unknown": 1}}
    header = {"cassette": 1}
    (studio.folder / "hello.jsonl").write_text(f"{json.dumps(header)}\n{json.dumps(line)}\n")
    async with studio.client("only") as client:
        info = await client.get_server_info()
    assert all(info[name] == [] for name in said)
    assert "unknown" not in info


@pytest.mark.anyio
async def test_notices_escape_header_control_characters(studio):
    await studio.talk("record", ["one"])
    (file,) = studio.files
    header, rest = file.read_text().split("\n", 1)
    forged = {**json.loads(header), "recorded": "\x1b[2J" + "x" * 500, "prompt": "\x1b]0;x\x07"}
    file.write_text(json.dumps(forged) + "\n" + rest)
    await studio.talk("only", ["one"])
    assert "\x1b" not in studio.notes_of_kind("played")[0]
    assert len(studio.notes_of_kind("played")[0]) < 300
    with pytest.raises(CassetteError) as caught:
        await studio.talk("only", ["two"])
    assert "\x1b" not in str(caught.value)


def test_cassette_show_prints_no_control_characters(tmp_path, capsys):
    path = put(tmp_path, b'{"ms":0,"from":"cli","text":"\\u001b[2J\\u202e"}\n', END)
    path.write_bytes(path.read_bytes().replace(HEADER, b'{"cassette":1,"prompt":"\\u001b[2J"}\n'))
    assert main(["cassette", "show", str(path)]) == 0
    output = capsys.readouterr().out
    assert "\x1b" not in output
    assert "\u202e" not in output
