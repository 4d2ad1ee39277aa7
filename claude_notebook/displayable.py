"""What lets a message show itself at the end of a notebook's cell."""

from __future__ import annotations

import importlib


class Shown:
    """A value with a picture of itself, for IPython and whatever else asks for one."""

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, str] | None:
        """HTML, Markdown and text; None for what has nothing to see, which shows as ever."""
        # By name: what draws messages is built upon them, and loaded when one is drawn.
        bundle = importlib.import_module("claude_notebook.render.output.mime_bundle")
        drawn: dict[str, str] | None = bundle.messages_bundle([self])
        return drawn
