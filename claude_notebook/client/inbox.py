"""A conversation's unread messages, in order of arrival."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator
from typing import Union, cast

import anyio

from ..errors import ClaudeSDKError, ProtocolError
from ..messages import AssistantMessage, Message, StreamEvent, UserMessage
from ..replay import RecordedAnswer

SECOND_READER = (
    "Another task is already waiting for the next message. Read a conversation from one task, and "
    "pass the messages on from there. If this task has sent a prompt, its answer still arrives: "
    "read it before you send the next prompt."
)
FOREIGN_LOOP = (
    "This conversation belongs to another event loop. Use it where it was connected, or connect "
    "another client here."
)

FREQUENT = frozenset({AssistantMessage, StreamEvent, UserMessage})
"""The most frequent types of messages."""

_STREAM_EVENT = frozenset({StreamEvent})

Read = Union[Message, RecordedAnswer, ProtocolError]
"""A line of the CLI for the reader of the conversation."""

Item = Union[Message, RecordedAnswer, ClaudeSDKError, SystemExit, KeyboardInterrupt]
"""A message, a recorded answer, or an exception to raise at this point."""


class MessageInbox:
    """An unbounded queue of messages that allows one reader at a time."""

    def __init__(self) -> None:
        self.items: deque[Item] = deque()
        self._news = anyio.Event()
        self.has_reader = False

    def put(self, item: Item) -> None:
        """Add one item and wake the reader."""
        self.items.append(item)
        self._news.set()

    def wake(self) -> None:
        """Wake the reader after items were added directly, or after the conversation has ended."""
        self._news.set()

    async def wait(self) -> None:
        """Wait for `put()` or `wake()`."""
        self._news = anyio.Event()
        await self._news.wait()

    @contextlib.contextmanager
    def reader(self) -> Iterator[None]:
        """Reserve the inbox for one reader.

        :raises ClaudeSDKError: if another reader has reserved it
        """
        if self.has_reader:
            raise ClaudeSDKError(SECOND_READER)
        self.has_reader = True
        try:
            yield
        finally:
            self.has_reader = False

    def take_event(self) -> StreamEvent | None:
        """Take the next item if it is a `StreamEvent`, the most frequent kind of message."""
        return cast("StreamEvent | None", self.take(_STREAM_EVENT))

    def take(self, kinds: frozenset[type]) -> Message | None:
        """Take the next item if it has one of the types in `kinds` and no task is reading.

        This is not a coroutine, because creating one would dominate the cost of the call.
        """
        if self.items and type(self.items[0]) in kinds and not self.has_reader:
            return cast("Message", self.items.popleft())
        return None
