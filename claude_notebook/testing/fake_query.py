"""A `query` to inject where a program takes one: it answers at once, and remembers what was asked.

::

    async def summarize(path, query=claude_notebook.query):
        async for message in query(prompt=f"Summarize {path}"):
            ...

    async def test_summarize():
        query = FakeQuery("Revenue is up.")
        assert await summarize("report.md", query=query) == "Revenue is up."
        assert query.prompts == ["Summarize report.md"]
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias, Union

from ..errors import ClaudeSDKError
from ..messages import JSON, AssistantMessage, Message, ResultMessage, TextBlock
from ..options import ClaudeCodeOptions

FakeAnswer: TypeAlias = Union[str, Sequence[Message], BaseException]
"""What a call gives: a text, messages of your own, or an exception that is raised."""


@dataclass(frozen=True)
class Asked:
    """One call."""

    prompt: JSON
    options: ClaudeCodeOptions | None


class FakeQuery:
    """Stands in for `query()`.

    :param answers: one for each call, in order; the last one serves all calls that follow.
    :param calls: what was asked so far.
    """

    def __init__(self, *answers: FakeAnswer) -> None:
        self._answers = answers
        self.calls: list[Asked] = []

    @property
    def prompts(self) -> list[JSON]:
        """The prompts so far."""
        return [call.prompt for call in self.calls]

    def __call__(
        self, *, prompt: JSON, options: ClaudeCodeOptions | None = None, transport: JSON = None
    ) -> AsyncIterator[Message]:
        """As `query()`.

        :raises ClaudeSDKError: there is no answer at all
        """
        if not self._answers:
            raise ClaudeSDKError("FakeQuery has no answer: give it one, FakeQuery('Done.').")
        answer = self._answers[min(len(self.calls), len(self._answers) - 1)]
        self.calls.append(Asked(prompt, options))
        return _messages(answer)


async def _messages(answer: FakeAnswer) -> AsyncIterator[Message]:
    if isinstance(answer, BaseException):
        raise answer
    if isinstance(answer, str):
        yield AssistantMessage(content=[TextBlock(text=answer)], model="fake")
        yield ResultMessage(result=answer, num_turns=1, session_id="fake", cost_usd=0.0)
        return
    for message in answer:
        yield message
