"""The protocol between a turn's view and the pages that show it, which works over any pipe.

A page sends `ready` and receives a `snapshot` of the current state, followed by `ops`. It may also
send `stop`, `more` (a request for the next chunk of a truncated part, which every page receives),
and messages for the turn, such as `answer`. The page's side is implemented in `js/src/session.ts`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ...concurrency import fork
from ...messages import JSON, JSONObject
from ...render.model import Op, Part
from .op_stream import Packer

_MORE_ADDRESS = ("id", "side", "part", "chunk")


class MessagePipe(Protocol):
    """A connection to a turn's pages, such as a Jupyter comm or a WebSocket."""

    def send_message(self, message: JSONObject, buffers: list[bytes]) -> None:
        """Send a message to every page. This is thread-safe."""


def _ignore(message: JSONObject) -> None:
    """Ignore the message."""


def _no_more(panel_id: str, side: str, part: int, chunk: int) -> None:
    """Return no chunk."""


def _run_now(function: Callable[[], None]) -> None:
    function()


@dataclass(frozen=True)
class ChannelOwner:
    """The owner of a view. `post` determines the thread in which the other functions run.

    :param snapshot: returns the operations that build the current state, even after the end of the
        turn.
    :param on_stop: called when the reader presses Stop.
    :param on_message: called with each message for the turn: {"type": "answer", ...}.
    :param more: returns a chunk of a truncated part, or None, given the panel, its "input",
        "result" or "detail", the part's number, and the chunk's number.
    :param post: schedules a function in the owner's thread; by default, it is called immediately.
    """

    snapshot: Callable[[], list[Op]]
    on_stop: Callable[[], object]
    on_message: Callable[[JSONObject], object] = _ignore
    more: Callable[[str, str, int, int], Part | None] = _no_more
    post: Callable[[Callable[[], None]], object] = _run_now


class ViewChannel:
    """The kernel's side of the protocol. `send_ops` and `receive` may run in different threads."""

    def __init__(self, pipe: MessagePipe, owner: ChannelOwner) -> None:
        self.ready = False
        """True if a page has loaded the view."""
        self.dark = False
        """True if that page uses a dark theme."""
        self.draws_mermaid = False
        """True if the page's application draws Mermaid diagrams."""
        self._pipe = pipe
        self._owner = owner
        self._seq = 0
        self._packer = Packer()
        self._sending = threading.Lock()  # messages are sent in the order in which they are packed
        fork.watch(self)

    def detach(self) -> None:
        """Replace the lock in a fork, because another thread of the parent may be holding it."""
        self._sending = threading.Lock()

    def send_ops(self, ops: list[Op]) -> None:
        """Send operations to every page, in order."""
        with self._sending:
            self._seq += 1
            self._send_packed("ops", self._seq, ops)

    def receive(self, message: JSON) -> None:
        """Handle a page's message in the owner's thread, dropping malformed ones."""
        if not isinstance(message, dict):
            return
        if message.get("type") == "ready":
            self.ready = True
            self.dark = message.get("dark") is True
            self.draws_mermaid = message.get("mermaid") is True
        self._owner.post(lambda: self._handle(message))

    def _handle(self, message: JSONObject) -> None:
        kind = message.get("type")
        if kind == "ready":
            self._send_snapshot()
        elif kind == "stop":
            self._owner.on_stop()
        elif kind == "more":
            self._send_more(message)
        else:
            self._owner.on_message(message)

    def _send_snapshot(self) -> None:
        # The number is read before the snapshot, so that operations sent in between are applied
        # twice, which is harmless, instead of being lost.
        seq, ops = self._seq, self._owner.snapshot()
        with self._sending:
            self._packer.restart()
            self._send_packed("snapshot", seq, ops)

    def _send_packed(self, kind: str, seq: int, ops: list[Op]) -> None:
        place, packed = self._packer.pack(ops)
        self._pipe.send_message({"type": kind, "seq": seq, "at": place}, [packed])

    def _send_more(self, request: JSONObject) -> None:
        """Send a chunk to every page. The chunk is empty if it does not exist."""
        panel, side, number, chunk = (request.get(name) for name in _MORE_ADDRESS)
        if not isinstance(panel, str) or not isinstance(side, str):
            return
        if type(number) is not int or type(chunk) is not int:
            return
        part = self._owner.more(panel, side, number, chunk)
        address = {name: request[name] for name in _MORE_ADDRESS}
        html, left = (part.html, part.more) if part is not None else ("", "")
        self._pipe.send_message({"type": "more", **address, "html": html, "more": left}, [])
