"""A conversation's current position, which determines the key of its next prompt."""

from __future__ import annotations

import dataclasses

from ..messages import JSONObject
from ..options import ClaudeCodeOptions
from ..replay import Replay
from .keys import Position, position_key


class PositionTracker:
    """Follows a conversation's turns, and stores each position under the conversation's id.

    A later conversation that resumes this one starts at the stored position.

    :param options: the conversation's options.
    :param replay: the settings that hold the stored positions.
    """

    def __init__(self, options: ClaudeCodeOptions, replay: Replay) -> None:
        self._stored = replay.positions
        self._is_named = not options.fork_session  # a fork gets a new id
        self.current = Position.of(options, replay.positions)

    def begin_turn(self, key: str, *, played: bool) -> None:
        """Advance to the next turn.

        :param key: the turn's key.
        :param played: whether a recording is being played.
        """
        number = self.current.number + 1
        self.current = dataclasses.replace(self.current, key=key, number=number, played=played)
        self._store()

    def observe(self, message: JSONObject) -> None:
        """Update the position after a result or a message from Claude."""
        position = self.current.after(message)
        if position is None:
            return
        self._is_named, self.current = True, position
        self._store()
        if message.get("type") == "result" and position.session_id:
            self._stored[position_key(position.session_id, position.last_uuid)] = position

    def _store(self) -> None:
        if self.current.session_id and self._is_named:
            self._stored[self.current.session_id] = self.current
