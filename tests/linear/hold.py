"""The longest time for which one step keeps all other threads from running.

python tests/linear/hold.py    prints it for long answers, long lines and long results
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parent)]

import json

from surfaces import tool_result
from texts import PROSE, long_words

from claude_notebook.protocol.codec.lines import decode
from claude_notebook.redact import redact
from claude_notebook.render.output.mime_bundle import bundle_of
from claude_notebook.render.view.reducer import apply_message
from claude_notebook.render.view.turn_view import TurnView
from claude_notebook.turns.output.op_stream import Packer

_PAUSE = 0.0005


class HoldWatch:
    """Measure from a separate thread how long it was blocked.

    Only CPU time of this process counts: what other processes take is no hold.
    """

    def __init__(self) -> None:
        self.longest = 0.0
        self._ended = threading.Event()
        self._began = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> HoldWatch:
        """Start to measure."""
        self._thread.start()
        self._began.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        self._began.set()
        wall, cpu = time.perf_counter(), time.process_time()
        while not self._ended.is_set():
            time.sleep(_PAUSE)
            now, used = time.perf_counter(), time.process_time()
            self.longest = max(self.longest, min(now - wall, used - cpu))
            wall, cpu = now, used


def whole_turn(text: str) -> object:
    """Take an answer all the way: decode, show live, pack, and save."""
    message = {"id": "m", "role": "assistant", "model": "x"}
    content = [{"type": "text", "text": text}]
    wire = {"type": "assistant", "message": {**message, "content": content}, "session_id": "s"}
    packer, view = Packer(), TurnView(1.0)
    apply_message(view, decode(json.dumps(wire).encode()), 1.0)
    packer.pack(view.flush())
    view.finish("done", 2.0)
    packer.pack(view.flush())
    packer.restart()
    packer.pack(view.snapshot())
    return bundle_of(view)


_LINE = '{"text": "a token of the word, 0123456789abcdef", "password": "x", "n": [1, 2, 3]}\n'

MEASURED = {
    "redaction of 5 MB": (redact, _LINE * (5_000_000 // len(_LINE))),
    "redaction of one line of 5 MB": (redact, long_words(5_000_000)),
    "answer of 10 MB in 700,000 lines": (whole_turn, "a short line.\n" * 700_000),
    "answer of 10 MB of Markdown": (whole_turn, PROSE * (10_000_000 // len(PROSE))),
    "answer of one line of 1 MB": (whole_turn, "some (words) here. " * 52_000),
    "result of one line of 1 MB": (tool_result, long_words(1_000_000)),
    "base64 result of 128 KB": (tool_result, long_words(128 * 1024)),
}


def longest_hold(name: str) -> float:
    """Return the longest hold in seconds for one of the measured texts."""
    read, text = MEASURED[name]
    with HoldWatch() as watch:
        read(text)
    return watch.longest


def hold_in_new_process(name: str) -> float:
    """Return the longest hold in seconds, measured in a process of its own."""
    command = [sys.executable, __file__, name]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(result.stdout.split()[0]) / 1000


def main() -> None:
    """Print the named holds, or all of them."""
    for name in sys.argv[1:] or MEASURED:
        began = time.process_time()
        hold = longest_hold(name)
        used = time.process_time() - began
        sys.stdout.write(f"{hold * 1000:6.0f} ms of {used:6.2f} s CPU  {name}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
