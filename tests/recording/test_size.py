"""Long conversations and large recordings: linear time, and no file in memory."""

import json
import tracemalloc

import anyio
import pytest
from turns import turn

from claude_notebook import ClaudeCodeOptions, ClaudeSDKClient, ReplayTransport
from claude_notebook.recording import IdMapper
from claude_notebook.recording.format import Cassette, CassetteWriter
from claude_notebook.replay import Replay

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_player_plays_a_long_conversation(studio):
    prompts = [f"prompt {number}" for number in range(100)]
    await studio.talk("record", prompts)
    played = await studio.talk("only", prompts)
    assert [result.result for result in played] == [f"You said: {prompt}" for prompt in prompts]
    assert played[-1].total_cost_usd == 25


async def test_id_mapper_is_linear_in_the_line(tmp_path):
    mapper, looked_up = IdMapper(), []

    class Counting(dict):
        def get(self, key, default=None):
            looked_up.append(key)
            return super().get(key, default)

    mapper._current_ids = Counting({b'"u%d"' % n: b'"n%d"' % n for n in range(10_000)})
    line = json.dumps({"type": "result", "user_message_uuid": "u7"}).encode()
    assert json.loads(mapper.received(line))["user_message_uuid"] == "n7"
    assert len(looked_up) == 4


def write_large(path, count: int, size: int) -> None:
    writer = CassetteWriter(path, {})
    writer.write({"ms": 0, "from": "us", "json": {"type": "user", "message": {"content": "go"}}})
    text = "word " * (size // 5)
    for number in range(count):
        value = {"type": "system", "subtype": "note", "uuid": f"u{number}", "text": text}
        writer.write({"ms": number, "from": "cli", "json": value})
    writer.end(0, "")


async def test_player_never_reads_a_large_recording_whole(tmp_path):
    path = tmp_path / "large.jsonl"
    write_large(path, 500, 40_000)
    size = path.stat().st_size
    assert size > 20_000_000

    tracemalloc.start()
    transport = ReplayTransport(path)
    await transport.open()
    await transport.send(b'{"type":"user"}\n')
    received = 0
    with anyio.fail_after(60):
        while data := await transport.receive():
            received += len(data)
    assert Cassette(path).is_whole
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert received > 0.99 * size - 100_000
    assert most < 4_000_000


async def test_environment_turns_playback_on(studio, monkeypatch):
    await studio.talk("record", ["one"])
    monkeypatch.setenv("CLAUDE_NOTEBOOK_REPLAY", "only")
    monkeypatch.setenv("CLAUDE_NOTEBOOK_CASSETTES", str(studio.folder))
    options = ClaudeCodeOptions(cwd=studio.cwd, permission_mode="acceptEdits")
    async with ClaudeSDKClient(options) as client:
        assert (await turn(client, "one"))[-1].result == "You said: one"
    # The options of a program take precedence.
    off = ClaudeCodeOptions(replay=Replay(studio.folder, "off"), cli_path=studio.cwd / "none")
    with pytest.raises(Exception, match="none"):
        await ClaudeSDKClient(off).connect()
