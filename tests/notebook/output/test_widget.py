"""The widget in a real kernel, with a test in place of the page."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from unpacking import Unpacker

pytestmark = pytest.mark.kernel

STATIC = Path(__file__).parents[3] / "claude_notebook" / "static"

SETUP = """
import asyncio, threading
from claude_notebook.notebook.output.widget import TurnWidget
from claude_notebook.turns.output.view_channel import ChannelOwner

loop = asyncio.new_event_loop()
thread = threading.Thread(target=loop.run_forever, daemon=True)
thread.start()
heard = []

def note(what):
    heard.append((what, threading.current_thread() is thread))

def make(ops=()):
    return TurnWidget(ChannelOwner(
        snapshot=lambda: (note("snapshot"), list(ops))[1],
        on_stop=lambda: note("stop"),
        on_message=lambda message: note(message["type"]),
        post=loop.call_soon_threadsafe,
    ))

def on_loop(function, *args):
    done = threading.Event()
    loop.call_soon_threadsafe(lambda: (function(*args), done.set()))
    done.wait()
"""


class Page:
    """The page's side of a kernel's comms."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self.client = client
        self.unpacker = Unpacker()

    def run(self, code: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Run code, and return its expressions by name and the comm messages until its end."""
        request = self.client.execute(code, user_expressions={"heard": "heard"})
        messages = self.until(
            lambda m: (
                m["msg_type"] == "status"
                and m["content"]["execution_state"] == "idle"
                and m["parent_header"].get("msg_id") == request
            )
        )
        reply = self.reply_to(request)
        assert reply["status"] == "ok", reply.get("evalue")
        return reply["user_expressions"], [m for m in messages if m["msg_type"].startswith("comm")]

    def reply_to(self, request: str) -> dict[str, Any]:
        """Return the shell's reply to `request`, and skip replies to earlier requests."""
        while True:
            message = self.client.get_shell_msg(timeout=30)
            if message["parent_header"].get("msg_id") == request:
                return message["content"]

    def until(self, matches: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """Return the kernel's messages up to the first that matches."""
        messages: list[dict[str, Any]] = []
        while not (messages and matches(messages[-1])):
            messages.append(self.client.get_iopub_msg(timeout=30))
        return messages

    def open(self, arguments: str = "") -> tuple[str, dict[str, Any]]:
        """Create a widget `w` in the kernel; return its model id and its first state."""
        _, comms = self.run(f"w = make({arguments})")
        opened = [m["content"] for m in comms if m["msg_type"] == "comm_open"]
        state = next(m for m in opened if "_esm" in m["data"]["state"])
        return state["comm_id"], state["data"]["state"]

    def say(self, model: str, content: object) -> None:
        data = {"method": "custom", "content": content}
        message = self.client.session.msg("comm_msg", {"comm_id": model, "data": data})
        self.client.shell_channel.send(message)

    def hear(self, model: str) -> dict[str, Any]:
        """Return the next custom message for the page."""
        last = self.until(
            lambda m: m["msg_type"] == "comm_msg" and m["content"]["comm_id"] == model
        )[-1]
        return self.unpacker.read(last)

    def heard(self, count: int) -> str:
        """Return the calls that the owner has received, once there are `count` of them."""
        deadline = time.monotonic() + 30
        while (values := self.run("")[0]["heard"]["data"]["text/plain"]).count("(") < count:
            assert time.monotonic() < deadline, values
        return str(values)


@pytest.fixture(scope="module")
def kernel() -> Iterator[BlockingKernelClient]:
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture
def page(kernel: BlockingKernelClient) -> Page:
    page = Page(kernel)
    page.run(SETUP)
    return page


def test_widget_sends_committed_bundle(page: Page) -> None:
    _, state = page.open()
    assert state["_esm"] == (STATIC / "widget.js").read_text(encoding="utf-8")
    assert state["_css"] == (STATIC / "widget.css").read_text(encoding="utf-8")


def test_send_ops_keeps_order_across_threads(page: Page) -> None:
    model, _ = page.open()
    page.client.execute(
        "def send():\n"
        "    for n in range(50): w.channel.send_ops([{'op': 'drop', 'ids': [str(n)]}])\n"
        "on_loop(send)"
    )
    batches = [page.hear(model) for _ in range(50)]
    assert [batch["seq"] for batch in batches] == list(range(1, 51))
    assert [batch["ops"][0]["ids"] for batch in batches] == [[str(n)] for n in range(50)]
    assert {batch["type"] for batch in batches} == {"ops"}


def test_ready_page_receives_snapshot_with_last_sequence_number(page: Page) -> None:
    model, _ = page.open("[{'op': 'end', 'html': '<p>x</p>'}]")
    page.run("w.channel.send_ops([]); w.channel.send_ops([])")
    page.say(model, {"type": "ready"})
    assert page.hear(model) == {
        "type": "snapshot",
        "seq": 2,
        "ops": [{"op": "end", "html": "<p>x</p>"}],
    }
    assert page.heard(1) == "[('snapshot', True)]"
    assert page.run("assert w.channel.ready")


def test_snapshot_decompresses_without_earlier_batches(page: Page) -> None:
    model, _ = page.open("[{'op': 'drop', 'ids': ['a']}]")
    page.run("w.channel.send_ops([{'op': 'drop', 'ids': ['a']}] * 9)")
    page.say(model, {"type": "ready"})
    packed = page.until(lambda m: m["content"].get("comm_id") == model)[-1]
    later = zlib.decompressobj(-zlib.MAX_WBITS)
    assert packed["content"]["data"]["content"] == {"type": "snapshot", "seq": 1, "at": 0}
    assert json.loads(later.decompress(packed["buffers"][0])) == [{"op": "drop", "ids": ["a"]}]


def test_repeated_ops_compress_well(page: Page) -> None:
    model, _ = page.open()
    ops = [{"op": "end", "html": "".join(f"<p>{n * n}</p>" for n in range(500))}]
    page.client.execute(f"for n in range(2): w.channel.send_ops({ops!r})")
    first, again = (
        page.until(lambda m: m["content"].get("comm_id") == model)[-1]["buffers"][0].nbytes
        for _ in range(2)
    )
    assert again < first / 10


def test_page_messages_arrive_in_owner_thread(page: Page) -> None:
    model, _ = page.open()
    page.say(model, {"type": "stop"})
    page.say(model, {"type": "answer", "text": "yes"})
    assert page.heard(2) == "[('stop', True), ('answer', True)]"


def test_widget_sends_requested_asset_only(page: Page) -> None:
    model, _ = page.open()
    page.say(model, {"type": "asset", "name": "../notebook/widget.py"})
    page.say(model, {"type": "asset", "name": ["math"]})
    page.say(model, {"type": "asset", "name": "math"})
    answer = page.hear(model)
    assert answer["name"] == "math"
    assert answer["source"] == (STATIC / "math.js").read_text(encoding="utf-8")


def test_widget_sends_requested_chunk(page: Page) -> None:
    _, comms = page.run(
        "from claude_notebook.render.model import Part\n"
        "def more(*where):\n"
        "    return Part('text', f'<p>{where}</p>', more='left') if where[3] < 2 else None\n"
        "w = TurnWidget(ChannelOwner(snapshot=list, on_stop=list, more=more))"
    )
    model = next(m["content"]["comm_id"] for m in comms if "_esm" in str(m["content"]["data"]))
    address = {"id": "p1", "side": "result", "part": 0}
    for malformed in ({}, {"id": 3}, {**address, "chunk": True}, {**address, "chunk": "1"}):
        page.say(model, {"type": "more", **malformed})
    page.say(model, {"type": "more", **address, "chunk": 1})
    html = "<p>('p1', 'result', 0, 1)</p>"
    chunk = {"type": "more", **address}
    assert page.hear(model) == {**chunk, "chunk": 1, "html": html, "more": "left"}
    page.say(model, {"type": "more", **address, "chunk": 2})
    assert page.hear(model) == {**chunk, "chunk": 2, "html": "", "more": ""}


def test_ready_message_sets_page_properties(page: Page) -> None:
    model, _ = page.open()
    properties = "heard.append((w.channel.ready, w.channel.dark, w.channel.draws_mermaid))"
    page.run(properties)
    page.say(model, {"type": "ready", "dark": True, "mermaid": 1})
    page.hear(model)
    page.run(properties)
    assert page.heard(3) == "[(False, False, False), ('snapshot', True), (True, True, False)]"


@pytest.mark.parametrize("content", [None, "stop", ["stop"], 7, {}, {"type": None}, {"type": []}])
def test_widget_ignores_malformed_messages(page: Page, content: object) -> None:
    _, comms = page.run(
        "w = TurnWidget(ChannelOwner(list, on_stop=lambda: heard.append('(stopped)')))"
    )
    model = next(m["content"]["comm_id"] for m in comms if "_esm" in str(m["content"]["data"]))
    page.say(model, content)
    page.say(model, {"type": "stop"})
    assert page.heard(1) == "['(stopped)']"


def test_close_late_keeps_recent_widgets_open(page: Page) -> None:
    _, comms = page.run(
        "from claude_notebook.notebook.output.widget import KEPT_OPEN\n"
        "ws = [make() for _ in range(KEPT_OPEN + 2)]\n"
        "first = [ws[0].model_id, ws[0].layout.model_id, ws[1].model_id, ws[1].layout.model_id]\n"
        "for w in ws: w.close_late()\n"
        "assert set(first) == {c for c in first if c}\n"
        "heard.append(first[0]); heard.append(first[2])"
    )
    closed = [m["content"]["comm_id"] for m in comms if m["msg_type"] == "comm_close"]
    kept = page.run("")[0]["heard"]["data"]["text/plain"]
    assert len(closed) == 4
    assert all(model in kept for model in (closed[0], closed[2]))


def test_extension_import_does_not_load_anywidget() -> None:
    code = (
        "import sys, claude_notebook.notebook.extension\n"
        "print({'anywidget', 'ipywidgets'} & set(sys.modules))\n"
        "import claude_notebook.notebook.output.widget\n"
        "print('anywidget' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split("\n")[:2] == ["set()", "True"]
