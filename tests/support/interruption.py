r"""A program that opens a conversation and is interrupted at a given moment.

    INTERRUPTION='{"cli": ..., "env": {...}, "prompt": ..., "cwd": ...}' \
        python interruption.py BACKEND WAY MOMENT

The test that starts it counts, from outside, the processes that are left when it has ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable

import anyio

from claude_notebook import AssistantMessage, ClaudeCodeOptions, ClaudeSDKClient, query

GIVEN = json.loads(os.environ["INTERRUPTION"])
BACKEND, WAY, MOMENT = sys.argv[1], sys.argv[2], float(sys.argv[3])
OPTIONS = ClaudeCodeOptions(
    cli_path=GIVEN["cli"], env=GIVEN["env"], cwd=GIVEN["cwd"], allowed_tools=["Bash"]
)
PROMPT = GIVEN["prompt"]
kept: list[object] = []


# --- a conversation ------------------------------------------------------------------------------


async def opened() -> ClaudeSDKClient:
    """A client in the middle of a turn."""
    client = ClaudeSDKClient(OPTIONS)
    kept.append(client)
    await client.connect()
    await client.query(PROMPT)
    async for message in client.receive_messages():
        if isinstance(message, AssistantMessage):
            break
    return client


async def whole() -> None:
    """A client from its start to its end."""
    client = await opened()
    with contextlib.suppress(TimeoutError), anyio.fail_after(0.2):
        await anext(client.receive_messages())
    await client.disconnect(grace=0.2)


async def asked() -> None:
    """A query from its start to its end."""
    async for message in query(prompt=PROMPT, options=OPTIONS):
        if isinstance(message, AssistantMessage):
            await anyio.sleep(0.2)
            break


# --- ways that asyncio alone knows ----------------------------------------------------------------


async def wait_for_disconnect() -> None:
    client = await opened()
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(client.disconnect(), MOMENT % 0.6)


async def wait_for_whole() -> None:
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(whole(), MOMENT)


async def wait_for_query() -> None:
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(asked(), MOMENT)


async def wait_for_exit() -> None:
    client = await opened()
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(client.__aexit__(None, None, None), MOMENT % 0.6)


async def cancel_twice() -> None:
    task = asyncio.create_task(whole())
    await asyncio.sleep(MOMENT)
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0.01)


async def cancel_all() -> None:
    task = asyncio.create_task(whole())
    await asyncio.sleep(MOMENT)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for other in others:
        other.cancel()
    await asyncio.wait([task], timeout=0.3)


async def forget_the_close() -> None:
    client = await opened()
    kept.append(asyncio.create_task(client.disconnect()))
    await asyncio.sleep(MOMENT % 0.3)


async def stop_the_loop() -> None:
    kept.append(asyncio.create_task(whole()))
    asyncio.get_running_loop().call_later(MOMENT, asyncio.get_running_loop().stop)
    await asyncio.sleep(60)


async def fail_in_a_callback() -> None:
    kept.append(asyncio.create_task(whole()))
    asyncio.get_running_loop().call_later(MOMENT, sys.exit, 3)
    await asyncio.sleep(60)


# --- ways that both kinds of event loop know ------------------------------------------------------


async def scope() -> None:
    with anyio.move_on_after(MOMENT):
        await whole()


async def scopes() -> None:
    with anyio.move_on_after(MOMENT + 0.05), anyio.CancelScope(shield=True):
        with anyio.move_on_after(MOMENT):
            await whole()


async def scope_of_query() -> None:
    with anyio.move_on_after(MOMENT):
        await asked()


async def no_time() -> None:
    client = await opened()
    with anyio.move_on_after(0):
        await client.disconnect(grace=MOMENT)


async def leave_open() -> None:
    await opened()


async def drop_the_query() -> None:
    async for _ in query(prompt=PROMPT, options=OPTIONS):
        break


def at_the_moment(action: Callable[[], object]) -> Callable[[], Awaitable[None]]:
    """A conversation in which a signal handler strikes, between any two steps of Python."""

    async def strike() -> None:
        signal.signal(signal.SIGALRM, lambda *_: action())
        signal.setitimer(signal.ITIMER_REAL, max(MOMENT, 0.001))
        await whole()

    return strike


def interrupt() -> None:
    raise KeyboardInterrupt


def to_itself(number: int) -> Callable[[], object]:
    return lambda: os.kill(os.getpid(), number)


NATIVE = {
    function.__name__: function
    for function in (
        wait_for_disconnect,
        wait_for_whole,
        wait_for_query,
        wait_for_exit,
        cancel_twice,
        cancel_all,
        forget_the_close,
        stop_the_loop,
        fail_in_a_callback,
    )
}
COMMON = {
    function.__name__: function
    for function in (scope, scopes, scope_of_query, no_time, leave_open, drop_the_query)
} | {
    "KeyboardInterrupt": at_the_moment(interrupt),
    "SystemExit": at_the_moment(lambda: sys.exit(1)),
    "os._exit": at_the_moment(lambda: os._exit(1)),
    "SIGTERM": at_the_moment(to_itself(signal.SIGTERM)),
    "SIGHUP": at_the_moment(to_itself(signal.SIGHUP)),
    "SIGKILL": at_the_moment(to_itself(signal.SIGKILL)),
}
WAYS = NATIVE | COMMON


def main() -> None:
    function = WAYS[WAY]
    print("begun", flush=True)
    if WAY == "stop_the_loop":
        loop = asyncio.new_event_loop()
        task = loop.create_task(function())
        loop.run_forever()
        kept.append(task)
        loop.close()
    else:
        anyio.run(function, backend=BACKEND)


if __name__ == "__main__":
    main()
