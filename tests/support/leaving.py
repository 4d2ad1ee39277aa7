"""Turns with the real CLI that are abandoned at any point and in all possible ways."""

from collections.abc import Awaitable, Callable

import anyio

from claude_notebook import ClaudeCodeOptions, ClaudeSDKClient, query
from claude_notebook.testing import Step, Use, script

# The model thinks briefly, writes a long text, and starts a long command.
PROMPT = script(
    Step(
        ("x" * 2_000, Use("Bash", {"command": "true; sleep 64"})), chunk=20, delay=0.003, wait=0.05
    ),
    "never spoken",
)

Leave = Callable[[ClaudeCodeOptions, float], Awaitable[None]]


async def cancelled_query(options: ClaudeCodeOptions, seconds: float) -> None:
    """Cancel `query()`."""
    with anyio.move_on_after(seconds):
        async for _ in query(prompt=PROMPT, options=options):
            pass


async def abandoned_query(options: ClaudeCodeOptions, seconds: float) -> None:
    """Leave the loop over `query()` after some time, and close its generator."""
    end = anyio.current_time() + seconds
    stream = query(prompt=PROMPT, options=options)
    with anyio.move_on_after(seconds + 1):  # the command produces no messages
        async for _ in stream:
            if anyio.current_time() > end:
                break
    await stream.aclose()


async def cancelled_client(options: ClaudeCodeOptions, seconds: float) -> None:
    """Cancel a client during its whole life."""
    with anyio.move_on_after(seconds):
        async with ClaudeSDKClient(options) as client:
            await client.query(PROMPT)
            async for _ in client.receive_response():
                pass


async def disconnected_client(options: ClaudeCodeOptions, seconds: float) -> None:
    """Cancel a turn and disconnect the client."""
    async with ClaudeSDKClient(options) as client:
        with anyio.move_on_after(seconds):
            await client.query(PROMPT)
            async for _ in client.receive_response():
                pass


WAYS: tuple[Leave, ...] = (cancelled_query, abandoned_query, cancelled_client, disconnected_client)
"""Ways after which no process may remain."""


async def cancelled_turn(client: ClaudeSDKClient, seconds: float) -> None:
    """Cancel and interrupt a turn; the client and its CLI continue."""
    with anyio.move_on_after(seconds):
        await client.query(PROMPT)
        async for _ in client.receive_response():
            pass
    await client.interrupt()
    with anyio.move_on_after(5):  # no messages arrive if the prompt was never sent
        async for _ in client.receive_response():
            pass
