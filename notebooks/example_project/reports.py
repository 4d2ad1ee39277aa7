"""Summarize a report in one sentence."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import claude_notebook
from claude_notebook import ClaudeCodeOptions, Message, RateLimitError, ResultMessage

Query = Callable[..., AsyncIterator[Message]]

QUESTION = "Read report.md and say in one sentence what is in it."


async def headline(
    folder: Path, question: str = QUESTION, query: Query = claude_notebook.query
) -> str:
    """Return one sentence about the report in `folder`, which Claude may only read.

    :param folder: the folder of `report.md`.
    :param question: the prompt.
    :param query: the function that asks Claude; tests pass another one.
    """
    options = ClaudeCodeOptions(cwd=folder, allowed_tools=["Read"], setting_sources=[])
    try:
        async for message in query(prompt=question, options=options):
            if isinstance(message, ResultMessage):
                return message.result or "nothing"
    except RateLimitError:
        return "Claude is busy; try again later."
    return "nothing"
