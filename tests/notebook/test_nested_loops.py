"""Nested event loops in kernels, terminals, and scripts."""

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from kernel import kernel

from claude_notebook.notebook.nested_loops import unsafe_reason

SCRIPT = """\
import anyio
from claude_notebook import AssistantMessage, query

async def main():
    async for message in query(prompt="Add 2 and 2."):
        if isinstance(message, AssistantMessage):
            print(message.content[0].text)

anyio.run(main)
"""
ANSWER = "You said: Add 2 and 2."
ALLOW = "from claude_notebook import allow_nested_loops; allow_nested_loops()"


@pytest.mark.parametrize(
    ("kernel_version", "platform", "word"),
    [
        (None, "linux", None),
        ((6, 29, 5), "linux", None),
        ((7, 0, 1), "win32", None),
        ((7, 1, 0), "linux", "ipykernel 7.1.0"),
        ((8, 0, 0), "darwin", "ipykernel 8.0.0"),
        ((), "linux", "unknown"),
        (None, "emscripten", "browser"),
    ],
)
def test_unsafe_reason_names_kernel_or_platform(kernel_version, platform, word):
    reason = unsafe_reason(kernel_version, platform)
    assert reason is None if word is None else word in reason


# --- a kernel -------------------------------------------------------------------------------------


@pytest.mark.kernel
def test_allow_nested_loops_refuses_in_installed_kernel(notebook_env, tmp_path):
    """The installed kernel loses messages: nothing is patched, and the advice works."""
    (tmp_path / "script.py").write_text(SCRIPT)
    installed = tuple(map(int, version("ipykernel").split(".")[:3]))
    assert unsafe_reason(installed, sys.platform) is not None, "older than the project requires"

    with kernel(notebook_env, tmp_path) as opened:
        refused = opened.run(ALLOW)
        assert refused.error == "ClaudeSDKError"
        assert "they lose messages" in refused.evalue
        assert "with `await main()`" in refused.evalue
        assert "Already running asyncio" in opened.run(SCRIPT).evalue
        assert opened.run("await main()").stdout.strip() == ANSWER
        assert opened.run("asyncio = __import__('asyncio'); asyncio._nest_patched").error


# --- a terminal -----------------------------------------------------------------------------------


class SimpleTerminal:
    """IPython in a pseudo-terminal, with a simple prompt."""

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
        """Run a line, and return its output."""
        self.child.sendline(line)
        self.child.expect(r"In \[\d+\]: ")
        return self.child.before.partition("\n")[2].replace("\r", "").strip()


@pytest.fixture
def terminal(notebook_env, tmp_path) -> Iterator[SimpleTerminal]:
    (tmp_path / "script.py").write_text(SCRIPT)
    opened = SimpleTerminal(notebook_env, tmp_path)
    yield opened
    opened.child.close(force=True)


def test_allow_nested_loops_works_in_terminal(terminal):
    """Only a cell that also awaits something needs `allow_nested_loops()`."""
    assert terminal.run("%run script.py") == ANSWER
    mixed = "await main(); anyio.run(main)"
    assert "Already running asyncio" in terminal.run(mixed)

    assert terminal.run(ALLOW) == ""
    assert terminal.run(ALLOW) == ""
    assert terminal.run(mixed) == f"{ANSWER}\n{ANSWER}"
    assert terminal.run("anyio.run(main); await main(); anyio.run(main)").count(ANSWER) == 3
    assert terminal.run("%run script.py") == ANSWER
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


def test_nested_anyio_run_returns_results_and_errors(notebook_env, tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)

    output = _python(INSIDE, notebook_env, tmp_path)

    assert output.splitlines() == [ANSWER, "1 2", "KeyError('inside')", "thread", "thread"]


WITHOUT = """
import sys
sys.modules.update(nest_asyncio=None, nest_asyncio2=None)  # hides installed packages
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
    ("code", "message"),
    [(WITHOUT, r"pip install 'claude-notebook\[nest\]'"), (STRANGE, "Can't patch loop of type")],
    ids=["no package", "a foreign loop"],
)
def test_allow_nested_loops_explains_missing_package_and_foreign_loop(
    code, message, notebook_env, tmp_path
):
    output = _python(code, notebook_env, tmp_path)

    assert re.search(message, output)
    assert "with `await main()`" in output
