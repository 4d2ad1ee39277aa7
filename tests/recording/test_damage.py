"""Recordings that are truncated, edited, or foreign: a clear error, never a hang."""

import json

import anyio
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from turns import turn

from claude_notebook import ClaudeCodeOptions, ClaudeSDKClient
from claude_notebook.errors import CassetteError, ClaudeSDKError
from claude_notebook.recording.environment import replay_from
from claude_notebook.recording.format import Cassette
from claude_notebook.recording.keys import Places
from claude_notebook.recording.player import Batch, Player, TurnEnd
from claude_notebook.replay import Replay

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def _play_damaged(studio, data: bytes) -> tuple[list, ClaudeSDKError | None]:
    (file,) = studio.files
    file.write_bytes(data)
    messages: list = []
    try:
        with anyio.fail_after(30):
            async with studio.client("only") as client:
                await client.query("one")
                async for message in client.receive_response():
                    messages.append(message)
    except ClaudeSDKError as error:
        return messages, error
    return messages, None


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
async def test_truncated_recording_plays_or_raises(studio, whole, data):
    cut = data.draw(st.integers(0, len(whole)))
    messages, error = await _play_damaged(studio, whole[:cut])
    complete = b'"type":"result"' in whole[: whole.rfind(b"\n", 0, cut) + 1]
    assert (error is None) == complete
    if error is not None:
        assert isinstance(error, CassetteError)
        assert "ecord it again" in str(error)
    else:
        assert messages[-1].result == "You said: one"


@pytest.mark.parametrize(("prompt", "every"), [("one", 1), ("call", 17)])
async def test_recording_cut_at_each_byte_delivers_complete_lines(studio, prompt, every):
    await studio.talk("record", [prompt])
    (file,) = studio.files
    whole = file.read_bytes()
    come = [len(line) for line in whole.split(b"\n")[1:] if b'"from":"cli"' in line]
    for size in range(whole.index(b"\n"), len(whole), every):
        file.write_bytes(whole[:size])
        player = Player(Cassette(file), None, Places("/w", "/h"), lambda _: None)
        player.shows = True
        handed = b""
        for _ in range(len(come) + 2):
            step = player.step(0.0)
            if isinstance(step, TurnEnd):
                break
            assert isinstance(step, Batch)
            handed += step.data
        assert isinstance(step, TurnEnd)
        assert step.whole == (b'"type":"result"' in handed)
        lines = [item for item in whole[:size].split(b"\n")[1:-1] if b'"from":"cli"' in item]
        notes = [item for item in lines if b"control_" not in item]
        assert handed.count(b"\n") == len(notes)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
async def test_modified_recording_plays_or_raises(studio, whole, data):
    at = data.draw(st.integers(0, len(whole) - 1))
    put = data.draw(st.sampled_from([b"", b"{", b'"', b"0", b"\n", b"\xff", b"}\n{", b"null"]))
    _, error = await _play_damaged(studio, whole[:at] + put + whole[at + 1 :])
    assert error is None or isinstance(error, ClaudeSDKError)


@pytest.mark.parametrize("said", [b"", b"{}", b"null", b"[1]", b"\xff", b'{"ms":0,"from":"cli"}\n'])
async def test_broken_introduction_is_ignored(studio, whole, said):
    hello = studio.folder / "hello.jsonl"
    header = hello.read_bytes().split(b"\n")[0] + b"\n"
    for content in (said, header + said, header + b'{"ms":0,"from":"cli","json":' + said + b"}\n"):
        hello.write_bytes(content)
        (result,) = await studio.talk("only", ["one"])
        assert result.result == "You said: one"


@pytest.fixture
async def whole(studio) -> bytes:
    await studio.talk("record", ["one"])
    return studio.files[0].read_bytes()


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda d: d.replace(b'"cassette":1', b'"cassette":2', 1), "Update claude-notebook"),
        (lambda d: d.replace(b'"cassette":1', b'"cassette":"x"', 1), "is not a recording"),
        (lambda d: b"{}\n" + d, "is not a recording"),
        (
            lambda d: d.replace(b'"from":"cli"', b'"from":"elsewhere"', 1),
            "has unknown source 'elsewhere'",
        ),
        (lambda d: d.replace(b'"ms":', b'"when":', 1), "is not a record"),
        (lambda d: d.replace(b'{"ms"', b'{"ms', 1), "is not JSON"),
        (lambda d: b"\xff" * 100, "is not JSON"),
        (lambda d: b"[" * 100_000, "is not JSON"),
    ],
)
async def test_edited_recording_raises_a_clear_error(studio, whole, edit, told):
    _, error = await _play_damaged(studio, edit(whole))
    assert isinstance(error, CassetteError)
    assert told in str(error)


async def test_auto_records_an_incomplete_recording_again(studio, whole):
    studio.files[0].write_bytes(whole[: len(whole) // 2])
    (result,) = await studio.talk("auto", ["one"])
    assert studio.asked == ["one"]
    assert result.result == "You said: one"
    assert any("is incomplete" in text for text in studio.notes_of_kind("recorded"))


async def test_recording_plays_with_another_cli_version_and_edited_text(studio, whole):
    lines = whole.replace(b"You said: one", b"I said: 1").split(b"\n", 1)
    header = {**json.loads(lines[0]), "cli": "9.9.9", "key_of_tomorrow": 1}
    messages, error = await _play_damaged(studio, json.dumps(header).encode() + b"\n" + lines[1])
    assert error is None
    assert messages[-1].result == "I said: 1"
    assert "Claude Code 9.9.9" in studio.notes_of_kind("played")[0]


async def test_unwritable_folder_raises(studio):
    studio.folder.write_text("a file")
    with pytest.raises(CassetteError, match="cannot be created"):
        await studio.talk("auto", ["one"])


async def test_mode_off_and_an_empty_environment_mean_no_replay(studio):
    assert replay_from({}) is None
    assert replay_from({"CLAUDE_NOTEBOOK_REPLAY": "off"}) is None
    environ = {"CLAUDE_NOTEBOOK_REPLAY": "only", "CLAUDE_NOTEBOOK_CASSETTES": str(studio.folder)}
    replay = replay_from(environ)
    assert (replay.mode, replay.folder) == ("only", str(studio.folder))
    assert replay_from(environ) is replay
    with pytest.raises(ClaudeSDKError, match="auto, only, record, off"):
        replay_from({"CLAUDE_NOTEBOOK_REPLAY": "on"})


async def test_mode_only_needs_no_cli(studio):
    await studio.talk("record", ["one"])
    options = ClaudeCodeOptions(
        cwd=studio.cwd,
        permission_mode="acceptEdits",
        cli_path=studio.cwd / "not-there",
        replay=Replay(studio.folder, "only"),
    )
    async with ClaudeSDKClient(options) as client:
        assert (await turn(client, "one"))[-1].result == "You said: one"
