"""Forwards the CLI's questions to the running turn, if a person is attending it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...messages import JSONObject
from ...permissions import PermissionResult, ToolPermissionContext
from ...permissions.elicitation import Elicitation, ElicitationResult
from ..remarks import Remarks
from ..wording import Wording
from .denial import refusal

if TYPE_CHECKING:
    from .questions import QuestionDesk


class QuestionRelay:
    """Passes questions to the running turn's desk. Without a desk, they are denied with a hint.

    :param remarks: receives the hints.
    :param wording: the words of the front end.
    :ivar desk: answers the questions of the running turn.
    """

    def __init__(self, remarks: Remarks, wording: Wording) -> None:
        self.desk: QuestionDesk | None = None
        self._remarks = remarks
        self._wording = wording

    async def permit(
        self, tool: str, tool_input: JSONObject, context: ToolPermissionContext
    ) -> PermissionResult:
        """Decide about a tool call."""
        if self.desk is not None:
            return await self.desk.permit(tool, tool_input, context)
        remark, denial = refusal(tool, tool_input)
        self._remarks.add("warning", remark)
        return denial

    async def elicit(self, question: Elicitation) -> ElicitationResult:
        """Answer a form from an MCP server."""
        if self.desk is not None:
            return await self.desk.elicit(question)
        self._remarks.add(
            "warning",
            f"The question of the MCP server {question.server} ({question.message}) was not "
            f"answered, because {self._wording.not_asked}",
        )
        return ElicitationResult("cancel")
