"""Messages about a conversation, in the terms of its front end."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """The words of one front end, which it passes to its conversation.

    :param own_resumed: the front end's own conversation continues in a new process.
    :param requested_resumed: a conversation that the person named continues.
    :param not_asked: the reason for an unanswered question, and the next step.
    :param ended: a prompt arrived after the end of the front end.
    :param rejected_variable: the service rejected the value of the variable `{name}`.
    """

    own_resumed: str
    requested_resumed: str
    not_asked: str
    ended: str
    rejected_variable: str

    def rejected(self, name: str) -> str:
        """Return the text about a rejected variable."""
        return self.rejected_variable.format(name=name)
