"""Scripts that start an event loop inside one: where that works, and what is said elsewhere."""

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from kernel import kernel

from claude_notebook.notebook.nested_loops import why_not

SCRIPT = """\
import anyio
from claude_notebook import AssistantMessage, query

async def main():
    async for message in query(prompt="What is 2 + 2?"):
        if isinstance(message, AssistantMessage):
            print(message.content[0].text)

anyio.run(main)
"""
SAID = "You said: What is 2 + 2?"
ALLOW = "from claude_notebook import allow_nested_loops; allow_nested_loops()"


@pytest.mark.parametrize(
    ("kernel_version", "platform", "word"),
    [
        (None, "linux", None),
        ((6, 29, 5), "linux", None),
        ((7, 0, 1), "win32", None),
        ((7, 1, 0), "linux", "ipykernel 7.1.0"),
        ((8, 0, 0), "darwin", "ipykernel 8.0.0"),
        ((), "linux", "not known"),
        (None, "emscripten", "browser"),
    ],
)
def test_where_it_is_safe(kernel_version, platform, word):
    reason = why_not(kernel_version, platform)
    assert reason is None if word is None else word in reason


# --- a kernel -------------------------------------------------------------------------------------


@pytest.mark.kernel
def test_the_installed_kernel(notebook_env, tmp_path):
    """It is of a version that loses messages: nothing is patched, and the advice works."""
    (tmp_path / "script.py").write_text(SCRIPT)
    installed = tuple(map(int, version("ipykernel").split(".")[:3]))
    assert why_not(installed, sys.platform) is not None, "older than the project asks for"

    with kernel(notebook_env, tmp_path) as opened:
        refused = opened.run(ALLOW)
        assert refused.error == "ClaudeSDKError"
        assert "messages that arrive meanwhile get lost" in refused.evalue
        assert "Write `await main()`" in refused.evalue
        assert "Already running asyncio" in opened.run(SCRIPT).evalue
        assert opened.run("await main()").stdout.strip() == SAID
        assert opened.run("asyncio = __import__('asyncio'); asyncio._nest_patched").error


# --- a terminal -----------------------------------------------------------------------------------


class Terminal:
    """IPython behind a pseudo-terminal."""

    def __init__(self, env: dict[str, str], cwd: Path) -> None:
        pexpect = pytest.importorskip("pexpect", reason="no pseudo-terminals here")
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "IPython", "--simple-prompt", "--no-banner", "--colors=nocolor"],
            env={**env, "IPYTHONDIR": str(cwd / "ipython")},
            cwd=str(cwd),
            encoding="utf-8",
            timeout=60,
            dimensions=(40, 200),
        )
        self.child.expect(r"In \[\d+\]: ")

    def run(self, line: str) -> str:
        """What a line prints."""
        self.child.sendline(line)
        self.child.expect(r"In \[\d+\]: ")
        return self.child.before.partition("\n")[2].replace("\r", "").strip()


@pytest.fixture
def terminal(notebook_env, tmp_path) -> Iterator[Terminal]:
    (tmp_path / "script.py").write_text(SCRIPT)
    opened = Terminal(notebook_env, tmp_path)
    yield opened
    opened.child.close(force=True)


def test_a_terminal(terminal):
    """A cell that awaits nothing needs no help there; one that does both does."""
    assert terminal.run("%run script.py") == SAID
    mixed = "await main(); anyio.run(main)"
    assert "Already running asyncio" in terminal.run(mixed)

    assert terminal.run(ALLOW) == ""
    assert terminal.run(ALLOW) == ""
    assert terminal.run(mixed) == f"{SAID}\n{SAID}"
    assert terminal.run("anyio.run(main); await main(); anyio.run(main)").count(SAID) == 3
    assert terminal.run("%run script.py") == SAID
    assert terminal.run("import trio; anyio.run(trio.sleep, 0, backend='trio')") == ""


# --- without IPython ------------------------------------------------------------------------------

INSIDE = """
import asyncio, contextlib
import anyio
from claude_notebook import allow_nested_loops

async def outer():
    allow_nested_loops()
    exec(open("script.py").read(), {})
    print(anyio.run(give, 1), asyncio.run(give(2)))
    with contextlib.suppress(RuntimeError):
        anyio.run(give, 3, backend="trio")
    try:
        anyio.run(fail)
    except KeyError as error:
        print(repr(error))
    await group()
    anyio.run(group)

async def group():
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(anyio.sleep_forever)
        print(await anyio.to_thread.run_sync(lambda: "thread"))
        tasks.cancel_scope.cancel()

async def give(value):
    await anyio.sleep(0.01)
    return value

async def fail():
    raise KeyError("inside")

anyio.run(outer)
"""


def _python(code: str, env: dict[str, str], cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", code],
        env=env,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_a_loop_inside_a_loop(notebook_env, tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)

    said = _python(INSIDE, notebook_env, tmp_path)

    assert said.splitlines() == [SAID, "1 2", "KeyError('inside')", "thread", "thread"]


WITHOUT = """
import sys
sys.modules.update(nest_asyncio=None, nest_asyncio2=None)  # as if they were not installed
from claude_notebook import ClaudeSDKError, allow_nested_loops
try:
    allow_nested_loops()
except ClaudeSDKError as error:
    print(error)
"""

STRANGE = """
import asyncio
from claude_notebook import ClaudeSDKError, allow_nested_loops

class Loop(asyncio.AbstractEventLoop):
    "Neither Python's nor one that can be patched, as uvloop's."

asyncio.get_event_loop_policy().set_event_loop(loop := asyncio.new_event_loop())
loop.close()
asyncio.get_event_loop_policy()._local._loop = Loop()
try:
    allow_nested_loops()
except ClaudeSDKError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("code", "told"),
    [(WITHOUT, r"pip install 'claude-notebook\[nest\]'"), (STRANGE, "Can't patch loop of type")],
    ids=["no package", "a strange loop"],
)
def test_what_keeps_it_from_working(code, told, notebook_env, tmp_path):
    said = _python(code, notebook_env, tmp_path)

    assert re.search(told, said)
    assert "Write `await main()`" in said
