"""Files of the first release still play, load and render.

`samples/` holds files as version 0.1.0 wrote them. They are never written again.
"""

import json
import shutil
from pathlib import Path

import anyio
import nbformat
import pytest
from echo import Echo
from turns import turn

from claude_notebook import (
    ClaudeCodeOptions,
    ClaudeSDKClient,
    HookMatcher,
    PermissionResultAllow,
    create_sdk_mcp_server,
    tool,
)
from claude_notebook.recording.cassette_transport import CassetteTransport
from claude_notebook.recording.format import Cassette
from claude_notebook.recording.keys import Places
from claude_notebook.recording.maintenance import problems
from claude_notebook.recording.player import Batch, Player, TurnEnd
from claude_notebook.render.output.text import turn_text
from claude_notebook.replay import RecordedAnswer, Replay
from claude_notebook.turns.restored_output import view_of_log
from claude_notebook.turns.state import ConversationStore, TrustStore

SAMPLES = Path(__file__).parent / "samples"
RECORDINGS = [
    path
    for folder in (SAMPLES / "recordings", Path(__file__).parents[1] / "notebooks" / "cassettes")
    for path in sorted(folder.glob("*.jsonl"))
]
SESSION = "0b4e7c1e-4c1f-4c3a-9d0e-3f6b8f6f2a11"


async def never(*_):
    raise AssertionError("a recording has called this program")


@tool("add", "Adds.", {"a": int, "b": int})
async def add(args):
    raise AssertionError("a recording has called this program")


async def allow(*_):
    return PermissionResultAllow()


OPTIONS = {
    "call": {"mcp_servers": {"sums": create_sdk_mcp_server("sums", tools=[add])}},
    "hook": {"hooks": {"Stop": [HookMatcher(hooks=[never])]}},
    "ask": {"can_use_tool": never},
}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("prompt", "result"),
    [("call", '"3"'), ("hook", '{"systemMessage": "a"}'), ("ask", "Bash: allow")],
)
async def test_sample_recording_plays_with_answers(tmp_path, prompt, result):
    options = ClaudeCodeOptions(cwd=tmp_path, **OPTIONS[prompt])
    replay = Replay(SAMPLES / "recordings", "only", answers=True)
    with anyio.fail_after(30):
        async with ClaudeSDKClient(options, CassetteTransport(replay, options, Echo)) as client:
            messages = await turn(client, prompt)
    assert result in messages[-1].result
    results = [message for message in messages if isinstance(message, RecordedAnswer)]
    assert [answer.response["behavior"] for answer in results] == ["allow"] * (prompt == "ask")


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_sample_recordings_are_readable(path):
    assert list(problems(path)) == []
    player = Player(Cassette(path), None, Places("/w", "/h"), lambda _: None)
    lines = b""
    while isinstance(step := player.step(0.0), Batch):
        lines += step.data
    assert isinstance(step, TurnEnd)
    assert path.name == "hello.jsonl" or step.whole
    assert b"control_request" not in lines


def test_live_log_renders_answers():
    text = turn_text(view_of_log(SAMPLES / "turn_log_live.jsonl"))
    assert "“Ask before you write.”" in text
    assert text.count("✓ Allowed once · recorded") == 2
    assert "⊘ Denied — “Not that file, please.” · recorded" in text
    assert "⚠" not in text


def test_played_log_renders_messages():
    """The first release wrote recorded answers there as messages, which anyone can forge."""
    text = turn_text(view_of_log(SAMPLES / "turn_log_played.jsonl"))
    assert "Bash: allow" in text
    assert "only answers that were recorded as such count" in text


def test_sample_state_files_are_readable(tmp_path):
    conversation = ConversationStore("/books/a.ipynb", tmp_path)
    shutil.copy(SAMPLES / "conversation_state.json", conversation._file)
    assert conversation.load() == SESSION
    trust = TrustStore(tmp_path)
    shutil.copy(SAMPLES / "trust_state.json", trust._file("/"))
    digests = json.loads((SAMPLES / "trust_state.json").read_text())["trusted"]
    assert trust.knows("/", digests)


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.ipynb")), ids=lambda path: path.stem)
def test_saved_notebook_is_valid_and_keeps_answers(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert any("cn-" in output.get("data", {}).get("text/html", "") for output in outputs)
