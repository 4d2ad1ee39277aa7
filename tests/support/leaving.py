"""Turns with the real CLI that are left at any point, in each of the ways there are."""

from collections.abc import Awaitable, Callable

import anyio

from claude_notebook import ClaudeCodeOptions, ClaudeSDKClient, query
from claude_notebook.testing import Step, Use, script

# It thinks for a moment, says much, and starts a command that would outlive everything.
PROMPT = script(
    Step(
        ("x" * 2_000, Use("Bash", {"command": "true; sleep 64"})), chunk=20, delay=0.003, wait=0.05
    ),
    "never said",
)

Leave = Callable[[ClaudeCodeOptions, float], Awaitable[None]]


async def cancelled_query(options: ClaudeCodeOptions, seconds: float) -> None:
    """`query()` is cancelled."""
    with anyio.move_on_after(seconds):
        async for _ in query(prompt=PROMPT, options=options):
            pass


async def abandoned_query(options: ClaudeCodeOptions, seconds: float) -> None:
    """The loop over `query()` is left, and its generator closed, when the time is over."""
    end = anyio.current_time() + seconds
    stream = query(prompt=PROMPT, options=options)
    with anyio.move_on_after(seconds + 1):  # the command itself says nothing
        async for _ in stream:
            if anyio.current_time() > end:
                break
    await stream.aclose()


async def cancelled_client(options: ClaudeCodeOptions, seconds: float) -> None:
    """A client, from its start to its end, is cancelled."""
    with anyio.move_on_after(seconds):
        async with ClaudeSDKClient(options) as client:
            await client.query(PROMPT)
            async for _ in client.receive_response():
                pass


async def disconnected_client(options: ClaudeCodeOptions, seconds: float) -> None:
    """A turn is cancelled, and the client disconnected."""
    async with ClaudeSDKClient(options) as client:
        with anyio.move_on_after(seconds):
            await client.query(PROMPT)
            async for _ in client.receive_response():
                pass


WAYS: tuple[Leave, ...] = (cancelled_query, abandoned_query, cancelled_client, disconnected_client)
"""After each of these nothing is left."""


async def cancelled_turn(client: ClaudeSDKClient, seconds: float) -> None:
    """A turn of a client that lives on is cancelled and interrupted; only the CLI is left."""
    with anyio.move_on_after(seconds):
        await client.query(PROMPT)
        async for _ in client.receive_response():
            pass
    await client.interrupt()
    with anyio.move_on_after(5):  # where it was cancelled before it was sent, nothing comes
        async for _ in client.receive_response():
            pass
