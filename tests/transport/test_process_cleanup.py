"""Nothing is left when handles run out, when this process ends, however it ends, or forks."""

import os
import subprocess
import sys

import pytest
from processes import HIDES, lives, marked, until

SLEEPS = "import time\ntime.sleep(60)"
WITH_CHILD = (
    "import subprocess, sys\n"
    "child = subprocess.Popen(['sleep', '60'], start_new_session=True)\n"
    "print(child.pid, flush=True)\n"
)
LEAVES_AT_TERM = (
    "import signal, sys, time\n"
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))\n"
    "print('ready', flush=True)\n"
) + SLEEPS

# --- when handles run out -------------------------------------------------------------------------

FEW_HANDLES = """
import os, resource, sys, anyio
sys.path.insert(0, sys.argv[2])
import psutil
from processes import left_of
from claude_notebook.errors import CLINotUsableError
from claude_notebook.transport import ProcessTransport

async def main():
    me = psutil.Process()
    warm = ProcessTransport(["/bin/cat"])
    await warm.open()
    await warm.aclose()
    held, transports, results = [], [], []
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    while True:
        try:
            held.append(os.open("/dev/null", os.O_RDONLY))
        except OSError:
            break
    for free in range(20):
        transport = ProcessTransport(["/bin/cat"])
        transports.append(transport)
        try:
            await transport.open()
            results.append("started")
        except CLINotUsableError as error:
            results.append("refused" if "too many files" in str(error) else str(error))
        await transport.aclose(grace=1)
        os.close(held.pop())
    for fd in held:
        os.close(fd)
    print(results[0], results[-1], len(set(results)))
    print(sum(len(left_of(transport)) for transport in transports))
    print([child.name() for child in me.children(recursive=True) if child.status() != "zombie"])

anyio.run(main, backend=sys.argv[1])
"""


def test_when_file_handles_run_out(anyio_backend):
    support = os.path.join(os.path.dirname(os.path.dirname(__file__)), "support")
    done = subprocess.run(
        [sys.executable, "-c", FEW_HANDLES, anyio_backend, support],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.stdout.splitlines() == ["refused started 2", "0", "[]"], done.stderr


# --- when this process ends -----------------------------------------------------------------------

PARENT = """
import os, signal, sys, anyio
from claude_notebook.transport import ProcessTransport

async def main():
    transport = ProcessTransport([sys.executable, "-I", "-S", "-c", sys.argv[2]])
    await transport.open()
    while not (await transport.receive()).endswith(b"\\n"):
        pass
    print(transport._child.mark, flush=True)
    {end}

anyio.run(main, backend=sys.argv[1])
"""
ENDS = {
    "returns": "",
    "raises": "raise RuntimeError('expected')",
    "exits": "sys.exit(0)",
    "aborts": "os.abort()",
    "is killed": "os.kill(os.getpid(), 9)",
    "hangs up": "os.kill(os.getpid(), signal.SIGHUP)",
}


LIVES = [(end, WITH_CHILD + SLEEPS, "asyncio") for end in ENDS]
LIVES += [("returns", LEAVES_AT_TERM, "trio"), ("raises", WITH_CHILD + SLEEPS, "trio")]
LIVES += [("is killed", LEAVES_AT_TERM, "trio")]


@pytest.mark.parametrize(("end", "code", "backend"), LIVES)
def test_reaper_ends_all_processes_at_exit(end, code, backend):
    done = subprocess.run(
        [sys.executable, "-c", PARENT.format(end=ENDS[end]), backend, code],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    (mark,) = done.stdout.split()

    assert until(lambda: not marked(mark)), done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="it hides a process as Linux can")
@pytest.mark.parametrize("end", ["returns", "is killed"])
def test_reaper_ends_hidden_processes_at_exit(end, tmp_path):
    note = tmp_path / "hidden"
    code = f"{HIDES}\nopen({str(note)!r}, 'w').write(str(hidden))\nprint(flush=True)\n{SLEEPS}"
    code = code.replace("print(hidden, flush=True)", "")
    subprocess.run(
        [sys.executable, "-c", PARENT.format(end=ENDS[end]), "asyncio", code],
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert until(lambda: not lives(int(note.read_text())))


def test_reaper_ends_unresponsive_cli_at_exit():
    code = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + WITH_CHILD + SLEEPS
    done = subprocess.run(
        [sys.executable, "-c", PARENT.format(end=ENDS["is killed"]), "asyncio", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    (mark,) = done.stdout.split()

    assert until(lambda: not marked(mark))


FORK = """
import os, sys, anyio
from claude_notebook.transport import ProcessTransport, reaper

async def main():
    transport = ProcessTransport(["/bin/cat"])
    await transport.open()
    pid = os.fork()
    if pid == 0:
        transport.kill()
        reaper.running.end_all()
        os._exit(0)
    os.waitpid(pid, 0)
    await transport.send(b"still here")
    print(await transport.receive(), transport.exit_code)
    await transport.aclose()

anyio.run(main)
"""


def test_fork_does_not_end_parents_processes():
    done = subprocess.run(
        [sys.executable, "-c", FORK], capture_output=True, text=True, check=False, timeout=60
    )

    assert "b'still here' None" in done.stdout, done.stderr
