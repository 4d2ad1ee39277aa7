"""Remarks about a conversation, which are shown in the running cell or in the next one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from ..replay import ReplayNote
from .replay_settings import LEVELS, badge

Level = Literal["info", "warning", "resumed", "played"]
Notify = Callable[[Level, str], None]


class Remarks:
    """Passes remarks to the running cell. Between cells, they are kept for the next one."""

    def __init__(self) -> None:
        self._notify: Notify | None = None
        self._pending: list[tuple[Level, str]] = []

    def attach(self, notify: Notify) -> None:
        """Show subsequent remarks in a cell."""
        self._notify = notify

    def detach(self) -> None:
        """Keep subsequent remarks for the next cell."""
        self._notify = None

    def add(self, level: Level, text: str) -> None:
        """Show a remark in the running cell, or in the next one."""
        if self._notify is not None:
            self._notify(level, text)
        else:
            self._pending.append((level, text))

    def add_note(self, note: ReplayNote) -> None:
        """Show a note about recording or playback, unless it has its own panel."""
        if note.kind in LEVELS:
            self.add(LEVELS[note.kind], badge(note) or note.text)

    def flush(self) -> None:
        """Show the remarks that were kept."""
        remarks, self._pending = self._pending, []
        for level, text in remarks:
            self.add(level, text)
