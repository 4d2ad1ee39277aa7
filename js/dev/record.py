"""Write a turn in the format of the dev page.

    python js/dev/record.py CASSETTE > js/dev/build/turn.json

A cassette is a recorded conversation (`tests/cassettes/*.jsonl`). A Python file must define
`gallery()`, whose messages are played at intervals of 300 ms.
"""

from __future__ import annotations

import json
import runpy
import sys
from collections.abc import Iterator

from claude_notebook.messages import Message
from claude_notebook.protocol.codec.lines import decode_message
from claude_notebook.render.view.reducer import apply_message
from claude_notebook.render.view.turn_view import TurnView

STARTED_MS = 1_700_000_000_000


def timed(path: str) -> Iterator[tuple[float, Message]]:
    """Iterate over messages, each with its time in milliseconds."""
    if path.endswith(".py"):
        for number, message in enumerate(runpy.run_path(path)["gallery"]()):
            yield 300.0 * number, message
        return
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if record.get("from") == "cli" and "json" in record:
                yield record["ms"], decode_message(json.dumps(record["json"]).encode())


def main(path: str) -> None:
    """Print the steps as `[ms, ops]`."""
    view = TurnView(STARTED_MS, can_stop=True)
    steps = [(0.0, view.flush())]
    ms = 0.0
    for ms, message in timed(path):
        apply_message(view, message, STARTED_MS + ms)
        steps.append((ms, view.flush()))
    view.finish("done", STARTED_MS + ms)
    steps.append((ms, view.flush()))
    json.dump([step for step in steps if step[1]], sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
