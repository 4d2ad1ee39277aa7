"""Conversations interrupted at random points, in several ways, leave no process."""

import itertools
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import fake_cli
import psutil
import pytest
from processes import living_at, until

from claude_notebook.testing import Use, script

PROGRAM = Path(__file__).parent.parent / "support" / "interruption.py"
COMMON = [
    *("scope", "scopes", "scope_of_query", "no_time", "leave_open", "drop_the_query"),
    *("KeyboardInterrupt", "SystemExit", "os._exit", "SIGTERM", "SIGHUP", "SIGKILL"),
]
WAYS = {
    "trio": COMMON,
    "asyncio": [
        *("wait_for_disconnect", "wait_for_whole", "wait_for_query", "wait_for_exit"),
        *("cancel_twice", "cancel_all", "forget_the_close", "stop_the_loop"),
        *("fail_in_a_callback", *COMMON),
    ],
}


def guardians_of(pid: int) -> list[int]:
    """List the guardian processes that the process `pid` has started."""
    pids = []
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
        except psutil.Error:
            continue
        if str(pid) in words and any("guardian.py" in word for word in words):
            pids.append(process.pid)
    return pids


def processes_left_by(backend: str, way: str, moment: float, setting: dict) -> list:
    """Interrupt a conversation and return the surviving processes."""
    with subprocess.Popen(
        [sys.executable, str(PROGRAM), backend, way, str(moment)],
        env={**os.environ, "INTERRUPTION": json.dumps(setting)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as program:
        try:
            program.wait(60)
        finally:
            program.kill()
    home = setting["env"]["HOME"]
    until(lambda: not living_at(home) and not guardians_of(program.pid), 15)
    return [*living_at(home), *guardians_of(program.pid)]


def leaks(backend: str, points: int, seed: int, folder: Path) -> list:
    """Interrupt conversations with a resisting CLI and return the surviving processes."""
    chance, pids = random.Random(seed), []
    cli = fake_cli.install(folder / "claude")
    ways = WAYS[backend]
    for number, way in zip(range(points), itertools.cycle(ways), strict=False):
        home = folder / f"home-{number}"
        home.mkdir()
        moment, prompt = chance.uniform(0, 0.8), chance.choice(["holds_on", "stubborn"])
        env = {"HOME": str(home), "PATH": os.environ["PATH"]}
        setting = {"cli": cli, "env": env, "cwd": str(home), "prompt": prompt}
        left = processes_left_by(backend, way, moment, setting)
        pids += [(way, moment, prompt, left)] if left else []
    return pids


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_conversation_interrupted_at_some_points_leaves_no_process(backend, tmp_path):
    assert leaks(backend, len(WAYS[backend]), 11, tmp_path) == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_conversation_interrupted_at_200_points_leaves_no_process(backend, tmp_path):
    assert leaks(backend, 200, 12, tmp_path) == []


def real_setting(claude_cli: str, claude_env: dict, project: Path) -> dict:
    prompt = script(Use("Bash", {"command": "true; sleep 65"}), "never said")
    return {"cli": claude_cli, "env": claude_env, "cwd": str(project), "prompt": prompt}


@pytest.mark.parametrize(
    ("backend", "way", "moment"),
    [
        ("asyncio", "wait_for_disconnect", 0.3),
        ("asyncio", "wait_for_exit", 0.05),
        ("asyncio", "wait_for_query", 0.9),
        ("asyncio", "cancel_all", 1.0),
        ("trio", "scope", 0.9),
        ("trio", "SIGKILL", 1.0),
    ],
)
def test_real_cli_interrupted_at_some_points_leaves_no_process(
    backend, way, moment, claude_cli, claude_env, project, scripted_api
):
    setting = real_setting(claude_cli, claude_env, project)

    assert processes_left_by(backend, way, moment, setting) == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_real_cli_interrupted_at_many_points_leaves_no_process(
    backend, claude_cli, claude_env, project, scripted_api
):
    setting, chance = real_setting(claude_cli, claude_env, project), random.Random(13)
    ways = [*WAYS[backend]] * 2

    left = [processes_left_by(backend, way, chance.uniform(0, 2.5), setting) for way in ways]

    assert left == [[]] * len(ways)
