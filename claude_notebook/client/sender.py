"""Prompts on their way to the CLI, one by one or as a stream."""

from __future__ import annotations

from collections.abc import AsyncIterable

from ..errors import ClaudeSDKError
from ..messages import JSONObject
from .prompts import Outgoing, outgoing_message
from .session import Session
from .turn_accounting import TurnKeeper


class Sender:
    """Sends prompts. Does not know who reads the answers: that one may be gone meanwhile.

    :param session: the conversation.
    :param turns: is told of every prompt.
    :param verbatim: send prompts exactly as written.
    :param ends: close the input once every prompt is answered and no background work is left.
    :param all_sent: whether no prompt follows.
    :param ended: whether the CLI was let go.
    """

    def __init__(
        self, session: Session, turns: TurnKeeper, *, verbatim: bool, ends: bool = False
    ) -> None:
        self._session = session
        self._turns = turns
        self._verbatim = verbatim
        self._ends = ends
        self.all_sent = False
        self.ended = False

    async def send(self, prompt: Outgoing) -> None:
        """Send one prompt.

        :raises ClaudeSDKError: the conversation is over, or JSON cannot say it
        """
        self._turns.sent(prompt.uuid, ours=prompt.ours)
        await self._session.send_user(
            prompt.content,
            uuid=prompt.uuid,
            session_id=prompt.session_id,
            verbatim=self._verbatim,
        )

    async def send_all(self, prompts: AsyncIterable[JSONObject]) -> None:
        """Send a stream of user messages. What goes wrong is told to whoever reads the answers."""
        try:
            async for message in prompts:
                await self.send(outgoing_message(message))
        except ClaudeSDKError as error:
            self._session.tell(error)
        except Exception as error:  # noqa: BLE001  the caller's iterable: it is told in the loop
            failure = ClaudeSDKError(f"the stream of prompts failed: {error!r}. Check its code.")
            failure.__cause__ = error
            self._session.tell(failure)
        self.all_sent = True
        await self.end_if_answered()

    async def end_if_answered(self) -> None:
        """Let the CLI leave once every prompt is answered and no work is left."""
        if self.all_answered and self._turns.background.is_over:
            await self.end()

    @property
    def all_answered(self) -> bool:
        """Whether every prompt was sent and answered, while the CLI still waits for more."""
        return self._ends and self.all_sent and self._turns.idle and not self.ended

    async def end(self) -> None:
        """Close the input of the CLI, which then leaves."""
        self.ended = True
        await self._session.finish_input()
