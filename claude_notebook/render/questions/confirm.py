"""Questions of the notebook itself: before something is loaded, or files are brought back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...permissions.decisions import Decision
from ..content import Piece
from ..model import AskPanel, Choice, Part


@dataclass(frozen=True)
class Confirm:
    """May the notebook go on?

    :param title: what would happen, in words; `pieces` show it in full.
    :param choices: the last one is the careful one.
    :param yes: the key of the choice that means so. Any other answer is a no.
    :param decisions: what each choice means afterwards, in words, by its key.
    """

    title: str
    choices: tuple[Choice, ...]
    yes: str
    reason: str = ""
    icon: str = "question"
    shown: tuple[Piece, ...] = ()
    decisions: Mapping[str, str] = field(default_factory=dict)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What would happen; never cut."""
        return tuple(dataclasses.replace(one, whole=True) for one in self.shown)

    def panel(self, panel_id: str, detail: tuple[Part, ...] = ()) -> AskPanel:
        """The question as a panel; `detail` is what became of `pieces`."""
        return AskPanel(
            panel_id,
            icon=self.icon,
            title=self.title,
            reason=self.reason,
            detail=detail,
            choices=self.choices,
        )

    def problem(self, answer: Decision) -> str:
        """What is wrong with an answer: nothing ever is."""
        return ""

    def allows(self, answer: Decision) -> bool:
        """Whether an answer is the yes."""
        return answer.choice == self.yes

    def decided(self, answer: Decision) -> str:
        """What was decided, in words."""
        return self.decisions.get(answer.choice, "Not done")
