"""Checkpoints, which record the known contents of files before each turn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..messages import (
    JSONObject,
    Message,
    ResultMessage,
    UserMessage,
)
from ..render.html.sanitizer import one_line


@dataclass(frozen=True)
class Checkpoint:
    """The contents of files before a turn.

    :param uuid: the uuid of the turn's prompt, which the CLI uses to identify the checkpoint.
    :param session_id: the conversation's id.
    :param prompt: the prompt's first words.
    :param originals: text by path, where None marks a new file. It contains only files reported by
        the CLI.
    """

    uuid: str
    session_id: str
    prompt: str
    originals: Mapping[str, str | None] = field(repr=False)

    @classmethod
    def of(cls, prompt: object, messages: Iterable[Message]) -> Checkpoint | None:
        """Return a finished turn's checkpoint, or None if the CLI did not identify the prompt."""
        originals: dict[str, str | None] = {}
        prompt_ids = None
        for message in messages:
            if isinstance(message, UserMessage) and isinstance(message.tool_use_result, dict):
                _note_original(message.tool_use_result, originals)
            elif isinstance(message, ResultMessage) and prompt_ids is None:
                uuid = next(iter(message.user_message_uuids or ()), message.user_message_uuid)
                prompt_ids = (uuid, message.session_id) if uuid else None
        words = prompt if isinstance(prompt, str) else "the prompt with its attachments"
        return cls(*prompt_ids, one_line(words, 60), originals) if prompt_ids else None


def _note_original(record: JSONObject, originals: dict[str, str | None]) -> None:
    path, before = record.get("filePath"), record.get("originalFile")
    if isinstance(path, str) and "originalFile" in record and isinstance(before, (str, type(None))):
        originals.setdefault(path, before)


class History:
    """The checkpoints since the kernel started, oldest first."""

    def __init__(self) -> None:
        self._all: list[Checkpoint] = []

    def add(self, checkpoint: Checkpoint) -> None:
        """Add a finished turn's checkpoint."""
        self._all.append(checkpoint)

    def of(self, session_id: str | None) -> Sequence[Checkpoint]:
        """Return a conversation's checkpoints."""
        return [point for point in self._all if point.session_id == session_id]

    def originals(self, checkpoint: Checkpoint) -> dict[str, str | None]:
        """Return the files at a checkpoint: text by path, or None if a file did not exist."""
        originals: dict[str, str | None] = {}
        for later in self._since(checkpoint):
            for path, text in later.originals.items():
                originals.setdefault(path, text)
        return originals

    def forget_since(self, checkpoint: Checkpoint) -> None:
        """Drop a checkpoint and all later ones, after rewinding to it."""
        for later in self._since(checkpoint):
            self._all.remove(later)

    def _since(self, checkpoint: Checkpoint) -> list[Checkpoint]:
        same = self.of(checkpoint.session_id)
        return list(same[same.index(checkpoint) :]) if checkpoint in same else []
