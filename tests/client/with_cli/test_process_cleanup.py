"""Process cleanup and failed starts with the real CLI."""

import os
import signal
from pathlib import Path

import anyio
import psutil
import pytest
from processes import living_at, until
from turns import texts, turn

from claude_notebook import AssistantMessage, ClaudeSDKClient, query
from claude_notebook.errors import CLINotUsableError, ProcessError
from claude_notebook.testing import Step, Use, script

pytestmark = pytest.mark.anyio
ASYNCIO = pytest.mark.parametrize("anyio_backend", ["asyncio"])
SLEEP = Use("Bash", {"command": "touch begun; sleep 61"})


def on_both_loops(first: object, *others: object) -> list:
    """Return (case, anyio_backend) pairs: the first case on both event loops, the others on one."""
    return [(first, "asyncio"), (first, "trio"), *((other, "asyncio") for other in others)]


# --- cleanup --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("way", "anyio_backend"), on_both_loops("break", "raise", "cancel", "aclose")
)
async def test_query_left_while_a_tool_runs_leaves_no_process(
    way, real_options, project, no_process_left
):
    allowed = real_options(allowed_tools=["Bash"])
    home = allowed.env["HOME"]

    async def leave() -> None:
        async for message in query(prompt=script(SLEEP, "never said"), options=allowed):
            if isinstance(message, AssistantMessage):
                await anyio.to_thread.run_sync(until, lambda: "sleep" in living_at(home))
                if way == "raise":
                    raise KeyError
                if way == "break":
                    break
                await anyio.sleep_forever() if way == "cancel" else None

    if way == "raise":
        with pytest.raises(KeyError):
            await leave()
    elif way == "cancel":
        async with anyio.create_task_group() as group:
            group.start_soon(leave)
            await anyio.to_thread.run_sync(until, (project / "begun").exists)
            group.cancel_scope.cancel()
    elif way == "break":
        await leave()
    else:
        stream = query(prompt=script(SLEEP, "never said"), options=allowed)
        await anext(stream)
        await anyio.to_thread.run_sync(until, (project / "begun").exists)
        await stream.aclose()
        assert living_at(home) == []

    assert await no_process_left()


@pytest.mark.parametrize(
    ("ms", "anyio_backend"), on_both_loops(400, 0, 5, 30, 100, 200, 300, 500, 700)
)
async def test_query_cancelled_at_any_point_leaves_no_process(ms, real_options, claude_env):
    prompt = script(Use("Bash", {"command": "true; sleep 62"}), "never said")
    with anyio.move_on_after(ms / 1000):
        async for _ in query(prompt=prompt, options=real_options(allowed_tools=["Bash"])):
            pass

    assert living_at(claude_env["HOME"]) == []


async def test_killed_cli_raises_and_leaves_no_process(real_options, project, no_process_left):
    allowed = real_options(allowed_tools=["Bash"])
    async with ClaudeSDKClient(allowed) as client:
        await client.query(script(SLEEP, "never said"))
        await anyio.to_thread.run_sync(until, (project / "begun").exists)
        os.kill(client.pid, signal.SIGKILL)

        with pytest.raises(ProcessError, match="killed") as caught:
            [m async for m in client.receive_response()]

        assert caught.value.exit_code == -9
        assert client.alive is False
        with pytest.raises(ProcessError):
            await client.query("still there?")
        assert await no_process_left()

        await client.connect()
        assert texts(await turn(client, "and now?")) == ["You said: and now?"]


@ASYNCIO
async def test_disconnect_during_heavy_streaming_leaves_no_process(real_options, no_process_left):
    partial = real_options(include_partial_messages=True)
    client = ClaudeSDKClient(partial)
    await client.connect()
    await client.query(script(Step("x" * 5_000, chunk=1)))
    await anext(client.receive_messages())

    await client.disconnect()

    assert living_at(partial.env["HOME"]) == []


@ASYNCIO
async def test_many_queries_leave_no_open_handles(real_options, no_process_left):
    async def once() -> None:
        async for _ in query(prompt="hello", options=real_options()):
            break
        assert await no_process_left()
        await anyio.sleep(0.1)

    me = psutil.Process()
    await once()
    before = me.num_fds()
    for _ in range(2):
        await once()

    assert me.num_fds() <= before


# --- failed starts --------------------------------------------------------------------------------


def wrapper(folder: Path, text: str) -> str:
    path = folder / "claude-wrapper"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@ASYNCIO
async def test_outdated_cli_raises_an_error_with_its_version(real_options, tmp_path):
    old = wrapper(tmp_path, '[ "$1" = --version ] && echo 1.0.88; echo unknown option >&2; exit 1')

    message = r"version 1\.0\.88, but version 2\.1\.0 or later.*Update"
    with pytest.raises(CLINotUsableError, match=message):
        await anext(query(prompt="hello", options=real_options(cli_path=old)))


@ASYNCIO
async def test_unreadable_version_is_not_an_error(real_options, claude_cli, tmp_path):
    odd = wrapper(tmp_path, f'[ "$1" = --version ] && exit 3; exec "{claude_cli}" "$@"')
    broken = wrapper(tmp_path, '[ "$1" = --version ] && exit 3; echo cannot start >&2; exit 9')
    with pytest.raises(ProcessError, match="cannot start") as caught:
        await anext(query(prompt="hello", options=real_options(cli_path=broken)))
    assert (caught.value.exit_code, caught.value.stderr) == (9, "cannot start\n")

    odd = wrapper(tmp_path, f'[ "$1" = --version ] && exit 3; exec "{claude_cli}" "$@"')
    messages = [m async for m in query(prompt="hello", options=real_options(cli_path=odd))]
    assert texts(messages) == ["You said: hello"]


@ASYNCIO
@pytest.mark.skipif(os.getuid() != 0, reason="only root is refused")
async def test_failed_start_reports_the_stderr_of_the_cli(real_options):
    bypass = real_options(permission_mode="bypassPermissions")
    lines = []
    bypass.stderr = lines.append

    with pytest.raises(ProcessError, match="root") as caught:
        await anext(query(prompt="hello", options=bypass))

    assert caught.value.exit_code == 1
    assert "root" in "".join(lines)
