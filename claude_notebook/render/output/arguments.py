"""Validation of the arguments of display functions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from ...displayable import Convertible, Displayable
from ...errors import OptionsError
from ...messages import Message


def as_message(value: object) -> object:
    """Convert a message of a past conversation; return any other value as it is."""
    return value.to_message() if isinstance(value, Convertible) else value


def messages_from(source: object) -> list[Message]:
    """Return the messages of a message, an iterable, or an object with `messages`.

    :raises OptionsError: an item is not a message.
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
