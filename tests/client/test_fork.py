"""Forks of a process with a conversation neither keep the CLI alive nor disturb it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import fake_cli
import psutil
import pytest
from processes import living_at, until

PROGRAM = Path(__file__).parent.parent / "support" / "forking.py"
BEFORE, AFTER = "You said: before", "You said: after"
REFUSED = ["refused", "refused", "not alive"]


@pytest.fixture
def forking(tmp_path):
    """Return a function that runs the forking program: `forking(part, way, backend)`."""
    setting = {"cli": fake_cli.install(tmp_path / "claude"), "home": str(tmp_path)}
    output = tmp_path / "output"

    def run(part: str, way: str, backend: str = "asyncio") -> tuple[int, list[str], str]:
        # A file, because surviving forks would keep a pipe open.
        with output.open("wb") as file, (tmp_path / "errors").open("wb") as errors:
            code = subprocess.run(
                [sys.executable, str(PROGRAM), part, way, backend],
                env={**os.environ, "FORKING": json.dumps(setting)},
                stdout=file,
                stderr=errors,
                check=False,
                timeout=60,
            ).returncode
        return code, output.read_text().splitlines(), (tmp_path / "errors").read_text()

    yield run
    for process in psutil.process_iter():
        try:
            if json.dumps(setting) == process.environ().get("FORKING"):
                process.kill()
        except psutil.Error:
            continue


@pytest.mark.parametrize(
    ("way", "backend"),
    [
        *(("os.fork", "asyncio"), ("os.fork", "trio"), ("daemon", "asyncio")),
        *(("fork in C", "asyncio"), ("fork in a thread", "asyncio"), ("pool", "asyncio")),
        *(("fork and exec", "asyncio"), ("fork before", "asyncio")),
        *((f"worker ({kind})", "asyncio") for kind in ("fork", "spawn", "forkserver")),
        ("inherited descriptors", "asyncio"),
    ],
)
def test_killed_parent_ends_the_cli_while_forks_live(way, backend, forking, tmp_path):
    code, _, errors = forking("killed", way, backend)

    assert code == -signal.SIGKILL, errors
    assert until(lambda: not living_at(str(tmp_path)), 15)


@pytest.mark.parametrize(
    ("way", "backend", "printed"),
    [
        ("sys.exit", "asyncio", None),
        ("sys.exit", "trio", None),
        ("os._exit", "trio", ["fork: 0"]),
        ("exit functions", "asyncio", ["fork: 0"]),
        ("exit functions", "trio", ["fork: 0"]),
        ("inherited client", "asyncio", [*REFUSED, "fork: 0"]),
        ("new query", "asyncio", ["You said: in fork", "fork: 0"]),
        ("new query", "trio", ["You said: in fork", "fork: 0"]),
        ("new connection", "asyncio", ["You said: in fork", "fork: 0"]),
        ("background loop", "asyncio", ["background", "fork: 0"]),
        ("new query, locked", "asyncio", ["You said: in fork", "fork: 0"]),
        ("background loop, locked", "asyncio", ["background", "fork: 0"]),
        ("executor", "asyncio", ["[1, 2]"]),
    ],
)
def test_fork_does_not_disturb_the_next_turn(way, backend, printed, forking, tmp_path):
    code, lines, errors = forking("turns", way, backend)

    assert (lines[:1], lines[-1:], code) == ([BEFORE], [AFTER], 0), errors
    assert printed is None or lines[1:-1] == printed, errors
    assert until(lambda: not living_at(str(tmp_path)))


def test_fork_does_not_disturb_the_background_loop(forking):
    code, lines, errors = forking("background", "sys.exit")

    assert (lines, code) == ([BEFORE, "fork: 0", AFTER], 0), errors
