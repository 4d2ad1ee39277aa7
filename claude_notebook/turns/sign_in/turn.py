"""The turn of `%claude /login`, which asks in the command's cell."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...errors import AuthenticationError
from ..turn import Turn
from .sign_in import SignIn

_COMMAND = re.compile(r"\s*/login\s*")
SIGNED_IN = "You are signed in. The next cell uses this account."
NOT_SIGNED_IN = "Nothing has changed: the sign-in was canceled."
_NO_PAGE = "This front end cannot ask. Run `claude-auth login` in a terminal"


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
