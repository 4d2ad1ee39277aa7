"""The conversation of a notebook: one CLI process that serves cell after cell.

Everything here runs on the background loop. The process is started ahead, replaced when a cell
needs other settings or when it has died, and the conversation goes on in the new one by its id.
"""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Literal

import anyio

from ..errors import APIError, ClaudeSDKError, SessionNotFoundError
from ..messages import InitMessage, JSONObject, Message
from ..permissions import (
    PermissionMode,
    PermissionResult,
    PermissionResultDeny,
    ToolPermissionContext,
)
from .request import LaunchSettings, TurnRequest
from .state import ConversationStore

if TYPE_CHECKING:
    from ..client.client import ClaudeSDKClient

log = logging.getLogger(__name__)

Notify = Callable[[Literal["info", "warning", "resumed"], str], None]


class NotebookConversation:
    """Owns the client. One turn at a time: hold `lock` while asking."""

    def __init__(self, store: ConversationStore) -> None:
        self.lock = anyio.Lock()
        self.session_id: str | None = None
        self.notify: Notify = lambda level, text: None
        self._store = store
        self._stored_tried = False
        self._client: ClaudeSDKClient | None = None
        self._launched: LaunchSettings | None = None
        self._model: str | None = None
        self._mode: PermissionMode | None = None
        self._usual_mode: PermissionMode = "default"
        self._used = False

    # --- life ----------------------------------------------------------------------------------

    async def warm(self, launch: LaunchSettings) -> None:
        """Start the process ahead of the first question. Failures wait for that question."""
        async with self.lock:
            if self._client is not None:
                return
            try:
                await self._connect(launch)
            except ClaudeSDKError as error:
                log.info("the CLI could not be started ahead: %s", error)

    async def close(self, grace: float = 1.0) -> None:
        """End the process. The conversation can be resumed."""
        client, self._client = self._client, None
        if client is not None:
            await client.disconnect(grace)

    @property
    def pid(self) -> int | None:
        """The process id of the CLI, while there is one."""
        return self._client.pid if self._client is not None else None

    @property
    def total_cost_usd(self) -> float | None:
        """Dollars that the conversation has cost; None if that is not known."""
        return self._client.total_cost_usd if self._client is not None else None

    # --- a turn ----------------------------------------------------------------------------------

    async def ask(self, request: TurnRequest) -> AsyncIterator[Message]:
        """The messages of one turn, its result last.

        :raises ClaudeSDKError: it did not end well; the conversation stays usable
        """
        from ..client.retry import RetryConfig

        client = await self._prepare(request)
        self._used = True
        # A process that dies is for the person to know; the next cell goes on in a new one.
        async for message in client.ask(request.content, RetryConfig(kinds=(APIError,))):
            if isinstance(message, InitMessage):
                self._remember(message)
            yield message

    async def interrupt(self, seconds: float) -> None:
        """Stop the turn that runs; kill the process if it does not listen within `seconds`."""
        if self._client is None:
            return
        try:
            await self._client.interrupt(seconds=seconds)
        except ClaudeSDKError as error:
            log.info("the CLI does not stop, so it is ended: %s", error)
            await self.close(grace=0)

    async def _prepare(self, request: TurnRequest) -> ClaudeSDKClient:
        await self._choose_session(request)
        client = self._client
        if client is None or not client.alive or self._launched != request.launch:
            if client is not None and not client.alive and self._used:
                self.notify("resumed", "Claude Code had ended; the conversation goes on anew.")
            client = await self._connect(request.launch)
        await self._adjust(client, request)
        return client

    async def _choose_session(self, request: TurnRequest) -> None:
        if request.new:
            await self.close()
            self.session_id, self._stored_tried = None, True
            self._store.forget()
        elif request.resume is not None and request.resume != self.session_id:
            await self.close()
            self.session_id, self._stored_tried = request.resume, True

    async def _connect(self, launch: LaunchSettings) -> ClaudeSDKClient:
        await self.close()
        stored = None if self._stored_tried or self.session_id else self._store.load()
        try:
            client = await self._start(launch, self.session_id or stored)
        except SessionNotFoundError:
            if stored is None:
                raise
            # The note is older than the transcript, which was deleted: that is no failure.
            self._store.forget()
            client, stored = await self._start(launch, None), None
        self._stored_tried = True
        if stored is not None:
            self.session_id = stored
            self.notify("resumed", "Goes on with this notebook's conversation; --new starts over.")
        self._client, self._launched = client, launch
        self._model = self._mode = None
        return client

    async def _start(self, launch: LaunchSettings, resume: str | None) -> ClaudeSDKClient:
        from ..client.client import ClaudeSDKClient

        options = dataclasses.replace(launch.options(), resume=resume, can_use_tool=self._refuse)
        client = ClaudeSDKClient(options)
        await client.connect()
        info = await client.get_server_info()
        self._usual_mode = info.get("current_permission_mode") or "default"
        return client

    async def _adjust(self, client: ClaudeSDKClient, request: TurnRequest) -> None:
        """Model and mode of this cell; without a flag, what they were at the start."""
        if request.model != self._model:
            await client.set_model(request.model)
            self._model = request.model
        if request.mode != self._mode:
            await client.set_permission_mode(request.mode or self._usual_mode)
            self._mode = request.mode

    def _remember(self, message: InitMessage) -> None:
        if message.session_id and message.session_id != self.session_id:
            self.session_id = message.session_id
            self._store.save(message.session_id)

    # --- permissions -----------------------------------------------------------------------------

    async def _refuse(
        self, tool: str, tool_input: JSONObject, context: ToolPermissionContext
    ) -> PermissionResult:
        """Nobody can be asked yet: say how it can be allowed beforehand."""
        rule = allow_rule(tool, tool_input)
        hint = f"--allow {rule if rule.isidentifier() else json.dumps(rule)}"
        if tool in ("Write", "Edit", "NotebookEdit"):
            hint += " or --mode acceptEdits"
        self.notify("warning", f"{tool} was not allowed. To allow it, run the cell with {hint}.")
        return PermissionResultDeny(
            message=f"The notebook does not allow {tool} here. The person can allow it by running "
            f"the cell again with {hint}. Do not work around it; say what you would have done."
        )


def allow_rule(tool: str, tool_input: JSONObject) -> str:
    """The narrowest rule that would have allowed a call: for a command, its first word."""
    command = tool_input.get("command")
    if tool == "Bash" and isinstance(command, str) and command.split():
        word = command.split()[0]
        if word.replace("-", "").replace("_", "").isalnum():
            return f"Bash({word} *)"
    return tool
