"""The permission mode bypassPermissions, which requires an opt-in and a confirmation.

The opt-in is a flag or a setting with the CLI's own name. A person at the front end has to confirm
it, because a downloaded notebook may contain the flag.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import OptionsError
from ...permissions import PermissionMode
from ...render.model import Choice
from ...render.questions.confirmation import Confirmation
from ..request import BYPASS_FLAG

if TYPE_CHECKING:
    from ..questions.questions import QuestionDesk

BYPASS: PermissionMode = "bypassPermissions"
CAUTION = "Claude may do everything without asking (bypassPermissions)."
OPT_IN_HINT = (
    f"{BYPASS} lets Claude run any command and change any file without asking. To allow that, use "
    f"--{BYPASS_FLAG} for one cell, or %config "
    f"ClaudeMagics.{BYPASS_FLAG.replace('-', '_')} = True. --mode acceptEdits also asks less often."
)
STILL_ASKS = "Claude asks first, as usual."

YES, NO = "bypass", "ask"

_QUESTION = Confirmation(
    title="Let Claude do everything without asking?",
    reason="Claude runs commands, changes files and opens addresses with your permissions, and "
    "does not ask. It may also follow instructions hidden in the content that it reads. Use this "
    "only where nothing can be lost, such as in a container.",
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
    """Check that a mode may be selected.

    :raises OptionsError: if the mode is bypassPermissions, and the opt-in is missing
    """
    if mode == BYPASS and not opted_in:
        raise OptionsError(OPT_IN_HINT)


class Consent:
    """The user's consent to bypassPermissions, which lasts as long as this kernel."""

    def __init__(self) -> None:
        self._has_agreed = False

    async def ask(self, asking: QuestionDesk | None) -> bool:
        """Ask once for consent, and return it. If no person can be asked, the opt-in is enough."""
        if asking is not None and not self._has_agreed:
            self._has_agreed = (await asking.ask(_QUESTION)).choice == YES
        return asking is None or self._has_agreed
