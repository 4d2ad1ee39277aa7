"""Delivers prompts to the CLI, either one by one or as a stream."""

from __future__ import annotations

from collections.abc import AsyncIterable

from ..errors import ClaudeSDKError
from ..messages import JSONObject
from .prompts import OutgoingPrompt, prompt_from_message
from .session import Session
from .turn_accounting import TurnTracker


class Sender:
    """Sends prompts independently of the task that reads answers, which may have stopped reading.

    :param session: the conversation
    :param turns: tracks every prompt that is sent
    :param verbatim: whether to send prompts exactly as written
    :param closes_input: whether to close the CLI's input once every prompt is answered and no
        background work is left

    `all_sent` is set once no more prompts will follow, and `input_closed` once the CLI may exit.
    """

    def __init__(
        self, session: Session, turns: TurnTracker, *, verbatim: bool, closes_input: bool = False
    ) -> None:
        self._session = session
        self._turns = turns
        self._verbatim = verbatim
        self._closes_input = closes_input
        self.all_sent = False
        self.input_closed = False

    async def send(self, prompt: OutgoingPrompt) -> None:
        """Send one prompt.

        :raises ClaudeSDKError: if the conversation has ended, or the prompt is not valid JSON
        """
        self._turns.mark_sent(prompt.uuid, is_own=prompt.has_own_uuid)
        await self._session.send_user(
            prompt.content,
            uuid=prompt.uuid,
            session_id=prompt.session_id,
            verbatim=self._verbatim,
            fields=prompt.fields,
        )

    async def send_all(self, prompts: AsyncIterable[JSONObject]) -> None:
        """Send a stream of user messages. Failures are raised in the task that reads answers."""
        try:
            async for message in prompts:
                await self.send(prompt_from_message(message))
        except ClaudeSDKError as error:
            self._session.put_error(error)
        except Exception as error:  # noqa: BLE001  raised where the answers are read
            failure = ClaudeSDKError(f"the prompt stream failed: {error!r}. Check its code.")
            failure.__cause__ = error
            self._session.put_error(failure)
        self.all_sent = True
        await self.close_input_if_answered()

    async def close_input_if_answered(self) -> None:
        """Let the CLI exit once every prompt is answered and no background work is left."""
        if self.all_answered and self._turns.background.has_ended:
            await self.close_input()

    @property
    def all_answered(self) -> bool:
        """True if every prompt is sent and answered, but the CLI's input is still open."""
        return (
            self._closes_input and self.all_sent and self._turns.is_idle and not self.input_closed
        )

    async def close_input(self) -> None:
        """Close the CLI's input, which lets the CLI exit."""
        self.input_closed = True
        await self._session.finish_input()
