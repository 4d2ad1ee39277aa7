"""Recording and verbatim replay of a transport's lines."""

import itertools
import json
import math
from collections import deque
from pathlib import Path

import anyio
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from claude_notebook.errors import CassetteError, TransportClosedError
from claude_notebook.recording.format import CassetteWriter
from claude_notebook.recording.transports import (
    Cassette,
    Record,
    RecordingTransport,
    ReplayTransport,
    SameIds,
)
from claude_notebook.transport import Transport

pytestmark = pytest.mark.anyio


class ScriptedTransport(Transport):
    """Return prepared chunks and record the calls."""

    exit_code = None
    pid = 7

    def __init__(self, *chunks: bytes) -> None:
        self.chunks = deque([*chunks, b""])
        self.told: list[object] = []

    async def open(self) -> None:
        self.told.append("open")

    async def send(self, data: bytes) -> None:
        self.told.append(data)

    async def send_eof(self) -> None:
        self.told.append("eof")

    async def receive(self) -> bytes:
        return self.chunks.popleft() if self.chunks else b""

    async def aclose(self, grace: float = 2.0) -> None:
        self.told.append(("aclose", grace))
        self.exit_code = 3

    def kill(self) -> None:
        self.told.append("kill")

    async def wait(self) -> int | None:
        return self.exit_code

    @property
    def stderr(self) -> str:
        return "a secret word"


def cassette(folder: Path, *entries: object, header: object = None) -> Path:
    path = folder / "test.jsonl"
    lines = [header or {"cassette": 1}, *entries]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def cli(value: object, ms: float = 0) -> dict:
    return {"ms": ms, "from": "cli", "text" if isinstance(value, str) else "json": value}


def us(value: object, ms: float = 0) -> dict:
    return {**cli(value, ms), "from": "us"}


END = {"ms": 9, "from": "end", "exit_code": 4, "stderr": "bye"}

# --- recording ------------------------------------------------------------------------------------


async def test_recording_transport_forwards_and_records_all_lines(tmp_path):
    path = tmp_path / "new.jsonl"
    inner = ScriptedTransport(
        b'{"a": 1}\n{"b"', b': "\xc3\xa9"}\nplain\n\xff\n{"a":"\xff"}\n{"a":"\\ud800"}\n{"a":NaN}\n'
    )
    clock = itertools.count(0, 0.5)
    transport = RecordingTransport(
        inner,
        path,
        header={"cli": "2.1"},
        redact=lambda text: text.replace("secret", "[redacted]"),
        clock=lambda: next(clock),
    )

    await transport.open()
    await transport.send(b'{"say": "sec')
    await transport.send(b'ret"}\n{"x"')
    while await transport.receive():
        pass
    await transport.send_eof()
    transport.kill()
    assert (transport.pid, transport.exit_code, transport.stderr) == (7, None, "a secret word")
    await transport.aclose(1.0)
    await transport.aclose(1.0)

    assert inner.told[0] == "open"
    assert inner.told[1:] == [
        b'{"say": "sec',
        b'ret"}\n{"x"',
        "eof",
        "kill",
        ("aclose", 1.0),
        ("aclose", 1.0),
    ]
    assert await transport.wait() == 3
    header, *lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert header == {"cassette": 1, "cli": "2.1"}
    assert [line.pop("ms") for line in lines] == [500.0 * n for n in range(1, 10)]
    assert lines == [
        {"from": "us", "json": {"say": "[redacted]"}},
        {"from": "cli", "json": {"a": 1}},
        {"from": "cli", "json": {"b": "é"}},
        {"from": "cli", "text": "plain"},
        {"from": "cli", "text": "\udcff"},
        {"from": "cli", "text": '{"a":"\udcff"}'},
        {"from": "cli", "json": {"a": "\ud800"}},
        {"from": "cli", "json": {"a": pytest.approx(math.nan, nan_ok=True)}},
        {"from": "end", "exit_code": 3, "stderr": "a [redacted] word"},
    ]


LINES = st.binary(max_size=20).map(lambda data: data.replace(b"\n", b""))
LINES |= st.sampled_from(
    [b'{"a":"%s"}' % part for part in (b"\xff", rb"\ud800", rb"\udcff", b"\x00")]
)


@given(lines=st.lists(LINES))
@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=60)
async def test_replay_transport_returns_arbitrary_bytes(lines, tmp_path):
    path = tmp_path / "any.jsonl"
    data = b"".join(line + b"\n" for line in lines)
    recording = RecordingTransport(ScriptedTransport(data) if data else ScriptedTransport(), path)
    await recording.open()
    while await recording.receive():
        pass
    await recording.aclose()

    replay = ReplayTransport(path)
    await replay.open()
    played = b"".join([piece async for piece in pieces(replay)])

    expected = [as_json(line) for line in lines]
    assert [as_json(line) for line in played.split(b"\n")[:-1]] == expected
    assert (replay.exit_code, replay.stderr) == (3, "a secret word")


def as_json(line: bytes) -> object:
    """Parse a line, because an object may be written with other spaces."""
    try:
        value = json.loads(line)
    except ValueError:
        return line
    return value if isinstance(value, dict) else line


async def pieces(transport: Transport):
    while piece := await transport.receive():
        yield piece


async def test_recording_transport_raises_for_unwritable_path(tmp_path):
    inner = ScriptedTransport()
    transport = RecordingTransport(inner, tmp_path / "no" / "folder.jsonl")

    with pytest.raises(CassetteError, match="cannot be written"):
        await transport.open()

    assert inner.told == []
    await transport.aclose()


async def test_recording_transport_rejects_device(tmp_path):
    inner = ScriptedTransport(b"{}\n")
    transport = RecordingTransport(inner, "/dev/null")

    with pytest.raises(CassetteError, match="not a regular file; move it away"):
        await transport.open()

    assert await transport.receive() == b"{}\n"
    await transport.aclose()
    assert inner.told == [("aclose", 2.0)]


def test_cassette_writer_ignores_writes_after_end(tmp_path):
    writer = CassetteWriter(tmp_path / "a.jsonl", {})
    writer.end(0, "")
    ended = (tmp_path / "a.jsonl").read_bytes()

    writer.write({"more": 1})
    writer.close()

    assert (tmp_path / "a.jsonl").read_bytes() == ended
    assert len(ended.splitlines()) == 2


# --- playing back ---------------------------------------------------------------------------------


async def test_replay_transport_waits_for_recorded_input(tmp_path):
    path = cassette(tmp_path, us({"q": 1}), cli({"a": 1}), cli("text"), us("x"), cli({"b": 2}), END)
    replay = ReplayTransport(path)
    await replay.open()

    got = []

    async def read() -> None:
        async for piece in pieces(replay):
            got.append(piece)

    async with anyio.create_task_group() as group:
        group.start_soon(read)
        await anyio.wait_all_tasks_blocked()
        assert got == []
        await replay.send(b'{"q')
        await anyio.wait_all_tasks_blocked()
        assert got == []
        await replay.send(b'":1}\n')
        await anyio.wait_all_tasks_blocked()
        assert got == [b'{"a":1}\ntext\n']
        await replay.send(b"anything\nmore\n")

    assert got == [b'{"a":1}\ntext\n', b'{"b":2}\n']
    assert await replay.receive() == b""
    assert (await replay.wait(), replay.exit_code, replay.stderr) == (4, 4, "bye")
    assert replay.pid is None


async def test_replay_transport_ends_at_eof_while_waiting_for_input(tmp_path):
    replay = ReplayTransport(cassette(tmp_path, cli({"a": 1}), us("x"), cli({"b": 2}), END))
    await replay.open()
    assert await replay.receive() == b'{"a":1}\n'
    await replay.send_eof()

    assert await replay.receive() == b""
    assert (replay.exit_code, replay.stderr) == (None, "")
    with pytest.raises(TransportClosedError):
        await replay.send(b"x\n")


async def test_replay_transport_aclose_ends_pending_receive(tmp_path):
    replay = ReplayTransport(Cassette(cassette(tmp_path, us("x"), END)))
    await replay.open()
    async with anyio.create_task_group() as group:
        group.start_soon(replay.receive)
        await anyio.wait_all_tasks_blocked()
        await replay.aclose()

    for call in (replay.receive(), replay.send(b"x")):
        with pytest.raises(TransportClosedError):
            await call


async def test_replay_transport_receive_raises_after_kill(tmp_path):
    replay = ReplayTransport(cassette(tmp_path, cli({"a": 1})))
    await replay.open()
    replay.kill()

    with pytest.raises(TransportClosedError):
        await replay.receive()


async def test_kill_wakes_a_pending_receive(tmp_path):
    replay = ReplayTransport(cassette(tmp_path, us("x"), cli({})))
    await replay.open()
    received = []

    async def read() -> None:
        received.append(await replay.receive())

    with anyio.move_on_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(read)
            await anyio.wait_all_tasks_blocked()
            replay.kill()
    assert received == [b""]


async def test_replay_transport_has_no_exit_code_for_truncated_recording(tmp_path):
    path = cassette(tmp_path, cli({"a": 1}))
    with path.open("a") as file:
        file.write('{"ms": 5, "from": "cli", "js')
    replay = ReplayTransport(path)
    await replay.open()

    assert [piece async for piece in pieces(replay)] == [b'{"a":1}\n']
    assert replay.exit_code is None


async def test_replay_transport_with_speed_returns_single_lines(tmp_path):
    replay = ReplayTransport(
        cassette(tmp_path, cli({"a": 1}, 10), cli({"b": 2}, 20), cli({"c": 3}, 20), END), speed=10
    )
    await replay.open()
    began = anyio.current_time()

    got = [piece async for piece in pieces(replay)]

    assert got == [b'{"a":1}\n', b'{"b":2}\n', b'{"c":3}\n']
    assert anyio.current_time() - began >= 0.002


async def test_replay_transport_batches_lines(tmp_path):
    path = cassette(tmp_path, *[cli("x" * 100_000)] * 10)
    replay = ReplayTransport(path)
    await replay.open()

    sizes = [len(piece) async for piece in pieces(replay)]

    assert sum(sizes) == 10 * 100_001
    assert 1 < len(sizes) < 10


async def test_replay_transport_calls_rewriter_for_both_directions(tmp_path):
    seen = []

    class Shouting(SameIds):
        def sent(self, recorded, actual):
            seen.append((recorded, actual))

        def received(self, recorded):
            return recorded.upper()

    replay = ReplayTransport(cassette(tmp_path, us("then"), cli("yes")), rewriter=Shouting())
    await replay.open()
    await replay.send(b"now\n")

    assert await replay.receive() == b"YES\n"
    assert seen == [(b"then", b"now")]


# --- the file -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line 1, is not JSON"),
        ("not JSON\n", "line 1, is not JSON"),
        ("[1]\n", "line 1, is not a JSON object"),
        ("{}\n", "no format number 'cassette'"),
        ('{"cassette": "1"}\n', "no format number 'cassette'"),
        ('{"cassette": 2}\n', "has format 2; this version reads up to 1. Update"),
    ],
)
def test_cassette_rejects_invalid_header(text, told, tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_text(text)

    with pytest.raises(CassetteError, match=told):
        Cassette(path)


def test_cassette_rejects_missing_file(tmp_path):
    with pytest.raises(CassetteError, match="cannot be read"):
        ReplayTransport(tmp_path / "none.jsonl")
    with pytest.raises(CassetteError, match="cannot be read"):
        Cassette(tmp_path)


def test_cassette_rejects_non_utf8_lines(tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_bytes(b'{"cassette": 1}\n\xff\xff\n')
    with pytest.raises(CassetteError, match="line 2"):
        list(Cassette(path).records())
    path.write_bytes(b"\xff\xff\n")
    with pytest.raises(CassetteError):
        Cassette(path)


@pytest.mark.parametrize(
    "entry",
    [
        {"from": "cli"},
        {"ms": 1},
        {"ms": None, "from": "cli"},
        {"ms": "x", "from": "cli"},
        {"ms": 1, "from": "cli", "text": 5},
        [1],
    ],
)
def test_cassette_names_line_of_invalid_record(entry, tmp_path):
    path = cassette(tmp_path, cli({"a": 1}), entry)

    with pytest.raises(CassetteError, match="line 3, is not a"):
        list(Cassette(path).records())


def test_records(tmp_path):
    path = cassette(tmp_path, us("x", 1.5), cli({"é": "\ud800"}), END)

    assert list(Cassette(path).records()) == [
        Record(1.5, "us", b"x"),
        Record(0.0, "cli", rb'{"\u00e9":"\ud800"}'),
        Record(9.0, "end", b"null", 4, "bye"),
    ]
