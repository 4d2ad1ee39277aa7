"""The reaper finds the processes of a CLI by their mark, and ends them."""

import os
import signal
import subprocess
import uuid

import psutil
import pytest
from processes import guardians_with, marked, python, until

from claude_notebook.transport import reaper
from claude_notebook.transport.guardian import is_alive

SLEEPS = python("import time; print(flush=True); time.sleep(60)")


@pytest.fixture
def child():
    """A process with a mark, in a session of its own."""
    mark = uuid.uuid4().hex
    with subprocess.Popen(
        SLEEPS, env={reaper.MARK: mark}, start_new_session=True, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        process.mark = mark
        yield process
        process.kill()


def guardian_of(child: subprocess.Popen) -> reaper.Guardian:
    guardian = reaper.Guardian(child.mark)
    guardian.watch(child.pid)
    return guardian


def test_kill_marked_ends_only_marked_processes(child):
    assert reaper.kill_marked(uuid.uuid4().hex) == []
    assert child.poll() is None

    assert reaper.kill_marked(child.mark) == [child.pid]
    assert child.wait(10) == -signal.SIGKILL
    assert reaper.kill_marked(child.mark) == []


def test_signal_group_signals_only_a_group(child):
    reaper.signal_group(child.pid, signal.SIGTERM)

    assert child.wait(10) == -signal.SIGTERM
    reaper.signal_group(child.pid, signal.SIGTERM)


def test_dismissed_guardian_does_nothing(child):
    guardian = guardian_of(child)
    assert until(lambda: guardians_with(child.mark))

    guardian.dismiss()
    guardian.dismiss()

    assert not guardians_with(child.mark)
    assert child.poll() is None


def test_guardian_ends_the_cli_when_its_parent_dies(child):
    guardian = guardian_of(child)
    guardian._process.stdin.close()

    assert child.wait(10) == -signal.SIGTERM
    guardian._process.wait(10)
    guardian.dismiss()


def test_dismissing_a_dead_guardian_is_silent(child):
    guardian = guardian_of(child)
    os.kill(guardian._process.pid, signal.SIGKILL)
    guardian._process.wait(10)

    guardian.dismiss()

    assert not guardians_with(child.mark)


def test_register_kills_remaining_processes(child):
    register = reaper._Register()
    register.add(child.mark, child.pid)
    register.add("x" * 32, child.pid)
    register.remove("x" * 32)
    register.remove("never there")

    register.end_all()

    assert child.wait(10) == -signal.SIGKILL
    register.end_all()


def test_register_is_empty_in_a_fork(child):
    register = reaper._Register()
    register.add(child.mark, child.pid)
    register._owner += 1  # as if this process were a fork of the one that registered it

    register.end_all()
    assert marked(child.mark) == [child.pid]
    register.add("y" * 32, child.pid)

    assert list(register._marks) == ["y" * 32]
    register.end_all()
    assert until(lambda: not marked(child.mark))


def test_ended_process_is_not_alive(child):
    process = psutil.Process(child.pid)
    assert is_alive(process)

    child.kill()
    assert until(lambda: not is_alive(process)), "a zombie does not live"
    child.wait(10)
    assert not is_alive(process)
