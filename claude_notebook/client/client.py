"""ClaudeSDKClient: a conversation that can be steered and interrupted."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from types import TracebackType

from ..errors import CLIConnectionError
from ..messages import JSONObject, Message, ResultMessage
from ..options import ClaudeCodeOptions
from ..permissions import PermissionMode
from ..transport import Transport
from .connect import open_session
from .prompts import Outgoing, Prompt, outgoing, outgoing_message
from .session import Session
from .turns import TurnKeeper


class ClaudeSDKClient:
    """A conversation with Claude that stays open::

        async with ClaudeSDKClient() as client:
            await client.query("Read data.csv")
            async for message in client.receive_response():
                print(message)
            await client.query("And what is odd about it?")
            ...

    One conversation, one event loop: it may not be handed to another one.

    Args:
        options: see `ClaudeCodeOptions`; they hold for the whole conversation.
        transport: how the CLI is reached; by default a new process.
    """

    def __init__(
        self, options: ClaudeCodeOptions | None = None, transport: Transport | None = None
    ) -> None:
        self.options = options or ClaudeCodeOptions()
        self._transport = transport
        self._session: Session | None = None
        self._turns = TurnKeeper()

    # --- life ----------------------------------------------------------------------------------

    async def connect(self, prompt: Prompt | None = None) -> None:
        """Start the CLI; with `prompt`, ask at once.

        :raises ClaudeSDKError: it cannot be started
        """
        if self._session is not None:
            await self.disconnect()
        self._session, self._turns = await open_session(self.options, self._transport)
        self._transport = None
        if prompt is not None:
            await self.query(prompt)

    async def disconnect(self, grace: float = 2.0) -> None:
        """End the CLI, and with it whatever it has started. Does not raise.

        Args:
            grace: seconds that it has to leave by itself.
        """
        session, self._session = self._session, None
        if session is not None:
            await session.aclose(grace)

    async def __aenter__(self) -> ClaudeSDKClient:
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.disconnect(grace=2.0 if error is None else 0.0)

    def __del__(self) -> None:
        if getattr(self, "_session", None) is not None:
            self._connected.kill()

    @property
    def _connected(self) -> Session:
        if self._session is None:
            raise CLIConnectionError("Not connected. Call connect() first, or use `async with`.")
        return self._session

    @property
    def alive(self) -> bool:
        """Whether the conversation is open and its process runs."""
        return self._session is not None and not self._session.ended

    @property
    def pid(self) -> int | None:
        """The process id of the CLI; None while there is none."""
        return self._session.transport.pid if self._session is not None else None

    @property
    def total_cost_usd(self) -> float | None:
        """Dollars that the conversation has cost so far; None if that is not known."""
        return self._turns.spent

    # --- prompts ---------------------------------------------------------------------------------

    async def query(self, prompt: Prompt, session_id: str = "default") -> None:
        """Send a prompt. While a turn runs it is folded into that turn, or waits for its own.

        :raises OptionsError: the prompt is empty or of no usable type
        :raises ClaudeSDKError: the conversation is over
        """
        if isinstance(prompt, AsyncIterable):
            async for message in prompt:
                await self._send(outgoing_message(message))
        else:
            await self._send(outgoing(prompt, session_id))

    async def _send(self, prompt: Outgoing) -> None:
        session = self._connected
        self._turns.sent(prompt.uuid, ours=prompt.ours)
        await session.send_user(
            prompt.content,
            uuid=prompt.uuid,
            session_id=prompt.session_id,
            verbatim=self.options.verbatim_prompts,
        )

    # --- answers ---------------------------------------------------------------------------------

    async def receive_messages(self) -> AsyncIterator[Message]:
        """Everything that comes, turn after turn, until the conversation is closed.

        Failed turns do not raise here: look at `ResultMessage.is_error`.

        :raises ClaudeSDKError: the conversation has ended, and not well
        """
        session = self._connected
        while (message := await session.receive()) is not None:
            passed = self._turns.read(message)
            if passed is not None:
                yield passed

    async def receive_response(self) -> AsyncIterator[Message]:
        """The messages of one turn, its `ResultMessage` last.

        :raises APIError: after the result, if the model's service failed; the client stays usable
        :raises ClaudeSDKError: the conversation has ended, and not well
        """
        async for message in self.receive_messages():
            yield message
            if isinstance(message, ResultMessage) and self._turns.ends(message):
                failure = self._turns.failure(message)
                if failure is not None:
                    raise failure
                return

    # --- control -------------------------------------------------------------------------------

    async def interrupt(self, *, seconds: float = 5.0) -> None:
        """Stop the turn that runs; its result still comes. Nothing happens if none runs.

        :raises ControlTimeoutError: the CLI did not confirm within `seconds`
        """
        await self._connected.request("interrupt", seconds=seconds)

    async def set_model(self, model: str | None = None) -> None:
        """Use another model from the next request on; None is the default one."""
        await self._connected.request("set_model", {"model": model})

    async def set_permission_mode(self, mode: PermissionMode) -> None:
        """Treat tools that no rule covers differently from now on.

        :raises ControlRequestError: there is no such mode, or it was not allowed at the start
        """
        await self._connected.request("set_permission_mode", {"mode": mode})

    async def get_server_info(self) -> JSONObject:
        """What the CLI said of itself at the start: commands, models, agents, account, ..."""
        return self._connected.server_info
