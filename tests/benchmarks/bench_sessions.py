"""Time to list many conversations, and to read a long one.

python tests/benchmarks/bench_sessions.py [FILES] [KB]

Writes FILES transcripts (5000) of about KB kilobytes (200) to a temporary folder, lists them
several times, and prints the median. The files are in the system's cache by then.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from conversations import Conversation

from claude_notebook.sessions.transcripts import get_session_messages, list_sessions


def write(config: Path, files: int, kilobytes: int) -> None:
    """Write the transcripts, a third of them with a title."""
    talk = Conversation(config, "/project").say("What is this?")
    talk.line(type="attachment", uuid="a", rendered="x" * 9_000)
    while talk.path.stat().st_size < kilobytes * 1000:
        talk.say("And that? " * 10, "It is what it is. " * 200)
    body = talk.path.read_bytes()
    for number in range(files - 1):
        other = Conversation(config, "/project")
        other.raw(body.replace(talk.session_id.encode(), other.session_id.encode()))
        if number % 3 == 0:
            other.line(type="custom-title", customTitle=f"number {number}")


def median(what: Callable[[], object], times: int = 7) -> dict[str, int]:
    """Return the median wall-clock and CPU milliseconds of a call."""
    wall, cpu = [], []
    for _ in range(times):
        began, used = time.perf_counter(), time.process_time()
        what()
        wall.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - used) * 1000)
    return {"ms": round(statistics.median(wall)), "cpu_ms": round(statistics.median(cpu))}


def main(files: int = 5000, kilobytes: int = 200) -> None:
    """Write, list and read transcripts, and print a line of JSON."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder)
        write(config, files, kilobytes)
        long = Conversation(config, "/long")
        for _ in range(20_000):
            long.say("And that? " * 10, "It is what it is. " * 200)
        last = {"limit": 50, "offset": 39_950}
        figures = {
            "files": files,
            "kilobytes_each": kilobytes,
            "list_all": median(lambda: list_sessions("/project", config_dir=config)),
            "list_50": median(lambda: list_sessions("/project", 50, config_dir=config)),
            "long_transcript_mb": round(long.path.stat().st_size / 1e6),
            "read_all": median(lambda: long.texts(), 3),
            "read_last_50": median(
                lambda: get_session_messages(long.session_id, config_dir=config, **last), 3
            ),
        }
        print(json.dumps(figures))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
