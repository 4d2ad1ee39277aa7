"""Questions from MCP servers to the user, and the user's answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ..messages import OpenObject

ElicitationAction = Literal["accept", "decline", "cancel"]
"""Accepted, declined, or left undecided."""


@dataclass(frozen=True)
class Elicitation:
    """A question from an MCP server.

    :param server: the server's name.
    :param message: the text of the question.
    :param schema: a flat JSON schema for the answer; {} if the question has no fields.
    :param url: an address that the user should open instead; "" if there is none.
    """

    server: str
    message: str
    schema: OpenObject = field(default_factory=dict)
    url: str = ""


@dataclass(frozen=True)
class ElicitationResult:
    """The user's answer. `content` matches the schema, and is used only if `action` is "accept"."""

    action: ElicitationAction
    content: OpenObject | None = None


OnElicitation: TypeAlias = Callable[[Elicitation], Awaitable[ElicitationResult]]
"""Answers a question from an MCP server."""
