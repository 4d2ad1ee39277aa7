"""The real CLI used by a `CassetteTransport`, started on demand at the current position."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import anyio.to_thread

from ...cli.discovery import find_cli
from ...errors import CassetteError, CLIConnectionError, TransportClosedError
from ...messages import JSONObject
from ...messages.json_fields import Fields
from ...options import ClaudeCodeOptions
from ...protocol.codec.encoder import encode
from ...protocol.control import ControlRequest
from ...protocol.framing import LineSplitter
from ...sessions.transcripts import get_session_info
from ...transport import Transport
from ..format import compact
from ..id_mapping import parse
from ..keys import Position, resumed

_USAGE = "claude-notebook-usage"
_USAGE_SECONDS = 5.0


class LiveCLI:
    """A connection to at most one CLI process at a time.

    :param options: the conversation's options.
    :param launch: a function that returns an unopened transport.
    """

    def __init__(
        self, options: ClaudeCodeOptions, launch: Callable[[ClaudeCodeOptions], Transport]
    ) -> None:
        self._options = options
        self._launch = launch
        self._transport: Transport | None = None
        self._latest_transport: Transport | None = None
        self._requests: list[bytes] = []
        self._lines = LineSplitter()
        self._begins_at: Position | None = None
        self._total: float | None = None
        self._total_known = anyio.Event()
        self.version: str | None = None

    @property
    def is_open(self) -> bool:
        """True if a process currently exists."""
        return self._transport is not None

    @property
    def was_used(self) -> bool:
        """True if a process exists, or existed and was not dropped."""
        return self._latest_transport is not None

    def remember(self, request: bytes) -> None:
        """Store a request that must also be sent to any process started later."""
        self._requests.append(request)

    async def start(self, position: Position) -> None:
        """Start the CLI at the given position in the conversation.

        :raises CassetteError: if the conversation's transcript is not on this machine
        :raises CLINotFoundError: the CLI is not installed
        :raises ClaudeSDKError: if the CLI cannot be started
        """
        try:
            options = self._options_at(position)
        except CassetteError:
            # If the CLI is missing, that is the more important error to report.
            await self._launch(self._options).aclose(0)
            raise
        transport = self._launch(options)
        self.version = await anyio.to_thread.run_sync(self._version)
        await transport.open()
        self._transport = self._latest_transport = transport
        self._lines = LineSplitter()
        self._begins_at = position if position.played else None
        for request in self._requests:
            await transport.send(request + b"\n")

    def _version(self) -> str | None:
        try:
            cli_path, env = self._options.cli_path, {**os.environ, **self._options.env}
            return find_cli(cli_path, environ=env).version
        except CLIConnectionError:
            return None  # the transport does not use a local CLI

    def _options_at(self, position: Position) -> ClaudeCodeOptions:
        options = self._options
        if not position.played or position.session_id is None:
            return options
        resume = options.resume
        is_file = resume != position.session_id and resumed(options) == position.session_id
        if not is_file:
            self._check(position.session_id)
        # Fork, so that later messages are not added to the original.
        return dataclasses.replace(
            options,
            resume=resume if is_file else position.session_id,
            resume_session_at=position.last_uuid,
            fork_session=True,
            session_id=None,
            continue_conversation=False,
        )

    def _check(self, session_id: str) -> None:
        env = {**os.environ, **self._options.env}
        config = env.get("CLAUDE_CONFIG_DIR") or Path(env.get("HOME") or Path.home(), ".claude")
        if get_session_info(session_id, config_dir=config) is None:
            raise CassetteError(
                "The previous turns were recorded on another machine, so the conversation cannot "
                "continue here. Start a new conversation for this prompt, or record all turns "
                "again in “record” mode."
            )

    async def send(self, line: bytes) -> None:
        """Send one line."""
        if self._transport is not None:
            await self._transport.send(line + b"\n")

    async def send_eof(self) -> None:
        """Signal the end of input."""
        if self._transport is not None:
            await self._transport.send_eof()

    async def receive(self) -> bytes | None:
        """Receive bytes, or return None if the process was dropped in the meantime."""
        transport = self._transport
        if transport is None:
            return None
        try:
            data = await transport.receive()
        except TransportClosedError:
            if self._transport is not transport:
                return None
            raise
        return data if self._transport is transport else None

    async def ready(self) -> None:
        """Wait until the total cost of the forked conversation is known."""
        if self._begins_at is None or self._total_known.is_set():
            return
        await self.send(encode(ControlRequest(_USAGE, "get_usage"))[:-1])
        with anyio.move_on_after(_USAGE_SECONDS):
            await self._total_known.wait()

    def lines(self, data: bytes) -> Iterator[bytes]:
        """Split received bytes into lines; b"" flushes the last line."""
        lines = self._lines.feed(data)
        if not data and (rest := self._lines.end()) is not None:
            lines = [rest]
        for line in lines:
            if self._begins_at is not None and _USAGE.encode() in line:
                self._learn_total(parse(line))
            elif self._begins_at is not None and b'"total_cost_usd"' in line:
                yield self._with_own_cost(parse(line), self._begins_at) or line
            else:
                yield line

    def _learn_total(self, answer: JSONObject) -> None:
        session = Fields(answer).obj("response").obj("response").obj("session")
        self._total = session.number("total_cost_usd")
        self._total_known.set()

    def _with_own_cost(self, result: JSONObject, begun: Position) -> bytes | None:
        """Return the result with the cost of this fork alone.

        The CLI also counts those turns of the original conversation that came after the fork point.
        """
        total = result.get("total_cost_usd")
        if result.get("type") != "result" or not isinstance(total, (int, float)):
            return None
        is_known = self._total is not None and begun.spent is not None
        own_cost = total - (self._total or 0.0) + (begun.spent or 0.0) if is_known else None
        return compact({**result, "total_cost_usd": own_cost}).encode()

    async def drop(self) -> None:
        """Stop the process, because the conversation continues from a recording."""
        transport, self._transport, self._latest_transport = self._transport, None, None
        self._total, self._total_known = None, anyio.Event()
        if transport is not None:
            await transport.aclose(0.5)

    async def aclose(self, grace: float) -> None:
        """Stop the process."""
        transport, self._transport = self._transport, None
        if transport is not None:
            await transport.aclose(grace)

    def kill(self) -> None:
        """Kill the process immediately."""
        if self._transport is not None:
            self._transport.kill()

    async def wait(self) -> int | None:
        """Wait for the process to exit."""
        return await self._latest_transport.wait() if self._latest_transport is not None else None

    @property
    def exit_code(self) -> int | None:
        """The exit code, once the process has exited."""
        return self._latest_transport.exit_code if self._latest_transport is not None else None

    @property
    def stderr(self) -> str:
        """The last part of the process's standard error."""
        return self._latest_transport.stderr if self._latest_transport is not None else ""

    @property
    def pid(self) -> int | None:
        """The process id, while a process exists."""
        return self._transport.pid if self._transport is not None else None

    @property
    def executable(self) -> str | None:
        """The binary that was started, if there is one."""
        return self._transport.executable if self._transport is not None else None
