"""Unreadable lines neither end a turn nor leave a request of the CLI unanswered."""

import sys

import anyio
import pytest
from peer import Peer, connected

from claude_notebook import ClaudeCodeOptions, InformationalMessage, ResultMessage, query
from claude_notebook.errors import ControlRequestError, ProtocolError
from claude_notebook.recording.format import Cassette, CassetteWriter, entry_of

pytestmark = pytest.mark.anyio

RESULT = ResultMessage(result="done")
LISTS = b"[" * 100_000 + b"]" * 100_000
DEEP = {
    "unknown": b'{"type":"new","x":%s}' % LISTS,
    "bare": LISTS,
    "system": b'{"type":"system","subtype":"status","x":%s}' % LISTS,
    "tool input": b'{"type":"assistant","message":{"content":[{"type":"tool_use","id":"t",'
    b'"name":"B","input":{"x":%s}}]}}' % LISTS,
    "tool result": b'{"type":"user","message":{"content":[]},"tool_use_result":%s}' % LISTS,
}


async def allow(*_):
    raise AssertionError("never called")


@pytest.mark.parametrize("line", DEEP.values(), ids=DEEP)
async def test_client_turn_continues_after_a_deep_line(line):
    peer = Peer()
    with anyio.fail_after(20):
        async with connected(peer) as client:
            peer.say(line, RESULT)
            messages = [m async for m in client.receive_response()]
    assert len(messages) == 2
    assert isinstance(messages[-1], ResultMessage)


@pytest.mark.parametrize(
    "line",
    [
        b'{"type":"control_request","request_id":"q","request":{"subtype":"can_use_tool",'
        b'"tool_name":"B","input":{"x":%s}}}' % LISTS,
        b'{"type":"control_request","request_id":"q","request":{"subtype":"can_use_tool",',
        b'{"type":"control_request","request_id":"q","request":[]}',
    ],
    ids=["deep", "cut off", "no object"],
)
async def test_unreadable_request_is_refused_and_reported(line):
    peer = Peer()
    with anyio.fail_after(20):
        async with connected(peer, can_use_tool=allow) as client:
            peer.say(line)
            answer = await peer.hear("control_response")
            peer.say(RESULT)
            messages = [m async for m in client.receive_response()]
    assert answer["response"]["subtype"] == "error"
    assert answer["response"]["request_id"] == "q"
    notices = [m.content for m in messages if isinstance(m, InformationalMessage)]
    assert "The request was refused." in notices[0]


async def test_deep_response_fails_its_request_at_once():
    peer = Peer()

    def answer(line):
        if line["type"] == "control_request":
            head = b'{"type":"control_response","response":{"subtype":"success","request_id":"%s",'
            peer.say(head % line["request_id"].encode() + b'"response":%s}}' % LISTS)

    with anyio.fail_after(20):
        async with connected(peer) as client:
            peer.on_line = answer
            with pytest.raises(ControlRequestError, match="levels deep"):
                await client.get_context_usage()


@pytest.mark.parametrize("line", [LISTS, b'{"type":"new","x":%s}' % LISTS], ids=["bare", "object"])
async def test_query_continues_after_a_deep_line(line):
    peer = Peer()
    peer.on_line = lambda heard: heard["type"] == "user" and (peer.say(line, RESULT), peer.end())
    with anyio.fail_after(20):
        messages = [m async for m in query(prompt="hi", transport=peer)]
    assert isinstance(messages[-1], ResultMessage)


async def test_exit_after_an_unreadable_line_raises_its_error():
    peer = Peer(greets=False)
    peer.say(b'{"type":"new","x":undefined}')
    peer.end()
    with anyio.fail_after(20), pytest.raises(ProtocolError, match="not JSON"):
        async for _ in query(prompt="hi", transport=peer, options=ClaudeCodeOptions()):
            pass


@pytest.mark.parametrize("depth", [5, 400, 800, 990, 5_000, 100_000])
def test_recording_of_a_deep_line_is_readable_with_less_stack(tmp_path, depth):
    line = '{"type":"new","x":' + "[" * depth + "]" * depth + "}"
    writer = CassetteWriter(tmp_path / "a.jsonl", {})
    writer.write(entry_of(0.0, "cli", line))
    writer.end(None, "")

    def read(frames):
        return read(frames - 1) if frames else [r.line for r in Cassette(writer.path).records()]

    assert read(min(300, sys.getrecursionlimit() // 3))[0] == line.encode()
