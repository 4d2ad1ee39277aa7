"""What is known of the states to which files can be brought back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..messages import (
    JSONObject,
    Message,
    ResultMessage,
    UserMessage,
)
from ..render.html.sanitize import one_line


@dataclass(frozen=True)
class Checkpoint:
    """The state of files before a turn.

    :param uuid: of the turn's prompt, by which the CLI knows it.
    :param session_id: of the conversation.
    :param prompt: its first words.
    :param originals: path -> what stood in the file, None if there was none: as far as it was told.
    """

    uuid: str
    session_id: str
    prompt: str
    originals: Mapping[str, str | None] = field(repr=False)

    @classmethod
    def of(cls, prompt: object, messages: Iterable[Message]) -> Checkpoint | None:
        """That of a turn which is over; None if the CLI has not said which one it is."""
        originals: dict[str, str | None] = {}
        found = None
        for message in messages:
            if isinstance(message, UserMessage) and isinstance(message.tool_use_result, dict):
                _note_original(message.tool_use_result, originals)
            elif isinstance(message, ResultMessage) and found is None:
                uuid = next(iter(message.user_message_uuids or ()), message.user_message_uuid)
                found = (uuid, message.session_id) if uuid else None
        words = prompt if isinstance(prompt, str) else "the prompt with its attachments"
        return cls(found[0], found[1], one_line(words, 60), originals) if found else None


def _note_original(record: JSONObject, originals: dict[str, str | None]) -> None:
    path, before = record.get("filePath"), record.get("originalFile")
    if isinstance(path, str) and "originalFile" in record and isinstance(before, (str, type(None))):
        originals.setdefault(path, before)


class History:
    """The checkpoints of a kernel's life, oldest first."""

    def __init__(self) -> None:
        self._all: list[Checkpoint] = []

    def add(self, checkpoint: Checkpoint) -> None:
        """A turn is over."""
        self._all.append(checkpoint)

    def of(self, session_id: str | None) -> Sequence[Checkpoint]:
        """Those of one conversation."""
        return [one for one in self._all if one.session_id == session_id]

    def originals(self, checkpoint: Checkpoint) -> dict[str, str | None]:
        """What stood in the files at a checkpoint: path -> text, None for no such file."""
        found: dict[str, str | None] = {}
        for one in self._since(checkpoint):
            for path, text in one.originals.items():
                found.setdefault(path, text)
        return found

    def forget_since(self, checkpoint: Checkpoint) -> None:
        """The files are as they were then: what came later is no state to go back to."""
        for one in self._since(checkpoint):
            self._all.remove(one)

    def _since(self, checkpoint: Checkpoint) -> list[Checkpoint]:
        same = self.of(checkpoint.session_id)
        return list(same[same.index(checkpoint) :]) if checkpoint in same else []
