"""Lines for observers of a connection, without a connection to a CLI."""

import sys

from claude_notebook.protocol.codec import lines as codec
from claude_notebook.protocol.connection import Connection, Observer
from claude_notebook.replay import RecordedAnswer


def receive(observer: Observer, *lines: bytes | RecordedAnswer) -> None:
    """Let `observer` see lines of the CLI, and recorded answers."""
    connection = Connection(sys.maxsize)
    connection.add_observer(observer)
    for line in lines:
        if isinstance(line, bytes):
            connection.receive_data(line + b"\n")
        else:
            connection.receive_answer(line)
    while connection.next_event() is not None:
        pass


def send(observer: Observer, line: bytes) -> None:
    """Let `observer` see a line to the CLI."""
    observer.sent(codec.decode(line), line)
