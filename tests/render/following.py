"""Model of the page, which knows only operations."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import msgspec

from claude_notebook.render.view.turn_view import TurnView


@dataclass
class Follower:
    """Applies operations as the front end does, and rejects impossible ones."""

    panels: dict[str, dict] = field(default_factory=dict)
    blocks: dict[str, list[str]] = field(default_factory=dict)
    tails: dict[str, str] = field(default_factory=dict)
    footer: dict = field(default_factory=dict)
    strict: bool = True
    sent: int = 0

    def follow(self, ops) -> None:
        for op in json.loads(json.dumps(ops)):
            self.sent += len(json.dumps(op))
            getattr(self, f"_{op['op']}")(op)

    def _panel(self, op) -> None:
        panel = op["panel"]
        known = self.panels.get(panel["id"])
        if known is None:
            assert panel["kind"] != "tool" or {"input", "result"} <= {*panel}
            assert not panel.get("blocks")
        self.panels[panel["id"]] = {**(known or {}), **panel}

    def _text(self, op) -> None:
        assert op["id"] in self.panels, "text for a panel that is not there"
        blocks = self.blocks.setdefault(op["id"], [])
        if self.strict:
            assert op["start"] == len(blocks), "a block twice, or one missing"
        known = len(blocks) - op["start"]
        assert known >= 0, "a block is missing"
        before = self.tails.get(op["id"], "").encode("utf-16-le")[: 2 * op.get("keep", 0)]
        first, *rest = (*op["blocks"], op["tail"])
        *text, self.tails[op["id"]] = before.decode("utf-16-le") + first, *rest
        assert blocks[op["start"] :] == text[:known], "a finished block has changed"
        blocks += text[known:]

    def _drop(self, op) -> None:
        for panel_id in op["ids"]:
            self.panels.pop(panel_id, None)
            self.blocks.pop(panel_id, None)

    def _footer(self, op) -> None:
        self.footer = op["footer"]

    def seen(self) -> list[dict]:
        """Return all panels with their text."""
        return [self._whole(panel) for panel in self.panels.values()]

    def _whole(self, panel: dict) -> dict:
        if panel["kind"] not in ("text", "thinking"):
            return panel
        panel_id = panel["id"]
        text = {"blocks": self.blocks.get(panel_id, []), "tail": self.tails.get(panel_id, "")}
        return {**panel, **text}


def seen_by(view: TurnView) -> list[dict]:
    """Return the panels of a view in the form of `Follower.seen`."""
    return json.loads(json.dumps(msgspec.to_builtins(view.panels)))


def same(left: list[dict], right: list[dict]) -> bool:
    """Return True if two views have equal panels in any order."""
    return sorted(left, key=lambda p: p["id"]) == sorted(right, key=lambda p: p["id"])
