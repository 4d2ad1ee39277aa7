"""Transcripts written by tests."""

import json
import os
import uuid
from itertools import count
from pathlib import Path

from claude_notebook.sessions.transcripts import (
    SDKSessionInfo,
    get_session_info,
    get_session_messages,
)
from claude_notebook.sessions.transcripts.paths import project_name

numbers = count(1)


class Conversation:
    """Writer of a transcript in the CLI's format; reads it back with our own code."""

    def __init__(self, config: Path, cwd: str, session_id: str = "") -> None:
        self.session_id = session_id or str(uuid.uuid4())
        self.folder = config / "projects" / project_name(cwd)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path = self.folder / f"{self.session_id}.jsonl"
        self.cwd = cwd
        self.last: str | None = None

    def line(self, **entry: object) -> "Conversation":
        return self.raw(json.dumps(entry, separators=(",", ":")).encode() + b"\n")

    def raw(self, data: bytes) -> "Conversation":
        with self.path.open("ab") as file:
            file.write(data)
        return self

    def message(self, kind: str, content: object, **fields: object) -> str:
        """Append a message to the last one (or `parent`) and return its id."""
        own = str(uuid.UUID(int=next(numbers)))
        parent = fields.pop("parent", self.last)
        message = {"role": kind, "content": content}
        if "message_id" in fields:
            message["id"] = fields.pop("message_id")
        entry = {
            "parentUuid": parent,
            "isSidechain": False,
            "type": kind,
            "message": message,
            "uuid": own,
            "timestamp": "2026-01-02T03:04:05.678Z",
            "cwd": self.cwd,
            "sessionId": self.session_id,
            "gitBranch": "main",
        }
        self.line(**{**entry, **fields})
        self.last = own
        return own

    def say(self, prompt: object, answer: str = "fine", **fields: object) -> "Conversation":
        self.message("user", prompt, **fields)
        self.message("assistant", [{"type": "text", "text": answer}], **fields)
        return self

    def at(self, seconds: float) -> "Conversation":
        os.utime(self.path, (seconds, seconds))
        return self

    def texts(self, **options: object) -> list[str]:
        """Return the texts of the messages read from the transcript."""
        messages = get_session_messages(
            self.session_id, config_dir=self.folder.parent.parent, **options
        )
        return [text_of(message.message["content"]) for message in messages]

    def info(self) -> SDKSessionInfo | None:
        return get_session_info(self.session_id, config_dir=self.folder.parent.parent)


def text_of(content: object) -> str:
    """Return the text of a message's first block."""
    if isinstance(content, str):
        return content
    block = content[0]
    return block.get("text") or block.get("name") or block.get("content")
