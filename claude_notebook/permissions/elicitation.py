"""What MCP servers ask of the person: the values of the question and of its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ..messages import JSONObject

ElicitationAction = Literal["accept", "decline", "cancel"]
"""Answered; refused; or not decided at all."""


@dataclass(frozen=True)
class Elicitation:
    """A question of an MCP server.

    :param server: the server's name.
    :param message: the question.
    :param schema: a flat JSON schema of the answer; {} where nothing is to be filled in.
    :param url: an address that the person should open instead; "" for none.
    """

    server: str
    message: str
    schema: JSONObject = field(default_factory=dict)
    url: str = ""


@dataclass(frozen=True)
class ElicitationResult:
    """The person's answer; `content` fits the schema, and counts with "accept" only."""

    action: ElicitationAction
    content: JSONObject | None = None


OnElicitation: TypeAlias = Callable[[Elicitation], Awaitable[ElicitationResult]]
"""Answers a question of an MCP server."""
