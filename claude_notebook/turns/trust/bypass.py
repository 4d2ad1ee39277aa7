"""The mode that allows everything, which needs an opt-in and a confirmation.

The opt-in is a flag or a setting with the CLI's own name. A person at the front end has to confirm
it, because a downloaded notebook may contain the flag.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import OptionsError
from ...permissions import PermissionMode
from ...render.model import Choice
from ...render.questions.confirm import Confirmation
from ..request import BYPASS_FLAG

if TYPE_CHECKING:
    from ..questions.questions import Asking

BYPASS: PermissionMode = "bypassPermissions"
CAUTION = "Claude may do everything without asking (bypassPermissions)."
HOW = (
    f"{BYPASS} lets Claude do everything without asking: run any command, change any file. If you "
    f"want that, say so: --{BYPASS_FLAG} for one cell, or %config "
    f"ClaudeMagics.{BYPASS_FLAG.replace('-', '_')} = True. --mode acceptEdits asks less, too."
)
STILL_ASKS = "Claude asks first, as usual."

YES, NO = "bypass", "ask"

_QUESTION = Confirmation(
    title="Let Claude do everything without asking?",
    reason="Commands run, files change and addresses are opened with your rights, and nobody is "
    "asked about any of it. Hidden instructions in what Claude reads are followed too. Do this "
    "only where nothing can be lost: in a container, say.",
    choices=(
        Choice(YES, "Do everything without asking", "until the kernel restarts", look="danger"),
        Choice(NO, "Ask first", shortcut="f"),
    ),
    yes=YES,
    decisions={
        YES: "Claude may do everything without asking, until the kernel restarts",
        NO: STILL_ASKS,
    },
)


def check(mode: str | None, *, opted_in: bool) -> None:
    """Check that a mode may be chosen.

    :raises OptionsError: the mode allows everything, and the opt-in is missing
    """
    if mode == BYPASS and not opted_in:
        raise OptionsError(HOW)


class Consent:
    """The person's consent, for this kernel, to allow everything."""

    def __init__(self) -> None:
        self._given = False

    async def ask(self, asking: Asking | None) -> bool:
        """Ask once, and return the consent. Without a person to ask, the opt-in is enough."""
        if asking is not None and not self._given:
            self._given = (await asking.ask(_QUESTION)).choice == YES
        return asking is None or self._given
