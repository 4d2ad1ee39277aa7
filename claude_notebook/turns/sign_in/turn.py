"""Signs the user in from a cell, after a turn without a valid credential or with `/login`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...errors import AuthenticationError
from ..turn import Turn
from .sign_in import SEND_AGAIN, SignIn, leading_variable

_COMMAND = re.compile(r"\s*/login\s*")
SIGNED_IN = "You are signed in. The next cell uses this account."
NOT_SIGNED_IN = "Nothing has changed: the sign-in was canceled."
_NO_PAGE = "This front end cannot ask. Run `claude-auth login` in a terminal"


async def offer_sign_in(turn: Turn) -> bool:
    """Offer to sign in after a turn that had no valid credential.

    :returns: True if the person is signed in and wants to send the prompt again.
    """
    if turn.asking is None:
        return False
    env, conversation = turn.request.launch.env, turn.conversation
    if name := leading_variable(env):
        turn.view.notice("warning", conversation.wording.rejected(name))
        return False
    if not await SignIn(turn.asking, env).run():
        return False
    await conversation.close()  # the next process reads the new credential
    return (await turn.asking.ask(SEND_AGAIN)).choice == SEND_AGAIN.yes


def is_login(prompt: str) -> bool:
    """Return True for the command `/login`."""
    return _COMMAND.fullmatch(prompt) is not None


@dataclass
class SignInTurn(Turn):
    """A sign-in without a prompt."""

    async def _work(self) -> None:
        if self.asking is None:
            raise AuthenticationError(_NO_PAGE)
        if await SignIn(self.asking, self.request.launch.env).run():
            await self.conversation.close()  # the next process reads the new credential
            self._notify("info", SIGNED_IN)
        else:
            self._notify("info", NOT_SIGNED_IN)
