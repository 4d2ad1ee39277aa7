"""Validates the arguments of display functions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from ...displayable import Convertible, Displayable
from ...errors import OptionsError
from ...messages import Message


def as_message(value: object) -> object:
    """Convert a message from a past conversation, and return any other value unchanged."""
    return value.to_message() if isinstance(value, Convertible) else value


def messages_from(source: object) -> list[Message]:
    """Return the messages contained in a message, an iterable, or an object with `messages`.

    :raises OptionsError: if an item is not a message.
    """
    content: object = getattr(source, "messages", source)
    items = [content] if isinstance(content, Displayable) else content
    if isinstance(items, Iterable) and not isinstance(items, (str, bytes)):
        messages = [as_message(item) for item in items]
        if all(isinstance(item, Displayable) for item in messages):
            return cast("list[Message]", messages)
    raise OptionsError(
        f"{type(source).__name__} is not a message. Pass a message of query() or a list of them. "
        "For Markdown use render_markdown(); for a stream use display_claude_stream()."
    )
