"""A notebook's conversation with the real CLI, without Jupyter."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import psutil

from claude_notebook.messages import (
    AssistantMessage,
    Message,
    ResultMessage,
    StreamEvent,
    TextBlock,
)
from claude_notebook.notebook.wording import NOTEBOOK
from claude_notebook.turns.live_conversation import LiveConversation
from claude_notebook.turns.request import LaunchSettings, TurnRequest
from claude_notebook.turns.state import ConversationStore


def until(condition: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Wait until a condition holds, and return its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "the condition never held"
        time.sleep(0.02)
    return value


async def eventually(condition: Callable[[], Any], seconds: float = 60.0) -> None:
    """Wait on the event loop until a condition holds."""
    with anyio.fail_after(seconds):
        while not condition():  # noqa: ASYNC110  the condition has no event
            await anyio.sleep(0.005)


def living_at(home: str) -> list[psutil.Process]:
    """Return the processes with this home folder: a CLI and its children."""
    processes = []
    for process in psutil.process_iter():
        try:
            alive = process.status() != psutil.STATUS_ZOMBIE
            if alive and process.environ().get("HOME") == home:
                processes.append(process)
        except (psutil.Error, OSError):
            continue
    return processes


def is_delta(message: Message) -> bool:
    """Test for a piece of an answer."""
    return isinstance(message, StreamEvent) and message.event["type"] == "content_block_delta"


@dataclass
class Answer:
    """The result of one turn."""

    messages: list[Message] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(
            block.text
            for message in self.messages
            if isinstance(message, AssistantMessage)
            for block in message.content
            if isinstance(block, TextBlock)
        )

    @property
    def result(self) -> ResultMessage:
        last = self.messages[-1]
        assert isinstance(last, ResultMessage)
        return last


class Talk:
    """A notebook: its conversation and the settings of its cells."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self.env = env
        self.cwd = folder / "project"
        self.cwd.mkdir(parents=True, exist_ok=True)
        self.store = ConversationStore("/work/a.ipynb", folder / "state")
        self.conversation = LiveConversation(self.store, NOTEBOOK)

    def launch(self, **settings: Any) -> LaunchSettings:
        usual = {"cwd": str(self.cwd), "env": self.env, "project": True}
        return LaunchSettings(**{**usual, **settings})

    def request(
        self, prompt: str, launch: LaunchSettings | None = None, **more: Any
    ) -> TurnRequest:
        return TurnRequest(prompt, launch or self.launch(), **more)

    async def ask(
        self,
        prompt: str,
        launch: LaunchSettings | None = None,
        at_first_delta: Callable[[], object] | None = None,
        **more: Any,
    ) -> Answer:
        answer = Answer()
        async with self.conversation.lock:
            request = self.request(prompt, launch, **more)
            note = lambda level, text: answer.notes.append((level, text))  # noqa: E731
            async for message in self.conversation.ask(request, note):
                answer.messages.append(message)
                if at_first_delta and is_delta(message):
                    at_first_delta()
                    at_first_delta = None
        return answer

    def restart(self) -> None:
        """Keep only the note in the state folder, as after a restart of the kernel."""
        self.conversation = LiveConversation(self.store, NOTEBOOK)


def is_alive(pid: int) -> bool:
    """Test for a running process (a zombie is not)."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
