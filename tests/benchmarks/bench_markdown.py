"""CPU cost of rendering a streamed answer with its Markdown, without a kernel or page.

python tests/benchmarks/bench_markdown.py [KB ...]

An answer of the given sizes (10, 100 and 1000 KB) arrives in pieces of 50 characters, 100 per
second; the view is flushed 30 times per second. The figures are CPU seconds and bytes, without
waiting; no data is sent.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from claude_notebook.messages import AssistantMessage, ResultMessage, StreamEvent, TextBlock
from claude_notebook.render.output.page import turn_html
from claude_notebook.render.view.reducer import apply_message
from claude_notebook.render.view.turn_view import TurnView

CORPUS = Path(__file__).parents[1] / "render" / "corpus"
PIECE = 50
PIECES_PER_FLUSH = 100 / 30


def answer(size: int) -> str:
    """Return `size` characters of typical model Markdown."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(CORPUS.glob("*.md"))]
    whole = "\n\n".join(texts)
    # Each copy differs, because caches would make repeated code cheap.
    copies = (whole.replace(" = ", f"{n} = ") for n in range(size // len(whole) + 1))
    return "".join(copies)[:size]


def events(text: str) -> list[StreamEvent]:
    """Convert the answer to stream events."""
    start = {"type": "message_start", "message": {"id": "m", "model": "model", "usage": {}}}
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text"}}
    deltas = [
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": text[i : i + PIECE]},
        }
        for i in range(0, len(text), PIECE)
    ]
    return [StreamEvent(event=event) for event in (start, block, *deltas)]


def stream(text: str) -> dict[str, float]:
    """Stream the answer once; return CPU seconds and bytes of live and static rendering."""
    view = TurnView(1.0)
    messages = events(text)
    sent = flushes = 0
    longest = due = 0.0
    began = time.process_time()
    for number, message in enumerate(messages):
        apply_message(view, message, number * 10.0)
        if number >= due:
            due += PIECES_PER_FLUSH
            before = time.process_time()
            ops = view.flush()
            longest = max(longest, time.process_time() - before)
            sent += len(json.dumps(ops).encode())
            flushes += 1
    apply_message(view, AssistantMessage([TextBlock(text)], message_id="m"), 0)
    apply_message(view, ResultMessage(), 0)
    view.finish("done", 0)
    sent += len(json.dumps(view.flush()).encode())
    live = time.process_time() - began
    began = time.process_time()
    html = turn_html(view)
    return {
        "KB": len(text) / 1000,
        "live CPU s": live,
        "longest flush ms": longest * 1000,
        "sent MB": sent / 1e6,
        "static CPU s": time.process_time() - began,
        "static MB": len(html.encode()) / 1e6,
        "flushes": flushes,
    }


def main() -> None:
    """Print a line for each size."""
    sizes = [int(size) for size in sys.argv[1:]] or [10, 100, 1000]
    stream(answer(5000))  # warm-up: imports parsers and lexers
    for number, size in enumerate(sizes):
        row = stream(answer(size * 1000))
        if not number:
            print("".join(f"{name:>18}" for name in row))
        print("".join(f"{value:>18.3f}" for value in row.values()), flush=True)


if __name__ == "__main__":
    main()
