"""What a streamed answer costs in JupyterLab: real browser, real kernel, beside other packages.

python tests/benchmarks/bench_view.py [--kb 10 100 1000] [--repeat 3] [--peers PYTHON]

An answer arrives in the kernel, 100 pieces a second: of 50 characters, and of 150 for more than
500 KB (`--chars` sets one size for all). Printed are the smallest processor time of the kernel in
all runs, medians of the rest, and the load of the machine:

- CPU s: processor time of the kernel's process, with the rendering of the saved form; the row
  "nobody" has what it costs that the pieces come, though nobody shows them
- MB: what came over the page's websockets; "live" until the last piece was due, so without the
  saved form
- lag ms: from when a piece was due in the kernel until its text is in the DOM; median and p95
- long: tasks of more than 50 ms in the page; how many, their sum and the longest, in ms; "live" is
  the sum of those that began before the last piece was due
- page s: how long the page's main thread was busy

A short answer goes before in the same cell, so that nothing is counted that happens once in a
kernel and a page: imports, the lexers of languages, and the libraries for formulas and diagrams.

`--peers` names the interpreter of an environment with jupyter-cc, chatlas, ipykernel, anywidget
and psutil, whose own display code then gets the same pieces. It gives up after `--patience`
seconds; "shown" is how much of the answer was on the page then.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

from bench_markdown import answer  # noqa: E402  (found by the line above)
from jupyter import Notebook, browser, jupyter, write_notebook  # noqa: E402
from playwright.sync_api import (  # noqa: E402
    Browser,
    BrowserContext,
    Page,
    TimeoutError,  # noqa: A004
    WebSocket,
)

RATE = 100.0
MARK_EVERY = 10
OURS, PEERS = "python3", "peers"
FEEDERS = {"nobody": OURS, "ours": OURS, "chatlas": PEERS, "jupyter_cc": PEERS}

WATCH = """() => {
    const seen = {}, long = [];
    const look = text => {
        for (const [, n] of (text ?? "").matchAll(/zq(\\d+)q/g)) seen[n] ??= Date.now();
    };
    const mutations = new MutationObserver(records => {
        for (const record of records) {
            if (record.type === "characterData") look(record.target.data);
            for (const node of record.addedNodes) look(node.textContent);
        }
    });
    const all = { subtree: true, childList: true, characterData: true };
    mutations.observe(document.querySelector(".jp-Notebook"), all);
    new PerformanceObserver(list => {
        for (const entry of list.getEntries())
            long.push([performance.timeOrigin + entry.startTime, entry.duration]);
    }).observe({ type: "longtask" });
    window.watched = { seen, long };
}"""

SCROLL = """async () => {
    const box = document.querySelector(".jp-WindowedPanel-outer");
    const gaps = [];
    let before = await new Promise(requestAnimationFrame);
    for (let n = 0; n < 240; n++) {
        box.scrollTop = (n / 240) * box.scrollHeight;
        const now = await new Promise(requestAnimationFrame);
        gaps.push(now - before);
        before = now;
    }
    return gaps;
}"""


class Overrun(Exception):
    """The page did not come to the end in so many seconds."""


@dataclass
class Run:
    """One stream into one view."""

    cpu: float
    seconds: float
    megabytes: float
    live_megabytes: float
    lags: list[float]
    long: list[float]
    live_long: list[float]
    task_seconds: float
    shown: float
    load: float
    gaps: list[float] = field(default_factory=list)


def pieces_of(text: str, chars: int) -> list[str]:
    """The answer in pieces; every tenth has a word by which it is found again."""
    cut = [text[i : i + chars] for i in range(0, len(text), chars)]
    for number in range(0, len(cut), MARK_EVERY):
        cut[number] = re.sub(r"(?=\s)|$", f" zq{number}q", cut[number], count=1)
    return cut


def received(page: Page) -> list[tuple[float, int]]:
    """When something comes over websockets, and its size, as it comes."""
    sizes: list[tuple[float, int]] = []

    def watch(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: sizes.append((time.time(), len(frame))))

    page.on("websocket", watch)
    return sizes


class Bench:
    """A server and a browser, and a new kernel and page for each run."""

    def __init__(self, root: Path, address: str, opened: Browser, patience: float) -> None:
        self._root, self._address, self._opened = root, address, opened
        self._patience = patience
        self._count = 0

    def run(self, feeder: str, pieces: list[str], *, kernel: str = OURS, rate: float = RATE) -> Run:
        """Feed `pieces` into a new notebook."""
        self._count += 1
        name = f"run-{self._count}"
        (self._root / f"{name}.json").write_text(json.dumps(pieces), encoding="utf-8")
        arguments = f"view_feeders.{feeder}, {name!r}, {rate}, {self._patience}"
        load = f"import sys; sys.path.insert(0, {str(HERE)!r}); import view_feeders"
        path = self._root / f"{name}.ipynb"
        cells = [f"{load}\nawait view_feeders.warm_up(view_feeders.{feeder})"]
        write_notebook(path, [*cells, f"await view_feeders.measure({arguments})"])
        if kernel != OURS:
            path.write_text(path.read_text().replace(f'"{OURS}"', f'"{kernel}"'))
        context = self._opened.new_context(viewport={"width": 1200, "height": 900})
        try:
            page = context.new_page()
            sizes = received(page)
            notebook = Notebook(page, self._address, path.name)
            notebook.run(0)
            return self._watched(notebook, sizes, name)
        finally:
            # What was not done in time must not disturb those who come after it.
            self._end_kernels(context)
            context.close()

    def _end_kernels(self, context: BrowserContext) -> None:
        cookies = {one["name"]: one["value"] for one in context.cookies()}
        kernels = f"{self._address}/api/kernels"
        for one in context.request.get(kernels).json():
            headers = {"X-XSRFToken": cookies["_xsrf"]}
            context.request.delete(f"{kernels}/{one['id']}", headers=headers)

    def _watched(self, notebook: Notebook, sizes: list[tuple[float, int]], name: str) -> Run:
        page = notebook.page
        metrics = page.context.new_cdp_session(page)
        metrics.send("Performance.enable")
        page.evaluate(WATCH)
        sizes.clear()
        before, began = _task_seconds(metrics), time.time()
        try:
            notebook.run(1, seconds=self._patience * 2 + 30)
        except TimeoutError as error:
            raise Overrun(time.time() - began) from error
        task_seconds = _task_seconds(metrics) - before
        result = json.loads((self._root / f"{name}.result.json").read_text())
        watched = page.evaluate("window.watched")
        last = result["due"][-1]
        seen = {int(number): at for number, at in watched["seen"].items()}
        lags = [at - 1000 * result["due"][n] for n, at in seen.items() if n < len(result["due"])]
        return Run(
            cpu=result["cpu"],
            seconds=result["seconds"],
            megabytes=sum(size for _, size in sizes) / 1e6,
            live_megabytes=sum(size for at, size in sizes if at < last) / 1e6,
            lags=lags or [float("nan")],
            long=[lasted for _, lasted in watched["long"]],
            live_long=[lasted for at, lasted in watched["long"] if at < 1000 * last],
            task_seconds=task_seconds,
            shown=len(lags) / max(1, len(range(0, result["pieces"], MARK_EVERY))),
            load=os.getloadavg()[0],
            gaps=page.evaluate(SCROLL),
        )


def _task_seconds(metrics) -> float:
    found = metrics.send("Performance.getMetrics")["metrics"]
    return next(one["value"] for one in found if one["name"] == "TaskDuration")


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of all lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


HEAD = (
    f"{'':>12} {'KB':>5} {'CPU s':>7} {'MB':>7} {'live':>7} {'lag ms':>8} {'p95':>7} "
    f"{'long':>5} {'sum':>7} {'live':>6} {'max':>5} {'page s':>7} {'wall s':>7} {'shown':>6}  load"
)


def row(name: str, kilobytes: float, runs: Sequence[Run]) -> str:
    """The runs in a line."""

    def median(values: Iterator[float]) -> float:
        return statistics.median(values)

    cells = [
        f"{name:>12} {kilobytes:5.0f} {min(run.cpu for run in runs):7.2f}",
        f"{median(run.megabytes for run in runs):7.2f}",
        f"{median(run.live_megabytes for run in runs):7.2f}",
        f"{median(percentile(run.lags, 0.5) for run in runs):8.0f}",
        f"{median(percentile(run.lags, 0.95) for run in runs):7.0f}",
        f"{median(len(run.long) for run in runs):5.0f}",
        f"{median(sum(run.long) for run in runs):7.0f}",
        f"{median(sum(run.live_long) for run in runs):6.0f}",
        f"{median(max(run.long, default=0) for run in runs):5.0f}",
        f"{median(run.task_seconds for run in runs):7.1f}",
        f"{median(run.seconds for run in runs):7.1f}",
        f"{median(run.shown for run in runs):6.0%} ",
        ", ".join(f"{run.load:.1f}" for run in runs),
    ]
    return " ".join(cells)


def text_rows(bench: Bench, options: argparse.Namespace) -> None:
    """Text of each size into each view."""
    print(HEAD)
    for kilobytes in options.kb:
        text = answer(int(kilobytes * 1000))
        pieces = pieces_of(text, options.chars or (150 if kilobytes > 500 else 50))
        for name in options.views:
            again = options.repeat if name == "ours" else 1
            try:
                runs = [bench.run(name, pieces, kernel=FEEDERS[name]) for _ in range(again)]
            except Overrun as overrun:
                late = overrun.args[0]
                print(f"{name:>12} {kilobytes:5.0f} the page was not done after {late:.0f} s")
                continue
            print(row(name, kilobytes, runs), flush=True)


def tool_rows(bench: Bench, count: int) -> None:
    """Panels of tools, and how the page scrolls through them."""
    result = "\n".join(f"{n}: some line of a result, such as tools write" for n in range(8))
    run = bench.run("our_tools", [f"zq{n}q {result}" for n in range(count)])
    print(
        f"\n{count} panels of tools: {1000 * run.cpu / count:.2f} ms CPU of the kernel and "
        f"{1000 * run.task_seconds / count:.2f} ms of the page's main thread for each, "
        f"{run.megabytes:.1f} MB; long tasks: {len(run.long)}, {sum(run.long):.0f} ms in all, "
        f"longest {max(run.long, default=0):.0f}; frames while scrolling: median "
        f"{percentile(run.gaps, 0.5):.0f} ms, p95 {percentile(run.gaps, 0.95):.0f}, longest "
        f"{max(run.gaps):.0f}; load {run.load:.1f}"
    )


def kernel_of(python: str, folder: Path) -> None:
    """Make the peers' environment known to Jupyter."""
    target = folder / "kernels" / PEERS
    target.mkdir(parents=True)
    command = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": command, "display_name": PEERS, "language": "python"}
    (target / "kernel.json").write_text(json.dumps(spec))


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="What a streamed answer costs in JupyterLab.")
    parser.add_argument("--kb", type=float, nargs="*", default=[10, 100, 1000])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--chars", type=int, default=0)
    parser.add_argument("--tools", type=int, default=1000)
    parser.add_argument("--patience", type=float, default=120)
    parser.add_argument("--peers", metavar="PYTHON")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--views", nargs="*", choices=FEEDERS)
    options = parser.parse_args()
    options.views = options.views or list(FEEDERS)[: None if options.peers else 2]
    return options


def main() -> None:
    """Print the table."""
    options = parsed()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        root = folder / "notebooks"
        root.mkdir()
        if options.peers:
            kernel_of(options.peers, folder / "jupyter-data")
        env = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        address = stack.enter_context(jupyter(root, {**env, "HOME": str(folder)}))
        opened = stack.enter_context(browser(options.chromium))
        bench = Bench(root, address, opened, options.patience)
        text_rows(bench, options)
        if options.tools:
            tool_rows(bench, options.tools)


if __name__ == "__main__":
    main()
