"""The channel between a view and its pages, over a pipe that is a list."""

from __future__ import annotations

import json
import threading
import zlib
from functools import partial
from typing import Any

import pytest

from claude_notebook.render.model import Part
from claude_notebook.render.view.turn_view import TurnView
from claude_notebook.turns.background_loop import BackgroundLoop
from claude_notebook.turns.output.view_channel import ChannelOwner, ViewChannel

DROP = {"op": "drop", "ids": ["a"]}
END = {"op": "end", "html": "<p>x</p>"}


class Pages:
    """A pipe, and a page that unpacks the messages it receives."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self._stream = zlib.decompressobj(-zlib.MAX_WBITS)

    def send_message(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        if message.get("at") == 0:
            self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
        for packed in buffers:
            message = {**message, "ops": json.loads(self._stream.decompress(packed))}
        self.messages.append(message)


def channel(**owner: Any) -> tuple[ViewChannel, Pages]:
    pages = Pages()
    return ViewChannel(pages, ChannelOwner(**{"snapshot": list, "on_stop": list, **owner})), pages


def test_view_channel_numbers_its_operations():
    view, pages = channel()
    for _ in range(3):
        view.send_ops([DROP])
    assert [(m["type"], m["seq"], m["at"]) for m in pages.messages] == [
        ("ops", 1, 0),
        ("ops", 2, 1),
        ("ops", 3, 2),
    ]
    assert all(m["ops"] == [DROP] for m in pages.messages)


def test_view_channel_answers_ready_with_a_snapshot_in_a_stream_of_its_own():
    view, pages = channel(snapshot=lambda: [END])
    view.send_ops([DROP])
    view.receive({"type": "ready", "dark": True, "mermaid": 1})
    assert pages.messages[-1] == {"type": "snapshot", "seq": 1, "at": 0, "ops": [END]}
    assert (view.ready, view.dark, view.draws_mermaid) == (True, True, False)
    view.send_ops([DROP])
    assert pages.messages[-1] == {"type": "ops", "seq": 2, "at": 1, "ops": [DROP]}


def test_view_channel_loses_no_operation_that_is_sent_during_a_snapshot():
    def snapshot() -> list[Any]:
        view.send_ops([DROP])
        return [END]

    view, pages = channel(snapshot=snapshot)
    view.receive({"type": "ready"})
    # The snapshot has the number before the operation, so the page applies the operation again.
    assert [(m["type"], m["seq"]) for m in pages.messages] == [("ops", 1), ("snapshot", 0)]


def test_view_channel_sends_chunks_on_demand():
    more = lambda *where: Part("text", f"{where}", more="left") if where[3] < 2 else None  # noqa: E731
    view, pages = channel(more=more)
    address = {"type": "more", "id": "p1", "side": "result", "part": 0}
    for malformed in ({"type": "more"}, {**address, "id": 3}, {**address, "chunk": True}):
        view.receive(malformed)
    view.receive({**address, "chunk": 1})
    view.receive({**address, "chunk": 2})
    assert pages.messages == [
        {**address, "chunk": 1, "html": "('p1', 'result', 0, 1)", "more": "left"},
        {**address, "chunk": 2, "html": "", "more": ""},
    ]


def test_view_channel_passes_stop_and_answers_to_its_owner():
    heard: list[Any] = []
    view, _ = channel(on_stop=lambda: heard.append("stop"), on_message=heard.append)
    view.receive({"type": "stop"})
    view.receive({"type": "answer", "id": "p1"})
    assert heard == ["stop", {"type": "answer", "id": "p1"}]


@pytest.mark.parametrize("message", [None, "stop", ["stop"], 7, True])
def test_view_channel_drops_malformed_messages(message):
    heard: list[Any] = []
    view, pages = channel(on_stop=lambda: heard.append("stop"), on_message=heard.append)
    view.receive(message)
    assert (heard, pages.messages) == ([], [])


def test_view_channel_of_a_fork_has_a_free_lock():
    view, pages = channel()
    view._sending.acquire()
    view.detach()
    view.send_ops([DROP])
    assert len(pages.messages) == 1


class CountingLoop(BackgroundLoop):
    """A background loop that counts the calls from other threads."""

    hops = 0

    def post(self, function: Any) -> None:
        self.hops += 1
        super().post(function)

    def submit(self, function: Any, *args: Any) -> Any:
        self.hops += 1
        return super().submit(function, *args)


def test_click_reaches_question_in_one_hop():
    from claude_notebook.messages import JSONObject
    from claude_notebook.notebook.magics.magics import ClaudeMagics
    from claude_notebook.turns.turn import Turn

    loop = CountingLoop()
    answered = threading.Event()
    threads: list[str] = []

    class Answers:
        def receive(self, message: JSONObject) -> bool:
            threads.append(threading.current_thread().name)
            answered.set()
            return True

    turn = Turn(None, None, TurnView(1), asking=Answers())  # type: ignore[arg-type]
    magics = ClaudeMagics.__new__(ClaudeMagics)
    magics._loop = loop
    view, _ = channel(on_message=partial(magics._receive, turn), post=loop.post)
    view.receive({"type": "answer", "id": "p1", "choice": "once"})

    assert answered.wait(10)
    assert loop.hops == 1
    assert threads == ["claude_notebook"]
