"""Questions of MCP servers to the person, and their answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ..messages import OpenObject

ElicitationAction = Literal["accept", "decline", "cancel"]
"""Answered, refused, or left undecided."""


@dataclass(frozen=True)
class Elicitation:
    """A question of an MCP server.

    :param server: the server's name.
    :param message: the question.
    :param schema: a flat JSON schema of the answer; {} for a question without fields.
    :param url: an address that the person should open instead; "" for none.
    """

    server: str
    message: str
    schema: OpenObject = field(default_factory=dict)
    url: str = ""


@dataclass(frozen=True)
class ElicitationResult:
    """The person's answer; `content` fits the schema, and counts with "accept" only."""

    action: ElicitationAction
    content: OpenObject | None = None


OnElicitation: TypeAlias = Callable[[Elicitation], Awaitable[ElicitationResult]]
"""Answers a question of an MCP server."""
