"""The notebook's own confirmations, for loading project settings or restoring files."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...permissions.decisions import Decision
from ..content import Piece
from ..model import AskPanel, Choice, Part


@dataclass(frozen=True)
class Confirmation:
    """A confirmation before the notebook acts.

    :param title: a short description of the action; `pieces` show it in full.
    :param choices: the buttons, with the safest one last.
    :param yes: the key of the choice that confirms the action. Any other answer declines it.
    :param decisions: a description of each decision, by the key of its choice.
    """

    title: str
    choices: tuple[Choice, ...]
    yes: str
    reason: str = ""
    icon: str = "question"
    details: tuple[Piece, ...] = ()
    decisions: Mapping[str, str] = field(default_factory=dict)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Return the full description of the action, which is never truncated."""
        return tuple(dataclasses.replace(piece, whole=True) for piece in self.details)

    def panel(self, panel_id: str, detail: tuple[Part, ...] = ()) -> AskPanel:
        """Return the question as a panel. `detail` contains the rendered `pieces`."""
        return AskPanel(
            panel_id,
            icon=self.icon,
            title=self.title,
            reason=self.reason,
            detail=detail,
            choices=self.choices,
        )

    def problem(self, answer: Decision) -> str:
        """Return "", because every answer is valid."""
        return ""

    def allows(self, answer: Decision) -> bool:
        """Return whether the answer confirms the action."""
        return answer.choice == self.yes

    def decided(self, answer: Decision) -> str:
        """Describe the decision."""
        return self.decisions.get(answer.choice, "Not done")
