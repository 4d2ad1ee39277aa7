"""What was answered when a turn was recorded, shown where it was asked then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...messages import (
    JSON,
    JSONObject,
    Message,
    SystemMessage,
)
from ...replay import ANSWERED
from .denial import refusal

if TYPE_CHECKING:
    from ...render.questions.recorded import RecordedQuestion
    from ...render.view.turn_view import TurnView


def show_answered(view: TurnView, message: Message, cwd: str) -> bool:
    """Show what was answered, if that is what the message tells. Returns whether it was."""
    if type(message) is not SystemMessage or message.subtype != ANSWERED:
        return False
    request, said = _object(message.data.get("request")), message.data.get("response")
    remark = _refused(request, said)
    if remark:
        view.notice("warning", remark)
    else:
        settled = _settled(request, said, cwd)
        view.put("", settled.panel, settled.question.pieces)
    return True


def _refused(request: JSONObject, said: JSON) -> str:
    """What the cell said where nobody could be asked; "" if somebody was."""
    tool = str(request.get("tool_name"))
    remark, told = refusal(tool, _object(request.get("input")))
    return remark if _object(said).get("message") == told.message else ""


def _settled(request: JSONObject, said: JSON, cwd: str) -> RecordedQuestion:
    from ...client.callbacks import elicitation, permission_context
    from ...render.questions.elicitation import ElicitationQuestion
    from ...render.questions.permission import Asked
    from ...render.questions.recorded import RecordedQuestion
    from ...render.tools.base import Call

    answer = said if isinstance(said, dict) else None
    if request.get("subtype") == "elicitation":
        return RecordedQuestion(ElicitationQuestion(elicitation(request)), answer)
    call = Call(str(request.get("tool_name")), _object(request.get("input")), cwd=cwd)
    return RecordedQuestion(Asked(call, permission_context(request)), answer)


def _object(value: JSON) -> JSONObject:
    return value if isinstance(value, dict) else {}
