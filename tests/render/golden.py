"""Golden files: the rendering of every recorded conversation in five forms.

python tests/render/golden.py            list changed files
python tests/render/golden.py --write    accept the current rendering; review the diff in git

The forms are plain text, Markdown, a terminal of 100 columns, the saved HTML, and the panels of a
page that followed the conversation. Times come from the recording. Colors of code are left out
because they depend on the highlighter.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from following import Follower
from gallery import gallery
from rich.console import Console
from traces import FOLDER as CASSETTES, NAMES as RECORDED

from claude_notebook.messages import Message
from claude_notebook.protocol.codec.lines import decode_message
from claude_notebook.recording.transports import Cassette
from claude_notebook.render.output.page import turn_html
from claude_notebook.render.output.terminal import turn_renderable
from claude_notebook.render.output.text import turn_markdown, turn_text
from claude_notebook.render.view.reducer import apply_message
from claude_notebook.render.view.turn_view import TurnView

FOLDER = Path(__file__).parent / "golden"
NAMES = (*RECORDED, "gallery")
START_MS = 1_000_000.0

_SPAN = re.compile(r"</?span[^>]*>")


def timed(name: str) -> Iterator[tuple[float, Message]]:
    """Iterate over messages, each with its arrival time in milliseconds."""
    if name == "gallery":
        yield from ((100.0 * number, message) for number, message in enumerate(gallery()))
        return
    for record in Cassette(CASSETTES / f"{name}.jsonl").records():
        if record.source == "cli" and b'"control_' not in record.line[:60]:
            yield record.ms, decode_message(record.line)


def played(name: str) -> tuple[TurnView, Follower]:
    """Return the view of a conversation, and a page that followed it message by message."""
    view, page, now = TurnView(START_MS), Follower(), START_MS
    for at, message in timed(name):
        now = START_MS + at
        apply_message(view, message, now)
        page.follow(view.flush())
    view.finish("done", now)
    page.follow(view.flush())
    return view, page


def _terminal(view: TurnView) -> str:
    console = Console(file=io.StringIO(), width=100, color_system=None, _environ={})
    console.print(turn_renderable(view))
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def _lines(html: str) -> str:
    """Put each HTML element on a line, for readable diffs."""
    return _SPAN.sub("", html).replace("><", ">\n<")


def _panels(page: Follower) -> str:
    outputs = [*page.seen(), page.footer]
    message = ({key: value for key, value in item.items() if value} for item in outputs)
    return "\n".join(_SPAN.sub("", json.dumps(item, ensure_ascii=False)) for item in message)


def golden(name: str) -> str:
    """Return all forms of a conversation in the format of its file."""
    view, page = played(name)
    forms: dict[str, Callable[[], str]] = {
        "text": lambda: turn_text(view),
        "markdown": lambda: turn_markdown(view),
        "terminal": lambda: _terminal(view),
        "html": lambda: _lines(turn_html(view)),
        "page": lambda: _panels(page),
    }
    return "".join(f"====== {form} ======\n{make()}\n" for form, make in forms.items())


def path_of(name: str) -> Path:
    """Return the golden file of a conversation."""
    return FOLDER / f"{name}.txt"


def main() -> None:
    """Compare or write the golden files."""
    parser = argparse.ArgumentParser(description="How recorded conversations look.")
    parser.add_argument("--write", action="store_true", help="keep the present look")
    wanted = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    changed = []
    for name in NAMES:
        path, now = path_of(name), golden(name)
        if not path.exists() or path.read_text(encoding="utf-8") != now:
            changed.append(name)
            if wanted.write:
                path.write_text(now, encoding="utf-8", newline="\n")
    if wanted.write:
        for path in {*FOLDER.glob("*.txt")} - {path_of(name) for name in NAMES}:
            path.unlink()
    sys.stdout.write(f"{len(changed)} of {len(NAMES)} changed {' '.join(changed)}\n")
    sys.exit(bool(changed) and not wanted.write)


if __name__ == "__main__":
    main()
