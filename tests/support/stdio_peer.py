"""The CLI's side of a conversation over stdin and stdout, for programs that act as the CLI."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from claude_notebook.messages import Message
from claude_notebook.protocol.connection import Connection, Event, Role
from claude_notebook.protocol.control import ControlRequest, ControlResponse

VERSION = "2.1.330 (Claude Code)"


def install_program(source: str, path: Path) -> str:
    """Write a program that runs `source` with this Python to `path`, and return the path."""
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{source}" "$@"\n')
    path.chmod(0o755)
    return str(path)


def is_version_request() -> bool:
    """Test for a command line that asks for the version only."""
    return bool({"-v", "--version"} & set(sys.argv))


def write(data: bytes) -> None:
    """Write all bytes to stdout, without a buffer."""
    view = memoryview(data)
    while view:
        view = view[os.write(1, view[: 1 << 20]) :]


class StdioPeer:
    """The CLI's role on this process's stdin and stdout."""

    def __init__(self) -> None:
        self._connection = Connection(sys.maxsize, role=Role.CLI)
        self._events = self._read()

    def encode(self, message: Message) -> bytes:
        """Return a message as a line."""
        return self._connection.send_message(message)

    def send(self, *messages: Message) -> None:
        """Send messages."""
        write(b"".join(map(self.encode, messages)))

    def receive(self) -> Event:
        """Return the next event, or exit at the end of the input."""
        try:
            return next(self._events)
        except StopIteration:
            sys.exit(0)

    def answer(self, request: ControlRequest) -> None:
        """Answer a control request with an empty response."""
        write(self._connection.send_answer(request.request_id, {}))

    def ask(self, subtype: str, **fields: object) -> None:
        """Send a control request and wait for its response."""
        request_id, data = self._connection.send_request(subtype, fields)
        write(data)
        while True:
            event = self.receive()
            if isinstance(event, ControlResponse) and event.request_id == request_id:
                return
            if isinstance(event, ControlRequest):
                self.answer(event)

    def _read(self) -> Iterator[Event]:
        for line in sys.stdin.buffer:
            self._connection.receive_data(line)
            while (event := self._connection.next_event()) is not None:
                yield event
