"""The base class for transports that wrap another transport."""

from __future__ import annotations

from collections.abc import Callable

from ..replay import RecordedAnswer
from .base import Origin, Transport
from .message_transport import as_transport


class PassingTransport(Transport):
    """Forwards all calls to `transport`."""

    def __init__(self, transport: Transport) -> None:
        self._inner = as_transport(transport)

    async def open(self) -> None:
        await self._inner.open()

    async def send(self, data: bytes) -> None:
        await self._inner.send(data)

    async def send_eof(self) -> None:
        await self._inner.send_eof()

    async def receive(self) -> bytes:
        return await self._inner.receive()

    def attach(self, take_answer: Callable[[RecordedAnswer], None]) -> None:
        self._inner.attach(take_answer)

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
    def reports_exit(self) -> bool:
        return self._inner.reports_exit

    @property
    def origin(self) -> Origin:
        return self._inner.origin
