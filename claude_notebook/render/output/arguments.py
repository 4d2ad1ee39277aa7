"""What people hand over to be shown: checked, with a word on what would be right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from ...displayable import Displayable
from ...errors import OptionsError
from ...messages import Message


def messages_in(given: object) -> list[Message]:
    """The messages of what was given: one, several, or something that has `messages`.

    :raises OptionsError: it is no message
    """
    found: object = getattr(given, "messages", given)
    several = [found] if isinstance(found, Displayable) else found
    if isinstance(several, Iterable) and not isinstance(several, (str, bytes)):
        messages = list(several)
        if all(isinstance(one, Displayable) for one in messages):
            return cast("list[Message]", messages)
    raise OptionsError(
        f"{type(given).__name__} is no message. Pass what query() gives, one by one or as a "
        "list; for Markdown use render_markdown(), for a stream display_claude_stream()."
    )
