"""A transport that works until a fault strikes."""

import os
import signal

import anyio

from claude_notebook import Transport
from claude_notebook.transport.wrappers import PassingTransport

# fault -> possible outcomes of a `query()`; a late fault does not prevent the result.
ENDS = {
    "kill -9": {"result", "ProcessError"},
    "malformed line": {"result", "CLIJSONDecodeError"},
    # The cut line may be part of the response that the start waits for.
    "half a line": {"result", "CLIJSONDecodeError", "ControlTimeoutError"},
    "stall": {"result", "TurnTimeoutError", "CLIConnectionError", "ControlTimeoutError"},
    "closed pipe": {"result", "TransportClosedError", "ProcessError"},
    "cancel": {"result", "cancelled"},
    "none": {"result"},
}


class FaultyTransport(PassingTransport):
    """Passes everything through until a fault strikes after some chunks."""

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
            return await self._apply_fault(data)
        return data

    def _strikes(self) -> bool:
        self._after -= 1
        return self._after == 0

    async def _apply_fault(self, data: bytes) -> bytes:
        if self._fault == "kill -9" and self.pid:
            os.kill(self.pid, signal.SIGKILL)
        elif self._fault == "malformed line":
            return b'{"type": "assistant", "message": {broken\n' + data
        elif self._fault == "half a line":
            return data[: len(data) // 2] + b"\n" + data[len(data) // 2 :]
        elif self._fault == "stall":
            await anyio.sleep_forever()
        return data
