"""Time to the first words of an answer, in the cell and in Python.

    python tests/benchmarks/bench_first_delta.py [--repeat 10] [--no-browser]

The real CLI runs against a scripted API that answers at once. Each row has two medians in
milliseconds: from pressing Enter (or the call), and from the first byte of the API's answer.
"kernel" is the time until the page's message arrives at a client of the kernel. "screen" is the
time until the text is in the page's document, in Chromium with JupyterLab. The row of the official
SDK requires its package.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

from jupyter import Notebook, browser, jupyter, write_notebook
from kernel import Kernel, kernel

from claude_notebook.cli.discovery import find_cli
from claude_notebook.testing import ScriptedAPI, clean_environment

WARM_SECONDS = 2.0
LOAD = "%load_ext claude_notebook"

# Records the time at which a text first appears in the page.
WATCH = """() => {
    window.seen = {};
    new MutationObserver(() => {
        const now = Date.now();
        for (const [mark] of document.body.innerText.matchAll(/You said: mark[0-9]+/g))
            window.seen[mark] ??= now;
    }).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


@dataclass
class Row:
    """Samples of one row, in seconds."""

    name: str
    from_enter: list[float] = field(default_factory=list)
    from_byte: list[float] = field(default_factory=list)

    def add(self, enter: float, byte: float, seen: float) -> None:
        self.from_enter.append(seen - enter)
        self.from_byte.append(seen - byte)

    def __str__(self) -> str:
        def summary(samples: list[float]) -> str:
            ms = sorted(sample * 1000 for sample in samples)
            return f"{statistics.median(ms):7.0f} ({ms[0]:.0f}-{ms[-1]:.0f})"

        return f"{self.name:<44}{summary(self.from_enter):>18}{summary(self.from_byte):>18}"


class FirstDeltaBench:
    """Measures all rows against one scripted API."""

    def __init__(self, api: ScriptedAPI, folder: Path, repeat: int) -> None:
        self.api = api
        self.folder = folder
        self.repeat = repeat
        self.number = 0

    def home(self) -> Path:
        self.number += 1
        home = self.folder / f"home{self.number}"
        (home / "work").mkdir(parents=True)
        return home

    def env(self, home: Path) -> dict[str, str]:
        return {
            **clean_environment(self.api.url, home),
            "CLAUDE_CLI_PATH": find_cli().path,
            "IPYTHONDIR": str(home / "ipython"),
            "PATH": os.environ.get("PATH", os.defpath),
        }

    def mark(self) -> str:
        self.number += 1
        return f"mark{self.number}"

    def first_byte(self, mark: str) -> float:
        first = next(turn for turn in self.api.turns if mark in str(turn.body["messages"]))
        assert first.first_byte is not None
        return first.first_byte

    # --- in the kernel -------------------------------------------------------------------------

    def kernel_rows(self) -> Iterator[Row]:
        first = Row("first cell after %load_ext, kernel")
        later = Row("later cells, kernel")
        for _ in range(self.repeat):
            home = self.home()
            with kernel(self.env(home), home / "work") as opened:
                opened.run(LOAD)
                time.sleep(WARM_SECONDS)
                self.cell(opened, first)
                for _ in range(3):
                    self.cell(opened, later)
        yield first
        yield later

    def cell(self, opened: Kernel, row: Row) -> None:
        mark = self.mark()
        enter = time.time()
        request = opened.start(f"%%claude\n{mark}")
        opened.wait_for(f"You said: {mark}")
        seen = time.time()
        opened.wait(request)
        row.add(enter, self.first_byte(mark), seen)

    # --- on the screen -------------------------------------------------------------------------

    def screen_rows(self, chromium: str) -> Iterator[Row]:
        first = Row("first cell after %load_ext, screen")
        later = Row("later cells, screen")
        home = self.home()
        with jupyter(home / "work", self.env(home)) as address, browser(chromium) as opened:
            for _ in range(self.repeat):
                marks = [self.mark() for _ in range(4)]
                name = f"{marks[0]}.ipynb"
                cells = [LOAD, *(f"%%claude\n{mark}" for mark in marks)]
                write_notebook(home / "work" / name, cells)
                page = opened.new_page()
                sheet = Notebook(page, address, name)
                page.evaluate(WATCH)
                sheet.run(0)
                time.sleep(WARM_SECONDS)
                for at, mark in enumerate(marks, 1):
                    self.cell_on_screen(sheet, at, mark, first if at == 1 else later)
                page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
                page.close()
        yield first
        yield later

    def cell_on_screen(self, sheet: Notebook, at: int, mark: str, row: Row) -> None:
        sheet.select(at)
        enter = sheet.page.evaluate(
            "() => { const now = Date.now();"
            " window.jupyterapp.commands.execute('notebook:run-cell'); return now; }"
        )
        text = f"You said: {mark}"
        sheet.page.wait_for_function("text => window.seen[text]", arg=text, polling=50)
        sheet.wait_until_done(at)
        seen = sheet.page.evaluate("text => window.seen[text]", text)
        row.add(enter / 1000, self.first_byte(mark), seen / 1000)
        time.sleep(0.2)

    # --- in Python -----------------------------------------------------------------------------

    def query_row(self, name: str, ask: Callable[[str, dict[str, str]], AsyncIterator[Any]]) -> Row:
        row = Row(name)
        for _ in range(self.repeat):
            home, mark = self.home(), self.mark()
            enter = time.time()
            seen = asyncio.run(_first_delta(ask(mark, self.env(home))))
            row.add(enter, self.first_byte(mark), seen)
        return row


async def _first_delta(messages: AsyncIterator[Any]) -> float:
    seen = 0.0
    async for message in messages:
        event = getattr(message, "event", None) or {}
        if not seen and event.get("type") == "content_block_delta":
            seen = time.time()
    return seen


def _ours(prompt: str, env: dict[str, str]) -> AsyncIterator[Any]:
    from claude_notebook import ClaudeCodeOptions, query

    options = ClaudeCodeOptions(env=env, cwd=env["HOME"], include_partial_messages=True)
    return query(prompt=prompt, options=options)


def _official(prompt: str, env: dict[str, str]) -> AsyncIterator[Any]:
    from claude_agent_sdk import ClaudeAgentOptions, query

    options = ClaudeAgentOptions(
        env=env,
        cwd=env["HOME"],
        cli_path=env["CLAUDE_CLI_PATH"],
        include_partial_messages=True,
    )
    return query(prompt=prompt, options=options)


def rows(bench: FirstDeltaBench, chromium: str | None) -> Iterator[Row]:
    yield from bench.kernel_rows()
    if chromium:
        yield from bench.screen_rows(chromium)
    yield bench.query_row("query()", _ours)
    try:
        import claude_agent_sdk  # noqa: F401  (imported before the clock runs)
    except ImportError:
        print("skipping the official SDK: claude-agent-sdk is not installed", file=sys.stderr)
    else:
        yield bench.query_row("query() of the official SDK", _official)


@contextmanager
def isolated() -> Iterator[Path]:
    """Yield a temporary folder, with an environment that holds no login."""
    with tempfile.TemporaryDirectory(prefix="first-delta-", ignore_cleanup_errors=True) as folder:
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        cli = find_cli().path
        os.environ.clear()
        os.environ.update(kept, HOME=folder, CLAUDE_CLI_PATH=cli)
        yield Path(folder)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=10)
    parser.add_argument("--no-browser", action="store_true")
    options = parser.parse_args()
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    chromium = None if options.no_browser else next(filter(None, map(shutil.which, names)), None)
    with ExitStack() as stack:
        folder = stack.enter_context(isolated())
        api = stack.enter_context(ScriptedAPI())
        print(f"{'median ms (min-max)':<44}{'from Enter':>18}{'from first byte':>18}")
        for row in rows(FirstDeltaBench(api, folder, options.repeat), chromium):
            print(row, flush=True)


if __name__ == "__main__":
    main()
