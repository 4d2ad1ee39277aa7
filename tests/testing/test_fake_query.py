"""The fake `query`."""

import pytest

from claude_notebook import AssistantMessage, ClaudeCodeOptions, ResultMessage, TextBlock
from claude_notebook.errors import ClaudeSDKError, RateLimitError
from claude_notebook.testing import FakeQuery

pytestmark = pytest.mark.anyio


async def ask(query, prompt="hi", **more):
    return [message async for message in query(prompt=prompt, **more)]


async def test_fake_query_answers_in_order_and_records_calls():
    query = FakeQuery("one", "two")
    options = ClaudeCodeOptions(model="opus")
    results = [(await ask(query, str(n), options=options))[-1].result for n in range(3)]
    assert results == ["one", "two", "two"]
    assert query.prompts == ["0", "1", "2"]
    assert query.calls[0].options is options


async def test_fake_query_yields_messages_and_raises_errors():
    own = [
        AssistantMessage(content=[TextBlock(text="x")]),
        ResultMessage(result="x", is_error=True),
    ]
    query = FakeQuery(own, RateLimitError("later"))
    assert await ask(query) == own
    with pytest.raises(RateLimitError):
        await ask(query)
    with pytest.raises(ClaudeSDKError, match="Pass one"):
        FakeQuery()(prompt="hi")
