"""A turn's live view over a comm: one `TurnWidget` for each turn that is shown.

Who calls what, from which thread:

- The kernel's main thread makes the widget and displays it.
- The background loop's thread calls `send_ops`, many times a second.
- Messages of the page arrive in the kernel's main thread, or in a subshell's. Nothing happens
  there: `post` carries the answer to the thread of the owner's choice. With `post`, the owner's
  `snapshot`, `on_stop` and `on_message` are called in that thread only.
- `close_late` may be called in any thread, once.

`js/src/widget.ts` is the other end. Importing this module imports anywidget, which takes longer
than the rest of the package together: import it when the first view is made.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from functools import cache
from importlib.resources import files

import anywidget

from ...concurrency import fork
from ...messages import JSON, JSONObject
from ...render.model import Op, Part
from ...turns.output.op_stream import Packer

KEPT_OPEN = 24
"""So many turns that have ended keep their widget, for pages that are loaded again."""

ASSETS = {"math": "math.js"}
"""Larger JavaScript that a page asks for when it needs it, by name: files in `static/`."""


@cache
def _static(name: str) -> str:
    return (files("claude_notebook") / "static" / name).read_text(encoding="utf-8")


Bundle = dict[str, object]

_ended: deque[TurnWidget] = deque()


def _where_the_page_says(data: JSON, subshell_id: str | None) -> str | None:
    return subshell_id


class TurnWidget(anywidget.AnyWidget):
    """Shows a turn from the operations that it is sent.

    :param snapshot: gives the operations that lead from nothing to the present state. It is called
        when a page has missed something, so also after the end.
    :param on_stop: called when the reader presses Stop.
    :param on_message: called with each other message of the page: {"type": "answer", ...}.
    :param more: gives a chunk of what was cut off a part: of which panel, of its "input", "result"
        or "detail", of which part of that, and which chunk.
    :param post: runs a function soon, in the thread of the owner's choice; None for right away.
    """

    _esm = _static("widget.js")
    _css = _static("widget.css")

    def __init__(
        self,
        *,
        snapshot: Callable[[], list[Op]],
        on_stop: Callable[[], object],
        on_message: Callable[[JSONObject], object] | None = None,
        more: Callable[[str, str, int, int], Part | None] | None = None,
        post: Callable[[Callable[[], None]], object] | None = None,
    ) -> None:
        self.ready = False
        """Whether a page has loaded the view."""
        self.dark = False
        """Whether that page is dark."""
        self.draws_mermaid = False
        """Whether its application draws Mermaid's diagrams by itself."""
        self._seq = 0
        self._packer = Packer()
        self._sending = threading.Lock()  # what is packed first is sent first
        self._snapshot = snapshot
        self._on_stop = on_stop
        self._on_message = on_message
        self._more = more
        self._post = post
        super().__init__()
        fork.watch(self)
        # Some kernels hand what a page says to the shell that spoke to it last. That is the main
        # one, which may be busy; the subshell that the page has chosen is not.
        if hasattr(self.comm, "_reply_subshell_for"):
            self.comm._reply_subshell_for = _where_the_page_says
        self.on_msg(self._receive)

    def detach(self) -> None:
        """Begin a fork with a free lock; the parent's painter may hold this one."""
        self._sending = threading.Lock()

    def send_ops(self, ops: list[Op]) -> None:
        """Send operations to every page that shows the turn; they are applied in order."""
        with self._sending:
            self._seq += 1
            self._send_packed("ops", self._seq, ops)

    def _repr_mimebundle_(self, **kwargs: JSONObject) -> tuple[Bundle, Bundle] | None:
        """Where a saved notebook shows no widgets, words stand for it."""
        shown = super()._repr_mimebundle_(**kwargs)
        if shown is not None:
            shown[0]["text/plain"] = "Claude was at work here when this was saved."
        return shown

    def saved(self, mark: str) -> None:
        """Tell the page that the saved form, with this class, takes the view's place now."""
        self.send({"type": "saved", "mark": mark})

    def close_late(self) -> None:
        """Close the widget some turns later.

        A page that was loaded again during the turn did not get the saved form: it goes on
        showing the widget, and asks it for the final state.
        """
        _ended.append(self)
        while len(_ended) > KEPT_OPEN:
            _ended.popleft().close()

    def close(self) -> None:
        """Close the widget now, with its layout; a view that still shows it goes blank."""
        layout = self.layout
        super().close()
        if layout is not None:
            layout.close()

    def _receive(self, _widget: object, content: JSON, _buffers: object) -> None:
        if not isinstance(content, dict):
            return
        if content.get("type") == "ready":
            self.ready = True
            self.dark = content.get("dark") is True
            self.draws_mermaid = content.get("mermaid") is True
        if self._post is None:
            self._answer(content)
        else:
            self._post(lambda: self._answer(content))

    def _answer(self, content: JSONObject) -> None:
        kind = content.get("type")
        if kind == "ready":
            # Taken before the snapshot: what is sent meanwhile is then applied twice, which is
            # harmless, and not lost.
            seq, ops = self._seq, self._snapshot()
            with self._sending:
                self._packer.restart()
                self._send_packed("snapshot", seq, ops)
        elif kind == "stop":
            self._on_stop()
        elif kind == "asset":
            self._send_asset(content.get("name"))
        elif kind == "more":
            self._send_more(content)
        elif self._on_message is not None:
            self._on_message(content)

    def _send_packed(self, kind: str, seq: int, ops: list[Op]) -> None:
        place, packed = self._packer.pack(ops)
        self.send({"type": kind, "seq": seq, "at": place}, buffers=[packed])

    def _send_asset(self, name: JSON) -> None:
        if isinstance(name, str) and name in ASSETS:
            self.send({"type": "asset", "name": name, "source": _static(ASSETS[name])})

    def _send_more(self, asked: JSONObject) -> None:
        """A chunk, to every page that shows the turn; an empty one when there is none."""
        panel, side, number, chunk = (asked.get(n) for n in ("id", "side", "part", "chunk"))
        if self._more is None or not isinstance(panel, str) or not isinstance(side, str):
            return
        if type(number) is not int or type(chunk) is not int:
            return
        part = self._more(panel, side, number, chunk)
        address = {name: asked[name] for name in ("id", "side", "part", "chunk")}
        html, left = (part.html, part.more) if part is not None else ("", "")
        self.send({"type": "more", **address, "html": html, "more": left})
