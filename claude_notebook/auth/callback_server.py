"""The loopback server that receives the code at the end of a sign-in (RFC 8252)."""

from __future__ import annotations

DEFAULT_PORT = 54545


class LocalCallbackServer:
    """Listens for one redirect of the browser."""

    def __init__(self, port: int = DEFAULT_PORT) -> None:
        self.port = port

    def start(self) -> None:
        """Listen."""
        raise NotImplementedError

    async def wait_for_code(self, timeout: float = 300) -> str:
        """Wait for the code."""
        raise NotImplementedError
