"""The notebook's conversation, in which one CLI process serves all cells.

All code here runs on the background loop. The process is started ahead of the first cell. If a cell
has different settings or the process dies, it is replaced by a new process, which resumes the
conversation.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

import anyio

from ..errors import (
    APIError,
    ClaudeSDKError,
    ProcessError,
    SessionNotFoundError,
    TransportClosedError,
)
from ..logs import get_logger
from ..messages import InitMessage, Message, ResultMessage
from ..permissions import PermissionMode
from ..recording.turn_log import LogFolder, TurnLog
from ..replay import Replay
from .checkpoints import History
from .process_settings import ProcessSettings
from .questions.relay import QuestionRelay
from .remarks import Level, Notify, Remarks
from .replay_settings import last_message
from .request import LaunchSettings, TurnRequest
from .state import ConversationStore, is_conversation_id
from .trust.guard import Admits, FolderGuard
from .wording import Wording

if TYPE_CHECKING:
    from ..client.client import ClaudeSDKClient
    from ..client.controls.types import ServerInfo
    from .questions.questions import QuestionDesk

log = get_logger(__name__)

_ENDED: tuple[Level, str] = (
    "resumed",
    "Claude Code exited. The conversation continues in a new process.",
)


class LiveConversation:
    """The owner of the client. Only one turn runs at a time, so hold `lock` while asking.

    :param store: remembers the conversation's id.
    :param wording: the words of the front end.
    :param origin: the id of a conversation to start from.
    :param is_fork: whether to copy the first resumed conversation instead of continuing it.
    """

    def __init__(
        self,
        store: ConversationStore,
        wording: Wording,
        origin: str | None = None,
        *,
        is_fork: bool = False,
    ) -> None:
        self.lock = anyio.Lock()
        self.session_id: str | None = None
        self.about: ServerInfo = {}
        self.history = History()
        self._origin = origin
        self._origin_at: str | None = None
        self._is_fork = is_fork
        self._saved: str | None = None
        self._remarks = Remarks()
        self.wording = wording
        self._questions = QuestionRelay(self._remarks, wording)
        self._store = store
        self.log = TurnLog(LogFolder.of(store.path))
        self._is_store_read = False
        self._client: ClaudeSDKClient | None = None
        self._launched: LaunchSettings | None = None
        self._settings = ProcessSettings()
        self.admits: Admits = lambda _: False
        self._guard: FolderGuard | None = None
        self._has_run_turn = False
        self._has_ended = False

    # --- process ----------------------------------------------------------------------------------

    async def warm(self, launch: LaunchSettings) -> None:
        """Start the process ahead of the first prompt, which reports any failure."""
        async with self.lock:
            if self._client is not None:
                return
            try:
                await self._connect(launch)
            except ClaudeSDKError as error:
                log.info("the CLI could not be started in advance: %s", type(error).__name__)
                log.debug("the failure:", exc_info=error)

    async def close(self, grace: float = 1.0) -> None:
        """Stop the process. The conversation can be resumed."""
        client, self._client = self._client, None
        if client is not None:
            if self._guard is not None and self._guard.has_refused:
                client.kill()
            await client.disconnect(grace)

    async def end(self) -> None:
        """Stop the process permanently, even if it is still starting."""
        self._has_ended = True
        await self.close(grace=2.0)

    @property
    def pid(self) -> int | None:
        """The CLI's process id; None if there is no process."""
        return self._client.pid if self._client is not None else None

    @property
    def has_agents(self) -> bool:
        """True while a subagent is working in the background."""
        return self._client is not None and self._client.has_agents

    @property
    def total_cost_usd(self) -> float | None:
        """The conversation's cost in dollars; None if unknown."""
        return self._client.total_cost_usd if self._client is not None else None

    # --- alongside the turns ---------------------------------------------------------------------

    def fork(self) -> LiveConversation:
        """Return a copy of the conversation so far, which is not stored."""
        no_store = dataclasses.replace(self._store, path=None)
        origin = self.session_id or self._stored()
        copy = LiveConversation(no_store, self.wording, origin, is_fork=True)
        replay = self._launched.replay if self._launched is not None else None
        copy.log, copy.admits = self.log.for_other_conversation(), self.admits
        copy._origin_at = last_message(replay, self.session_id)
        return copy

    async def start_over(self, launch: LaunchSettings) -> None:
        """Start a new conversation, after the running turn has ended."""
        async with self.lock:
            await self._connect(launch, new=True)

    async def open(self, launch: LaunchSettings) -> ClaudeSDKClient:
        """Return the client for a control request, without waiting for a running turn.

        :raises ClaudeSDKError: if the CLI cannot be started
        """
        if self._client is None or not self._client.alive:
            async with self.lock:
                if self._client is None or not self._client.alive:
                    return await self._connect(launch)
        return self._client

    async def with_checkpoints(self, launch: LaunchSettings) -> ClaudeSDKClient:
        """Return the client of a process with file checkpoints. The caller must hold `lock`.

        :raises ClaudeSDKError: if the CLI cannot be started
        """
        launched = self._launched or launch
        if self._client is not None and self._client.alive and launched.checkpoint:
            return self._client
        return await self._connect(dataclasses.replace(launched, checkpoint=True))

    # --- a turn ----------------------------------------------------------------------------------

    async def ask(
        self, request: TurnRequest, notify: Notify, asking: QuestionDesk | None = None
    ) -> AsyncGenerator[Message, None]:
        """Yield the messages of a turn, and of the turns that its background agents start.

        A caller that may leave early must close the generator (`contextlib.aclosing`), which ends
        the turn.

        :param notify: receives remarks to show in the cell.
        :param asking: answers the CLI's questions. Without it, they are denied with a hint.
        :raises ClaudeSDKError: if the turn failed; the conversation remains usable
        """
        self._remarks.attach(notify)
        self._questions.desk = asking
        try:
            client = await self._prepare(request)
            has_message = False
            try:
                async with aclosing(self._messages(client, request)) as messages:
                    async for message in messages:
                        has_message = True
                        yield message
                return
            except ProcessError:
                if has_message:
                    raise
            # The process has died since the last turn.
            self._remarks.add(*_ENDED)
            client = await self._prepare(request)
            async with aclosing(self._messages(client, request)) as messages:
                async for message in messages:
                    yield message
        finally:
            self._remarks.detach()
            self._questions.desk = None

    async def _messages(
        self, client: ClaudeSDKClient, request: TurnRequest
    ) -> AsyncGenerator[Message, None]:
        from ..client.retry import RetryConfig

        self._has_run_turn = True
        is_idle = False
        failure: APIError | None = None
        try:
            try:
                # A dead process is reported without retrying, and the next cell starts another one.
                async for message in client.ask(request.content, RetryConfig(kinds=(APIError,))):
                    is_idle = isinstance(message, ResultMessage) and not client.is_busy
                    if isinstance(message, InitMessage):
                        self._remember(message)
                    yield message
            except APIError as error:
                if not client.is_busy:
                    raise
                failure = error
            # The cell also shows the turn's agents, and prompts that arrived too late for the turn.
            async for message in client.receive_background():
                is_idle = isinstance(message, ResultMessage) and not client.is_busy
                yield message
            is_idle = True
            if failure is not None:
                raise failure
        finally:
            if not is_idle:
                # The CLI is still working, but its answer must not end up in the next cell.
                await self.close(grace=0)

    async def say(self, text: str) -> None:
        """Send a prompt while a turn is running. The CLI includes it in that turn.

        :raises ClaudeSDKError: if no conversation is open
        """
        if self._client is not None:
            await self._client.query(text)

    async def set_mode(self, mode: PermissionMode) -> None:
        """Change the permission mode, including that of the running turn.

        :raises ClaudeSDKError: if the CLI rejects it
        """
        if self._client is not None:
            await self._client.set_permission_mode(mode)
            self._settings.mode = mode

    async def interrupt(self) -> None:
        """Interrupt the running turn and its background agents. A result may follow.

        :raises ClaudeSDKError: if the CLI does not respond
        """
        if self._client is not None:
            await self._client.interrupt()

    async def _prepare(self, request: TurnRequest) -> ClaudeSDKClient:
        self._remarks.flush()
        client = self._client
        ended = client is not None and not client.alive
        is_new = self._is_outdated(request.launch) or self._is_other_conversation(request)
        if client is None or ended or is_new:
            if ended and self._has_run_turn:
                self._remarks.add(*_ENDED)
            client = await self._connect(request.launch, request.new, request.resume, request.fork)
        await self._settings.adjust(client, request, self._remarks.add)
        return client

    def _is_outdated(self, launch: LaunchSettings) -> bool:
        """Return whether the settings differ, or the process has not loaded a trusted change."""
        return self._launched != launch or (self._guard is not None and self._guard.has_refused)

    def _is_other_conversation(self, request: TurnRequest) -> bool:
        """Return whether the request needs a different conversation from the current one."""
        return request.new or request.fork or request.resume not in (None, self.session_id)

    async def _connect(
        self,
        launch: LaunchSettings,
        new: bool = False,
        resume: str | None = None,
        fork: bool = False,
    ) -> ClaudeSDKClient:
        await self.close()
        if new:
            self._forget()
        # A recording starts with a new conversation, so that every kernel produces the same one.
        is_fork = fork or (self._is_fork and self.session_id is None)
        if resume:
            client = await self._resume(launch, resume, is_fork, self.wording.requested_resumed)
        else:
            client = await self._start_or_resume(launch, is_fork)
        self._is_store_read = True
        if self._has_ended:
            await client.disconnect(grace=0)
            raise TransportClosedError(self.wording.ended)
        self._client, self._launched = client, launch
        self._settings = ProcessSettings.at_start(self.about)
        return client

    async def _start_or_resume(self, launch: LaunchSettings, is_fork: bool) -> ClaudeSDKClient:
        """Continue the notebook's conversation, or start a new one if there is none."""
        known = self._origin if self._origin_at else None
        resumed_id = self.session_id or (known if launch.plays else self._stored())
        try:
            return await self._resume(launch, resumed_id, is_fork, self.wording.own_resumed)
        except SessionNotFoundError:
            # A missing transcript is not a failure.
            self._forget()
            self._remarks.add(
                "resumed", "The previous conversation no longer exists. A new one begins."
            )
            return await self._start(launch, None)

    async def _resume(
        self, launch: LaunchSettings, resumed_id: str | None, is_fork: bool, remark: str
    ) -> ClaudeSDKClient:
        client = await self._start(launch, resumed_id, fork=is_fork)
        if resumed_id not in (None, self.session_id) and not is_fork:
            self.session_id = resumed_id
            self._remarks.add("resumed", remark)
        return client

    def _stored(self) -> str | None:
        return None if self._is_store_read else self._origin or self._store.load()

    def _forget(self) -> None:
        self.session_id, self._saved, self._is_store_read = None, None, True
        self._store.forget()

    async def _start(
        self, launch: LaunchSettings, resume: str | None, *, fork: bool = False
    ) -> ClaudeSDKClient:
        from ..client.client import ClaudeSDKClient
        from ..client.launch.validation import CanUseToolShadowedWarning

        # This handler is called only if no rule allows the call. Other clients still warn.
        warnings.filterwarnings("ignore", "", CanUseToolShadowedWarning, r"claude_notebook\.")
        guard = self._guard = FolderGuard(launch, self.admits)
        options = dataclasses.replace(
            launch.options(),
            hooks=guard.hooks(),
            resume=resume,
            fork_session=fork and resume is not None,
            resume_session_at=self._origin_at if fork and resume == self._origin else None,
            can_use_tool=self._questions.permit,
            on_elicitation=self._questions.elicit,
        )
        replay = options.replay or Replay("", "off")
        replay = dataclasses.replace(replay, tell=self._remarks.add_note)
        options = dataclasses.replace(options, replay=replay)
        client = ClaudeSDKClient(options)
        client.add_observer(self.log)
        await client.connect()
        self.about = await client.get_server_info()
        return client

    def _remember(self, message: InitMessage) -> None:
        if is_conversation_id(message.session_id) and message.session_id != self._saved:
            self.session_id = self._saved = message.session_id
            if self._launched is None or not self._launched.plays:
                self._store.save(message.session_id)
