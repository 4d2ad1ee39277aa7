"""Prompts in all their shapes: text, content blocks, messages, streams of those."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, Union

from ..errors import OptionsError
from ..messages import JSONObject

Prompt: TypeAlias = Union[str, AsyncIterable[JSONObject], Sequence[JSONObject]]
"""Text; content blocks; or a stream of messages `{"type": "user", "message": {...}}`."""


@dataclass(frozen=True)
class Outgoing:
    """One prompt, ready to send. `ours`: its uuid was made here."""

    content: str | Sequence[JSONObject]
    uuid: str
    ours: bool
    session_id: str = "default"


def outgoing(content: str | Sequence[JSONObject], session_id: str = "default") -> Outgoing:
    """A prompt from text or content blocks.

    :raises OptionsError: it is empty, or neither text nor blocks
    """
    if not isinstance(content, (str, list, tuple)):
        raise OptionsError(
            f"a prompt is text, a list of content blocks, or an async iterable of messages, "
            f"not {type(content).__name__}",
            field="prompt",
        )
    if not content or (isinstance(content, str) and not content.strip()):
        raise OptionsError("the prompt is empty: say what Claude should do", field="prompt")
    return Outgoing(content, str(uuid.uuid4()), ours=True, session_id=session_id)


def outgoing_message(message: JSONObject) -> Outgoing:
    """A prompt from a whole user message, as streams of prompts hold them.

    :raises OptionsError: it is no user message
    """
    try:
        content = message["message"]["content"]
    except (KeyError, TypeError):
        raise OptionsError(
            'each item of a prompt stream is {"type": "user", "message": {"role": "user", '
            f'"content": ...}}}}, not {message!r:.80}',
            field="prompt",
        ) from None
    made = outgoing(content, str(message.get("session_id") or "default"))
    given = message.get("uuid")
    return Outgoing(made.content, str(given), False, made.session_id) if given else made
