"""Decodes and validates the CLI's questions in a recording, and the recorded responses.

A recording may come from an untrusted source. A question is accepted only if its id is a string,
and a response only if the client sent it after the question.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal, Union

import msgspec

from ..messages import JSON, JSONObject
from ..messages.json_fields import Fields
from ..replay import ReplayNote
from .id_mapping import parse

NOT_RUN = "not run again: "
"""Prefix of the error for a tool or hook that is not run again."""

_FOR_A_PERSON = frozenset({"can_use_tool", "elicitation"})


class _RequestWire(msgspec.Struct):
    request_id: str
    request: JSONObject
    type: Literal["control_request"] = "control_request"


class _Response(msgspec.Struct):
    request_id: str
    subtype: Literal["success", "error"] = "success"
    response: Union[dict[str, object], None] = None
    error: Union[str, None] = None


class _ResponseWire(msgspec.Struct):
    response: _Response
    type: Literal["control_response"]


class _CancelWire(msgspec.Struct):
    request_id: str
    type: Literal["control_cancel_request"]


@dataclass(frozen=True)
class RecordedRequest:
    """A request that the CLI made in a recording."""

    request_id: str
    request: JSONObject

    @classmethod
    def of(cls, message: JSONObject) -> RecordedRequest | None:
        """Decode a question from a line sent by the CLI; None if it is malformed."""
        try:
            wire = msgspec.convert(message, _RequestWire)
        except ValueError:
            return None
        return cls(wire.request_id, wire.request)

    @property
    def is_for_a_person(self) -> bool:
        """Return whether this is a permission or form, which always uses the recorded response."""
        return Fields(self.request).text("subtype") in _FOR_A_PERSON

    @property
    def can_run(self) -> bool:
        """Return whether this is a tool or hook call, which may run again on the user's request."""
        subtype, message = self.request.get("subtype"), self.request.get("message")
        if subtype == "mcp_message":
            return isinstance(message, dict) and message.get("method") == "tools/call"
        return subtype == "hook_callback"

    @property
    def name(self) -> str:
        """The name of the tool, server or hook that is called."""
        message = self.request.get("message")
        if not isinstance(message, dict):
            return f"The hook {self.request.get('callback_id')}"
        params = message.get("params")
        tool = params.get("name") if isinstance(params, dict) else None
        return f"The tool {tool}" if tool else f"The server {self.request.get('server_name')}"

    def approved(self, answer: JSON) -> ReplayNote:
        """Return the note for a permission or form that was answered as recorded."""
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
        """Return the note for a tool or hook that ran again; None if its response is the same."""
        before, after = outcome_of(then), outcome_of(now)
        if isinstance(after, str) and after.startswith(NOT_RUN):
            reason = after[len(NOT_RUN) :]
            text = f"{self.name} was not run again: {reason} The recorded result is used."
            return ReplayNote("not run", text)
        if before == after:
            return None
        text = f"{self.name} now answers {_brief(after)}, but the recording has {_brief(before)}."
        return ReplayNote("differs", f"{text} Claude's recorded answer is unchanged.")


def answered_request_id(line: bytes) -> str:
    """Return the id of the question that a client line answers; "" if it is not a response."""
    if b"control_response" not in line:
        return ""
    try:
        return msgspec.convert(parse(line), _ResponseWire).response.request_id
    except ValueError:
        return ""


def withdrawn_request_id(line: bytes) -> str:
    """Return the id of the question that a CLI line withdraws; "" for any other line."""
    if b"control_cancel_request" not in line:
        return ""
    try:
        return msgspec.convert(parse(line), _CancelWire).request_id
    except ValueError:
        return ""


def outcome_of(response: JSON) -> JSON:
    """Return a response's content, without ids."""
    if not isinstance(response, dict):
        return None
    value = response.get("error") or response.get("response")
    if isinstance(value, dict) and isinstance(answer := value.get("mcp_response"), dict):
        return answer.get("error") or answer.get("result")
    return value


def _brief(value: JSON) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:120] + "..."
