"""Pipes: reading, writing, and the end of both."""

import os
import socket

import anyio
import pytest

from claude_notebook.errors import TransportClosedError
from claude_notebook.transport.pipes import LARGE_READ, Pipe, PipeReader, PipeWriter

pytestmark = pytest.mark.anyio


class Socket:
    """Fake pipe that can fail in more ways."""

    def __init__(self) -> None:
        ours, self.other = socket.socketpair()
        ours.setblocking(False)
        self.ours = ours.detach()

    def close(self) -> None:
        ours, self.ours = self.ours, -1
        if ours >= 0:
            os.close(ours)


async def received(inbox: PipeReader, into: list) -> None:
    try:
        into.append(await inbox.receive())
    except anyio.ClosedResourceError:
        into.append("closed")


# --- reading --------------------------------------------------------------------------------------


async def test_reader_returns_data_and_then_the_end():
    pipe = Pipe(child_reads=False)
    inbox = PipeReader(pipe)
    sent = os.urandom(3 * LARGE_READ)

    def write() -> None:
        view = memoryview(sent)
        while view:
            view = view[os.write(pipe.child, view) :]
        pipe.close_child()

    data = b""
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.to_thread.run_sync, write)
        while piece := await inbox.receive():
            data += piece
        assert await inbox.receive() == b""
    inbox.close()

    assert data == sent


async def test_reader_close_ends_a_wait():
    inbox, seen = PipeReader(Pipe(child_reads=False)), []
    async with anyio.create_task_group() as group:
        group.start_soon(received, inbox, seen)
        await anyio.wait_all_tasks_blocked()
        inbox.close()
        inbox.close()
    await received(inbox, seen)

    assert seen == ["closed", "closed"]


async def test_reader_loses_nothing_when_cancelled():
    pipe = Pipe(child_reads=False)
    inbox = PipeReader(pipe)
    for number in range(5):
        with anyio.move_on_after(0):
            await inbox.receive()
        os.write(pipe.child, b"%d" % number)
        await anyio.lowlevel.checkpoint()
        assert await inbox.receive() == b"%d" % number
    inbox.close()


async def test_reader_ignores_spurious_wakeups(anyio_backend):
    pipe = Pipe(child_reads=False)
    inbox, seen = PipeReader(pipe), []
    async with anyio.create_task_group() as group:
        group.start_soon(received, inbox, seen)
        await anyio.wait_all_tasks_blocked()
        # Simulate another reader of the pipe that was faster.
        inbox._ready() if anyio_backend == "asyncio" else inbox._read()
        await anyio.wait_all_tasks_blocked()
        assert seen == []
        os.write(pipe.child, b"x")
    inbox.close()

    assert seen == [b"x"]


async def test_reader_treats_a_broken_pipe_as_the_end():
    pipe, seen = Socket(), []
    os.write(pipe.ours, b"never read")
    pipe.other.close()
    inbox = PipeReader(pipe)
    await received(inbox, seen)
    inbox.close()

    assert seen == [b""]


# --- writing --------------------------------------------------------------------------------------


async def test_writer_writes_to_a_full_pipe_later():
    pipe = Pipe(child_reads=True)
    outbox = PipeWriter(pipe)
    filled = 0
    while (taken := outbox._write(memoryview(b"x" * 10_000))) > 0:
        filled += taken

    async with anyio.create_task_group() as group:
        group.start_soon(outbox.run)
        group.start_soon(outbox.put, b"first")
        await anyio.wait_all_tasks_blocked()
        group.start_soon(outbox.put, b"second")
        await anyio.wait_all_tasks_blocked()
        child, pipe.child = os.dup(pipe.child), -1
        assert await anyio.to_thread.run_sync(read_exactly, child, filled) == b"x" * filled
        assert await anyio.to_thread.run_sync(read_exactly, child, 11) == b"firstsecond"
        outbox.close()
    os.close(child)

    with pytest.raises(TransportClosedError, match="is closed"):
        await outbox.put(b"too late")


def read_exactly(descriptor: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += os.read(descriptor, size - len(data))
    return data
