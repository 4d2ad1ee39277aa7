"""Time from the click on "Allow once" to the start of the tool, in a real browser.

    python tests/benchmarks/bench_click.py [rounds]

The tool is a command that records its start time. In between are the page, the server's WebSocket,
the kernel, the CLI, and the start of a shell. Prints each time and the median in milliseconds.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from jupyter import Notebook, browser, jupyter, write_notebook
from playwright.sync_api import expect

from claude_notebook.cli.discovery import find_cli
from claude_notebook.testing import ScriptedAPI, Use, clean_environment, script

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
CLICK = "button => { button.click(); return Date.now(); }"


def click_to_start(opened: Notebook, cell: int, mark: Path) -> float:
    """Run one round and return its milliseconds."""
    opened.run(cell, wait=False)
    button = opened.output(cell).get_by_role("button", name="Allow once")
    expect(button).to_be_enabled(timeout=60_000)
    clicked = button.evaluate(CLICK)
    opened.wait_until_done(cell)
    while not mark.exists():
        time.sleep(0.01)
    return int(mark.read_text()) / 1e6 - clicked


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "work").mkdir()
        marks = [folder / "work" / f"mark-{number}" for number in range(rounds + 1)]
        uses = [Use("Bash", {"command": f"date +%s%N > {mark}"}) for mark in marks]
        cells = [f"%%claude\n{script(use, 'Done.')}" for use in uses]
        write_notebook(folder / "work" / "a.ipynb", ["%load_ext claude_notebook", *cells])
        api = stack.enter_context(ScriptedAPI())
        env = clean_environment(api.url, folder / "home")
        env |= {"CLAUDE_CLI_PATH": find_cli().path, "PATH": os.environ["PATH"]}
        address = stack.enter_context(jupyter(folder / "work", env))
        chrome = stack.enter_context(browser(CHROMIUM))
        opened = Notebook(chrome.new_page(), address, "a.ipynb")
        opened.run(0)
        # The first round includes one-time startup work.
        _, *times = [click_to_start(opened, n + 1, mark) for n, mark in enumerate(marks)]
    print("ms:", " ".join(f"{ms:.0f}" for ms in sorted(times)))
    print(f"median of {rounds}: {statistics.median(times):.0f} ms")


if __name__ == "__main__":
    main()
