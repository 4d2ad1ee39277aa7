"""Fixtures for conversations that are recorded with a CLI in memory, and played."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from echo import Echo
from turns import turn

from claude_notebook import ClaudeCodeOptions, ClaudeSDKClient
from claude_notebook.recording.cassette_transport import CassetteTransport
from claude_notebook.replay import Replay, ReplayNote


@dataclass
class Studio:
    """Runs conversations with one folder of recordings.

    :ivar asked: the prompts that reached the CLI in the last conversation.
    :ivar notes: the replay notes of the last conversation.
    """

    folder: Path
    cwd: Path
    asked: list[str] = field(default_factory=list)
    notes: list[ReplayNote] = field(default_factory=list)
    started: list[ClaudeCodeOptions] = field(default_factory=list)
    session_id: str = "echo-1"

    def client(self, mode: str, options: ClaudeCodeOptions | None = None, **how: object):
        """Return a client whose transport records and plays."""
        self.asked, self.notes, self.started = [], [], []
        replay = Replay(self.folder, mode, tell=self.notes.append, **how)
        options = options or ClaudeCodeOptions(cwd=self.cwd, permission_mode="acceptEdits")
        tape = CassetteTransport(replay, options, self._launch)
        return ClaudeSDKClient(options, tape)

    def _launch(self, options: ClaudeCodeOptions) -> Echo:
        self.started.append(options)
        return Echo(self.session_id, self.asked)

    async def talk(self, mode: str, prompts: Sequence[str], **how: object) -> list:
        """Run a conversation and return the results of its turns."""
        async with self.client(mode, **how) as client:
            return [(await turn(client, prompt))[-1] for prompt in prompts]

    @property
    def files(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("*.jsonl") if path.name != "hello.jsonl")

    def notes_of_kind(self, kind: str) -> list[str]:
        return [note.text for note in self.notes if note.kind == kind]


@pytest.fixture
def studio(tmp_path) -> Studio:
    cwd = tmp_path / "project"
    cwd.mkdir()
    return Studio(tmp_path / "cassettes", cwd)
