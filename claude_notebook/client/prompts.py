"""Prompts, which can be text, content blocks, messages, or streams of messages."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias, Union

from ..errors import OptionsError
from ..messages import JSON, JSONObject

Prompt: TypeAlias = Union[str, AsyncIterable[JSONObject], Sequence[JSONObject]]
"""Text, content blocks, or a stream of messages `{"type": "user", "message": {...}}`."""


@dataclass(frozen=True)
class OutgoingPrompt:
    """One prompt, ready to send.

    :param content: text or content blocks
    :param uuid: the prompt's id, which the CLI uses in its reports
    :param has_own_uuid: whether the uuid was generated here rather than by the caller
    :param session_id: the prompt's `session_id` field
    :param fields: other fields, such as `parent_tool_use_id`, `priority` or `shouldQuery`
    """

    content: str | Sequence[JSONObject]
    uuid: str
    has_own_uuid: bool
    session_id: str = "default"
    fields: Mapping[str, JSON] = field(default_factory=dict)


_OWN_FIELDS = frozenset({"type", "message", "session_id", "uuid"})


def prompt_from_content(content: object, session_id: str = "default") -> OutgoingPrompt:
    """Create a prompt from text or content blocks.

    :raises OptionsError: if `content` is empty, or neither text nor blocks
    """
    if not isinstance(content, (str, list, tuple)):
        raise OptionsError(
            f"a prompt is text, a list of content blocks, or an async iterable of messages, "
            f"not {type(content).__name__}",
            field="prompt",
        )
    if not content or (isinstance(content, str) and not content.strip()):
        raise OptionsError("the prompt is empty: write a task for Claude", field="prompt")
    return OutgoingPrompt(content, str(uuid.uuid4()), has_own_uuid=True, session_id=session_id)


def prompt_from_message(message: JSONObject) -> OutgoingPrompt:
    """Create a prompt from a user message, which is an item of a prompt stream.

    :raises OptionsError: if `message` is not a user message
    """
    body = message.get("message") if isinstance(message, dict) else None
    if not isinstance(body, dict) or "content" not in body:
        from ..redact import value_repr  # rarely needed

        raise OptionsError(
            'each item of a prompt stream is {"type": "user", "message": {"role": "user", '
            f'"content": ...}}}}, not {value_repr("message", message)}',
            field="prompt",
        )
    prompt = prompt_from_content(body["content"], str(message.get("session_id") or "default"))
    fields = {name: value for name, value in message.items() if name not in _OWN_FIELDS}
    prompt = replace(prompt, fields=fields)
    prompt_id = message.get("uuid")
    if not prompt_id:
        return prompt
    return replace(prompt, uuid=str(prompt_id), has_own_uuid=False)
