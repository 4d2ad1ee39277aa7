"""A fake `query` for programs that accept it as a parameter.

It responds at once and records its calls::

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
"""The result of a call: a string, complete messages, or an exception to raise."""


@dataclass(frozen=True)
class FakeQueryCall:
    """A single call to a `FakeQuery`."""

    prompt: JSON
    options: ClaudeCodeOptions | None


class FakeQuery:
    """A replacement for `query()`.

    :param answers: one answer per call, in order. The last one is repeated.
    :param calls: the calls so far.
    """

    def __init__(self, *answers: FakeAnswer) -> None:
        self._answers = answers
        self.calls: list[FakeQueryCall] = []

    @property
    def prompts(self) -> list[JSON]:
        """The prompts so far."""
        return [call.prompt for call in self.calls]

    def __call__(
        self, *, prompt: JSON, options: ClaudeCodeOptions | None = None, transport: JSON = None
    ) -> AsyncIterator[Message]:
        """Respond with the next answer. The parameters are the same as for `query()`.

        :raises ClaudeSDKError: if there are no answers
        """
        if not self._answers:
            raise ClaudeSDKError("FakeQuery has no answer. Pass one, as in FakeQuery('Done.').")
        answer = self._answers[min(len(self.calls), len(self._answers) - 1)]
        self.calls.append(FakeQueryCall(prompt, options))
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
