"""Validation of the arguments of display functions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from ...displayable import Displayable
from ...errors import OptionsError
from ...messages import Message


def messages_from(source: object) -> list[Message]:
    """Return the messages of a message, an iterable, or an object with `messages`.

    :raises OptionsError: an item is not a message.
    """
    content: object = getattr(source, "messages", source)
    items = [content] if isinstance(content, Displayable) else content
    if isinstance(items, Iterable) and not isinstance(items, (str, bytes)):
        messages = list(items)
        if all(isinstance(item, Displayable) for item in messages):
            return cast("list[Message]", messages)
    raise OptionsError(
        f"{type(source).__name__} is not a message. Pass a message of query() or a list of them. "
        "For Markdown use render_markdown(); for a stream use display_claude_stream()."
    )
