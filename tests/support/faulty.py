"""A transport that does what it should, until a fault strikes."""

import os
import signal

import anyio

from claude_notebook import Transport
from claude_notebook.transport.wrappers import PassingTransport

# fault -> how a `query()` may end; where the fault came too late, it is answered.
ENDS = {
    "kill -9": {"result", "ProcessError"},
    "malformed line": {"result", "CLIJSONDecodeError"},
    # the half may be of the answer that the start waits for
    "half a line": {"result", "CLIJSONDecodeError", "ControlTimeoutError"},
    "stall": {"result", "TurnTimeoutError", "CLIConnectionError", "ControlTimeoutError"},
    "closed pipe": {"result", "TransportClosedError", "ProcessError"},
    "cancel": {"result", "cancelled"},
    "none": {"result"},
}


class FaultyTransport(PassingTransport):
    """Passes everything through, until a fault strikes after some chunks."""

    def __init__(self, inner: Transport, fault: str, after: int) -> None:
        super().__init__(inner)
        self._fault, self._after = fault, after

    async def send(self, data: bytes) -> None:
        if self._fault == "closed pipe" and self._strikes():
            await self.send_eof()
        await super().send(data)

    async def receive(self) -> bytes:
        data = await super().receive()
        if data and self._fault != "closed pipe" and self._strikes():
            return await self._struck(data)
        return data

    def _strikes(self) -> bool:
        self._after -= 1
        return self._after == 0

    async def _struck(self, data: bytes) -> bytes:
        if self._fault == "kill -9" and self.pid:
            os.kill(self.pid, signal.SIGKILL)
        elif self._fault == "malformed line":
            return b'{"type": "assistant", "message": {broken\n' + data
        elif self._fault == "half a line":
            return data[: len(data) // 2] + b"\n" + data[len(data) // 2 :]
        elif self._fault == "stall":
            await anyio.sleep_forever()
        return data
