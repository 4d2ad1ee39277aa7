"""A turn's live view over a Jupyter comm, with one `TurnWidget` for each displayed turn.

Threads:

- The kernel's main thread creates the widget and displays it.
- The background loop's thread calls `channel.send_ops` many times a second.
- Messages from the page arrive in the main thread or in a subshell's thread. The channel passes
  them on to the thread chosen by its owner.
- `close_late` may be called in any thread, once.

`js/src/widget.ts` is the other end. Importing this module imports anywidget, which takes longer
than importing the rest of the package, so it is imported when the first view is created.
"""

from __future__ import annotations

from collections import deque
from functools import cache, partial
from importlib.resources import files

import anywidget

from ...messages import JSON, JSONObject
from ...turns.output.view_channel import ChannelOwner, ViewChannel

KEPT_OPEN = 24
"""The number of finished turns whose widgets stay open, for pages that are reloaded."""

ASSETS = {"math": "math.js"}
"""Larger scripts that a page requests on demand, by name. They are files in `static/`."""

_ended: deque[TurnWidget] = deque()


@cache
def _static(name: str) -> str:
    return (files("claude_notebook") / "static" / name).read_text(encoding="utf-8")


def _requested_subshell(data: JSON, subshell_id: str | None) -> str | None:
    return subshell_id


class TurnWidget(anywidget.AnyWidget):
    """The pipe between a `ViewChannel` and a notebook's pages.

    :param owner: the owner of the view.
    """

    _esm = _static("widget.js")
    _css = _static("widget.css")

    def __init__(self, owner: ChannelOwner) -> None:
        self._post = owner.post
        self.channel = ViewChannel(self, owner)
        super().__init__()
        # Some kernels route a page's message to the last shell that replied to the page. That is
        # the main shell, which may be busy, whereas the subshell chosen by the page is not.
        if hasattr(self.comm, "_reply_subshell_for"):
            self.comm._reply_subshell_for = _requested_subshell
        self.on_msg(self._receive)

    def send_message(self, message: JSONObject, buffers: list[bytes]) -> None:
        """Send a message to every page that shows the turn."""
        self.send(message, buffers=buffers)

    def _receive(self, _widget: object, content: JSON, _buffers: object) -> None:
        if isinstance(content, dict) and content.get("type") == "asset":
            self._post(partial(self._send_asset, content.get("name")))
        else:
            self.channel.receive(content)

    def _send_asset(self, name: JSON) -> None:
        if isinstance(name, str) and name in ASSETS:
            self.send({"type": "asset", "name": name, "source": _static(ASSETS[name])})

    def saved(self, mark: str) -> None:
        """Notify the page that the saved form `mark` now replaces the view."""
        self.send({"type": "saved", "mark": mark})

    def _repr_mimebundle_(self, **kwargs: JSONObject) -> tuple[JSONObject, JSONObject] | None:
        """Add words for a saved notebook that shows no widgets."""
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is not None:
            bundle[0]["text/plain"] = "Claude was still working when this notebook was saved."
        return bundle

    def close_late(self) -> None:
        """Close the widget a few turns later.

        A page that was reloaded during the turn did not get the saved form. It keeps showing the
        widget, which it asks for the final state.
        """
        _ended.append(self)
        while len(_ended) > KEPT_OPEN:
            _ended.popleft().close()

    def close(self) -> None:
        """Close the widget and its layout now. A view that still shows it becomes blank."""
        layout = self.layout
        super().close()
        if layout is not None:
            layout.close()
