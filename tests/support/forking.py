"""A program that opens a conversation and forks, in one of many ways.

    FORKING='{"cli": ..., "home": ...}' python forking.py PART WAY BACKEND

`PART` is "killed": the parent is killed while its forks live. It is "turns": the parent asks
again when its fork has ended.
"""

from __future__ import annotations

import atexit
import ctypes
import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor

import anyio

from claude_notebook import (
    AssistantMessage,
    ClaudeCodeOptions,
    ClaudeSDKClient,
    TextBlock,
    query,
)
from claude_notebook.errors import CLIConnectionError
from claude_notebook.transport import reaper
from claude_notebook.turns.background_loop import background

GIVEN = json.loads(os.environ["FORKING"])
OPTIONS = ClaudeCodeOptions(cli_path=GIVEN["cli"], env={"HOME": GIVEN["home"]})
kept: list[object] = []


def idle() -> None:
    time.sleep(60)


async def turn(client: ClaudeSDKClient, prompt: str) -> str:
    await client.query(prompt)
    messages = [message async for message in client.receive_response()]
    return text_of(messages)


def text_of(messages: list) -> str:
    blocks = [b for m in messages if isinstance(m, AssistantMessage) for b in m.content]
    return "".join(block.text for block in blocks if isinstance(block, TextBlock))


# --- forks that live on --------------------------------------------------------------------------


def os_fork() -> None:
    if os.fork() == 0:
        idle()


def daemonize() -> None:
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        idle()


def fork_in_c() -> None:
    """Forks where no function of Python's runs, as an extension module may."""
    if ctypes.CDLL(None).fork() == 0:
        ctypes.CDLL(None).sleep(60)


def fork_in_thread() -> None:
    threading.Thread(target=os_fork).start()
    time.sleep(0.2)


def fork_and_exec() -> None:
    if os.fork() == 0:
        os.execvp("sleep", ["sleep", "60"])


def start_worker(method: str) -> None:
    multiprocessing.get_context(method).Process(target=idle, daemon=True).start()


LIVING = {
    "os.fork": os_fork,
    "daemon": daemonize,
    "fork in C": fork_in_c,
    "fork in a thread": fork_in_thread,
    "fork and exec": fork_and_exec,
    "worker (fork)": lambda: start_worker("fork"),
    "worker (spawn)": lambda: start_worker("spawn"),
    "worker (forkserver)": lambda: start_worker("forkserver"),
    "pool": lambda: kept.append(multiprocessing.get_context("fork").Pool(2)),
    "inherited descriptors": lambda: subprocess.Popen(["sleep", "60"], close_fds=False),
}


async def killed(way: str) -> None:
    if way == "fork before":
        os_fork()
    client = ClaudeSDKClient(OPTIONS)
    await client.connect()
    await turn(client, "stubborn")
    LIVING.get(way, lambda: None)()
    await anyio.sleep(0.3)
    os.kill(os.getpid(), 9)


# --- forks that end ------------------------------------------------------------------------------


def fork_that(function) -> None:
    """Run `function` in a fork, and wait for the fork's end."""
    pid = os.fork()
    if pid == 0:
        function()
        sys.stdout.flush()
        os._exit(0)
    print("fork:", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def run_exit_functions() -> None:
    atexit._run_exitfuncs()


def use_inherited() -> None:
    """Use the parent's client, in an event loop of the fork's own."""

    async def use() -> None:
        for attempt in (lambda: turn(kept[0], "x"), lambda: anext(kept[0].ask("x"))):
            try:
                await attempt()
            except CLIConnectionError as error:
                print("refused" if "forked" in str(error) else error)
        print("alive" if kept[0].alive else "not alive")
        await kept[0].disconnect()

    in_new_loop(use)


def in_new_loop(function) -> None:
    threads = [threading.Thread(target=anyio.run, args=(function,))]
    for thread in threads:
        thread.start()
        thread.join(30)


def ask_again() -> None:
    async def ask() -> None:
        print(text_of([message async for message in query(prompt="in fork", options=OPTIONS)]))

    in_new_loop(ask)


def reconnect() -> None:
    async def ask() -> None:
        await kept[0].connect()
        print(await turn(kept[0], "in fork"))
        await kept[0].disconnect()

    in_new_loop(ask)


def use_background() -> None:
    async def answer() -> str:
        return "background"

    print(background.submit(answer).result(10))


def while_locked(function):
    """A fork at a moment in which other threads hold our locks."""

    def fork() -> None:
        with reaper.running._lock, background._lock:
            fork_that(function)

    return fork


def executor() -> None:
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        print(sorted(pool.map(abs, [-1, -2])))


ENDING = {
    "sys.exit": lambda: fork_that(sys.exit),
    "os._exit": lambda: fork_that(lambda: None),
    "exit functions": lambda: fork_that(run_exit_functions),
    "inherited client": lambda: fork_that(use_inherited),
    "new query": lambda: fork_that(ask_again),
    "new connection": lambda: fork_that(reconnect),
    "background loop": lambda: fork_that(use_background),
    "new query, locked": while_locked(ask_again),
    "background loop, locked": while_locked(use_background),
    "executor": executor,
}


async def turns(way: str) -> None:
    client = ClaudeSDKClient(OPTIONS)
    kept.append(client)
    await client.connect()
    print(await turn(client, "before"), flush=True)
    ENDING[way]()
    with anyio.fail_after(20):
        print(await turn(client, "after"), flush=True)
        await client.disconnect()


def in_background() -> None:
    """The conversation runs in the notebook's loop, and the main thread forks."""
    client = ClaudeSDKClient(OPTIONS)
    background.submit(client.connect).result(20)
    print(background.submit(turn, client, "before").result(20), flush=True)
    fork_that(sys.exit)
    print(background.submit(turn, client, "after").result(20), flush=True)
    background.submit(client.disconnect).result(20)


if __name__ == "__main__":
    part, way, backend = sys.argv[1:]
    if part == "background":
        in_background()
    else:
        anyio.run({"killed": killed, "turns": turns}[part], way, backend=backend)
