"""The questions that the CLI asks in a recording, and their recorded answers, decoded and checked.

A recording may come from a stranger. A question counts only with a text for its id, and an answer
only if this side sent it, to a question that was asked before.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal, Union

import msgspec

from ..messages import JSON, JSONObject
from ..replay import ReplayNote
from .id_mapping import parse

NOT_RUN = "not run again: "
"""The beginning of the error with which this side refuses to run a tool or a hook again."""

_FOR_A_PERSON = frozenset({"can_use_tool", "elicitation"})


class _RequestWire(msgspec.Struct):
    request_id: str
    request: dict[str, Any]
    type: Literal["control_request"] = "control_request"


class _Response(msgspec.Struct):
    request_id: str
    subtype: Literal["success", "error"] = "success"
    response: Union[dict[str, Any], None] = None
    error: Union[str, None] = None


class _ResponseWire(msgspec.Struct):
    response: _Response
    type: Literal["control_response"]


class _CancelWire(msgspec.Struct):
    request_id: str
    type: Literal["control_cancel_request"]


@dataclass(frozen=True)
class Question:
    """A request of the CLI."""

    request_id: str
    request: JSONObject

    @classmethod
    def of(cls, message: JSONObject) -> Question | None:
        """The question that a message of the CLI asks; None if it is not well formed."""
        try:
            wire = msgspec.convert(message, _RequestWire)
        except ValueError:
            return None
        return cls(wire.request_id, wire.request)

    @property
    def is_for_a_person(self) -> bool:
        """True for a permission or a form, to which the recorded answer always holds."""
        return self.request.get("subtype") in _FOR_A_PERSON

    @property
    def can_run(self) -> bool:
        """True for a call of a tool or a hook, which may run again if the user has opted in."""
        subtype, message = self.request.get("subtype"), self.request.get("message")
        if subtype == "mcp_message":
            return isinstance(message, dict) and message.get("method") == "tools/call"
        return subtype == "hook_callback"

    @property
    def name(self) -> str:
        """The tool, server or hook that it asks."""
        message = self.request.get("message")
        if not isinstance(message, dict):
            return f"The hook {self.request.get('callback_id')}"
        params = message.get("params")
        tool = params.get("name") if isinstance(params, dict) else None
        return f"The tool {tool}" if tool else f"The server {self.request.get('server_name')}"

    def approved(self, answer: JSON) -> ReplayNote:
        """The note on a permission or form that is answered as recorded."""
        outcome = outcome_of(answer)
        fields = outcome if isinstance(outcome, dict) else {}
        if self.request.get("subtype") == "elicitation":
            server = self.request.get("mcp_server_name")
            text = f"{server}: {fields.get('action', 'not answered')}"
        else:
            title = self.request.get("title") or self.request.get("tool_name")
            text = f"{title}: {'allowed' if fields.get('behavior') == 'allow' else 'denied'}"
        return ReplayNote("approved", f"{text}, as recorded.")

    def compared(self, then: JSON, now: JSON) -> ReplayNote | None:
        """The note on a tool or hook that ran again; None if its answer is as recorded."""
        before, after = outcome_of(then), outcome_of(now)
        if isinstance(after, str) and after.startswith(NOT_RUN):
            reason = after[len(NOT_RUN) :]
            text = f"{self.name} was not run again: {reason} The recorded answer holds."
            return ReplayNote("not run", text)
        if before == after:
            return None
        text = f"{self.name} answers {_brief(after)} now; recorded was {_brief(before)}."
        return ReplayNote("differs", f"{text} What Claude made of it is as recorded.")


def answered_by(line: bytes) -> str:
    """The id of the question that a line of this side answers; "" if it answers none."""
    if b"control_response" not in line:
        return ""
    try:
        return msgspec.convert(parse(line), _ResponseWire).response.request_id
    except ValueError:
        return ""


def withdrawn_by(line: bytes) -> str:
    """The id of the question that the CLI withdraws by a line; "" if it does not."""
    if b"control_cancel_request" not in line:
        return ""
    try:
        return msgspec.convert(parse(line), _CancelWire).request_id
    except ValueError:
        return ""


def outcome_of(response: JSON) -> JSON:
    """The content of an answer, without ids."""
    if not isinstance(response, dict):
        return None
    value = response.get("error") or response.get("response")
    if isinstance(value, dict) and isinstance(value.get("mcp_response"), dict):
        answer = value["mcp_response"]
        return answer.get("error") or answer.get("result")
    return value


def _brief(value: JSON) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:120] + "..."
