"""Observers of a client see every line once, decoded."""

import json

import fast_cli
import pytest
from peer import Peer, connected
from turns import turn

from claude_notebook import ClaudeCodeOptions, ClaudeSDKClient, Replay
from claude_notebook.messages import ResultMessage, StreamEvent, UserMessage
from claude_notebook.protocol.control import ControlRequest, ControlResponse

pytestmark = pytest.mark.anyio
RESULT = ResultMessage(session_id="s")


class Log:
    """An observer that keeps events and lines."""

    def __init__(self) -> None:
        self.events: list[tuple[str, object]] = []
        self.lines: list[bytes] = []

    def received(self, event: object, line: bytes) -> None:
        self.events.append(("received", event))
        self.lines.append(line)

    def sent(self, event: object, line: bytes) -> None:
        self.events.append(("sent", event))
        self.lines.append(line)


async def test_client_observers_see_lines_in_both_directions():
    peer, log = Peer(), Log()
    client = connected(peer)
    client.add_observer(log)
    peer.on_line = lambda line: line["type"] == "user" and peer.say(RESULT)
    async with client:
        messages = await turn(client, "hi")

    kinds = [(direction, type(event)) for direction, event in log.events]
    assert kinds == [
        ("sent", ControlRequest),
        ("received", ControlResponse),
        ("sent", UserMessage),
        ("received", ResultMessage),
    ]
    assert messages[-1].session_id == log.events[-1][1].session_id
    assert [json.loads(line) for line in log.lines[::2]] == peer.heard


async def test_replay_hear_gets_each_line_and_its_sender(tmp_path):
    heard: list[tuple[str, bytes]] = []
    replay = Replay("", "off", hear=lambda sender, line: heard.append((sender, line)))
    path = fast_cli.install(tmp_path / "claude")
    options = ClaudeCodeOptions(cli_path=path, include_partial_messages=True, replay=replay)
    async with ClaudeSDKClient(options) as client:
        messages = await turn(client, "events 3")

    assert sum(isinstance(message, StreamEvent) for message in messages) == 3
    lines = [json.loads(line) for sender, line in heard if sender == "cli"]
    assert [line["type"] for line in lines].count("stream_event") == 3
    sent = [json.loads(line)["type"] for sender, line in heard if sender == "us"]
    assert sent == ["control_request", "user"]
