"""Panels for recorded answers, which take the place of their questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Union

import msgspec

from ...logs import get_logger
from ...messages import (
    JSON,
    JSONObject,
)
from ...messages.json_fields import as_object
from ...replay import RecordedAnswer
from .denial import refusal

if TYPE_CHECKING:
    from ...render.questions.recorded_question import RecordedQuestion
    from ...render.view.turn_view import TurnView


log = get_logger(__name__)

_MALFORMED = "The recording of a question and its answer is malformed, so it is not shown."


class _Rule(msgspec.Struct):
    toolName: str  # noqa: N815  the CLI's own name
    ruleContent: Union[str, None] = None  # noqa: N815  the same


class _Update(msgspec.Struct):
    type: str
    behavior: Union[str, None] = None
    mode: Union[str, None] = None
    destination: Union[str, None] = None
    directories: Union[list[str], None] = None
    rules: Union[list[_Rule], None] = None


class _Request(msgspec.Struct):
    """The fields of a recorded question that are shown as text."""

    tool_name: str = ""
    input: dict[str, object] = {}
    title: Union[str, None] = None
    display_name: Union[str, None] = None
    description: Union[str, None] = None
    blocked_path: Union[str, None] = None
    decision_reason: Union[str, None] = None
    decision_reason_type: Union[str, None] = None
    tool_use_id: Union[str, None] = None
    agent_id: Union[str, None] = None
    permission_suggestions: Union[list[_Update], None] = None
    mcp_server_name: Union[str, None] = None
    message: Union[str, None] = None
    url: Union[str, None] = None


def show_answered(view: TurnView, answer: RecordedAnswer, cwd: str) -> None:
    """Show a recorded answer in place of its question."""
    request, response = as_object(answer.request), answer.response
    remark = _denial_remark(request, response)
    if remark:
        view.notice("warning", remark)
        return
    try:
        msgspec.convert(request, _Request)
        recorded = _recorded_question(request, response, cwd)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        log.warning("a recorded answer is malformed: %r", error)
        view.notice("warning", _MALFORMED)
    else:
        view.put("", recorded.panel, recorded.question.pieces)


def _denial_remark(request: JSONObject, response: JSON) -> str:
    """Return the remark about a denial that no person made, or "" if a person answered."""
    tool = str(request.get("tool_name"))
    remark, denial = refusal(tool, as_object(request.get("input")))
    return remark if as_object(response).get("message") == denial.message else ""


def _recorded_question(request: JSONObject, response: JSON, cwd: str) -> RecordedQuestion:
    from ...client.callbacks.encoding import (
        elicitation_from_request,
        permission_context_from_request,
    )
    from ...render.questions.elicitation import ElicitationQuestion
    from ...render.questions.permission import PermissionQuestion
    from ...render.questions.recorded_question import RecordedQuestion
    from ...render.tools.base import Call

    answer = response if isinstance(response, dict) else None
    if request.get("subtype") == "elicitation":
        return RecordedQuestion(ElicitationQuestion(elicitation_from_request(request)), answer)
    call = Call(str(request.get("tool_name")), as_object(request.get("input")), cwd=cwd)
    return RecordedQuestion(
        PermissionQuestion(call, permission_context_from_request(request)), answer
    )
