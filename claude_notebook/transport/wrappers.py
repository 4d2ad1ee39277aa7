"""Transports around another one: all goes through them, and somebody may look at it."""

from __future__ import annotations

from collections.abc import Callable

from .base import Origin, Transport

Hear = Callable[[str, bytes], None]
"""Gets a line without its end, and where it comes from: "cli", or "us" if it goes there."""


class PassingTransport(Transport):
    """Passes everything through to `transport`."""

    def __init__(self, transport: Transport) -> None:
        self._inner = transport

    async def open(self) -> None:
        await self._inner.open()

    async def send(self, data: bytes) -> None:
        await self._inner.send(data)

    async def send_eof(self) -> None:
        await self._inner.send_eof()

    async def receive(self) -> bytes:
        return await self._inner.receive()

    async def aclose(self, grace: float = 2.0) -> None:
        await self._inner.aclose(grace)

    def kill(self) -> None:
        self._inner.kill()

    async def wait(self) -> int | None:
        return await self._inner.wait()

    @property
    def exit_code(self) -> int | None:
        return self._inner.exit_code

    @property
    def stderr(self) -> str:
        return self._inner.stderr

    @property
    def pid(self) -> int | None:
        return self._inner.pid

    @property
    def executable(self) -> str | None:
        return self._inner.executable

    @property
    def origin(self) -> Origin:
        return self._inner.origin


class TapTransport(PassingTransport):
    """Lets somebody hear each line that goes through `transport`.

    :param hear: what it raises, the sender or receiver of the line gets.
    """

    def __init__(self, transport: Transport, hear: Hear) -> None:
        super().__init__(transport)
        self._hear = hear
        self._partial: dict[str, list[bytes]] = {"cli": [], "us": []}

    async def send(self, data: bytes) -> None:
        self._note("us", data)
        await super().send(data)

    async def receive(self) -> bytes:
        data = await super().receive()
        self._note("cli", data)
        return data

    def _note(self, source: str, data: bytes) -> None:
        partial = self._partial[source]
        first, *others = data.split(b"\n")
        partial.append(first)
        for other in others:
            line = b"".join(partial)
            partial[:] = [other]
            self._hear(source, line)
